"""Podman with a store of its own, its socket for Docker Compose, and the health checks that systemd would run."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.compose import HERE, PATH, ROOT
from tests.support.data_folder import SET_HERE, wait_until

STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{data}/store"\nrunroot = "{data}/run"\n'
# Not crun, which needs kernel features that some machines lack.
CONTAINERS = """
[engine]
runtime = "runc"
events_logger = "file"
cgroup_manager = "cgroupfs"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[network]
network_backend = "netavark"
network_config_dir = "{data}/networks"
"""
CHECK_SECONDS = 5.0


@dataclass
class Engine:
    """The engine's folder, and the environment for commands that use it, which have a `docker` on their path."""

    data: Path
    environment: dict[str, str]

    def run(self, *command: str | Path, check: bool = True, seconds: float = 600, folder: Path = ROOT) -> str:
        """Run the command; returns its output. If it fails and check is set, raises AssertionError with the output."""
        done = self.tried(*command, seconds=seconds, folder=folder)
        assert not check or done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    def tried(
        self, *command: str | Path, seconds: float = 600, folder: Path = ROOT
    ) -> "subprocess.CompletedProcess[str]":
        """Run the command; returns its result, whether it failed or not."""
        return subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True, check=False, timeout=seconds
        )


@contextlib.contextmanager
def engine(data: Path) -> Iterator[Engine]:
    """Run an engine while the block runs; its containers end with it."""
    for folder in (data, data / "networks", data / "bin"):
        folder.mkdir(parents=True, exist_ok=True)
    made = Engine(data, environment(data))
    clear(made)
    service = served(made)
    stopped = threading.Event()
    checks = threading.Thread(target=check_health, args=(made, stopped))
    try:
        wait_until((data / "podman.sock").exists)
        checks.start()
        yield made
    finally:
        stopped.set()
        checks.join()
        clear(made)
        service.send_signal(signal.SIGTERM)
        service.wait(30)


def served(engine: Engine) -> "subprocess.Popen[bytes]":
    """Start the process that serves the socket; its output goes to podman.log."""
    command = ["podman", "system", "service", "--time=0", socket_of(engine.data)]
    with (engine.data / "podman.log").open("w") as log:
        return subprocess.Popen(command, env=engine.environment, stdout=log, stderr=log)


def environment(data: Path) -> dict[str, str]:
    """The environment of everything that uses the engine."""
    for name, text in (("storage.conf", STORAGE), ("containers.conf", CONTAINERS)):
        (data / name).write_text(text.format(data=data))
    settings = {name[4:].lower().replace("_", "-"): each for name, each in os.environ.items() if name[:4] == "PIP_"}
    pip = "".join(f"{name} = {each}\n" for name, each in settings.items())
    (data / "pip.conf").write_text(f"[global]\n{pip}")
    (data / "bin" / "docker").unlink(missing_ok=True)
    (data / "bin" / "docker").symlink_to(HERE / "docker")
    kept = {name: each for name, each in os.environ.items() if name not in SET_HERE and name[:4] != "PIP_"}
    return kept | {
        "PATH": f"{data / 'bin'}:{Path(sys.executable).parent}:{PATH}",
        "CONTAINERS_CONF": str(data / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(data / "storage.conf"),
        "DOCKER_HOST": socket_of(data),
        "PIP_SETTINGS": str(data / "pip.conf"),
    }


def socket_of(data: Path) -> str:
    return f"unix://{data}/podman.sock"


def clear(engine: Engine) -> None:
    """Remove what a run left: containers, their volumes and networks."""
    engine.run("podman", "rm", "--all", "--force", "--time", "5")
    engine.run("podman", "volume", "prune", "--force")
    engine.run("podman", "network", "prune", "--force")
    (engine.data / "podman.sock").unlink(missing_ok=True)


def check_health(engine: Engine, stopped: threading.Event) -> None:
    """Run the containers' health checks, which otherwise systemd would do."""
    while not stopped.wait(CHECK_SECONDS):
        began = time.monotonic()
        running = engine.run("podman", "ps", "--quiet", check=False).split()
        checks = [
            subprocess.Popen(
                ["podman", "healthcheck", "run", each],
                env=engine.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for each in running
        ]
        for check in checks:
            check.wait(60)
        stopped.wait(max(0.0, began + CHECK_SECONDS - time.monotonic()))
