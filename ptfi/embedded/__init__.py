"""PostgreSQL and the knowledge graph on this machine, for installations without servers of their own.

``start()`` makes sure that both run under PTFI_DATA_DIR and passes their addresses to the settings through the
environment. A small supervisor process keeps them running while any process holds the shared lock that ``start()``
takes.
"""

import fcntl
import json
import os
import secrets
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ptfi.encryption import make_key
from ptfi.environment import use_new_names
from ptfi.oauth.keys import make_private_key
from ptfi.signing import make_private_key as make_signing_key

PROJECT = Path(__file__).resolve().parents[2]
APPLICATION = "ptfi_application"
"""The PostgreSQL role that uses the tables without owning any (ptfi/db/grants.py)."""
START_SECONDS = 90.0
"""Seconds that a process waits for the services before it gives up."""
STOP_SECONDS = 60.0
"""Seconds that a process waits for a supervisor that is stopping the services."""

OF_THE_OPERATOR = ("DATABASE_URL", "DATABASE_URL_FILE", "NEO4J_URL", "NEO4J_URL_FILE")
"""If any of these is set, the installation has servers already."""

_in_use: int | None = None


class EmbeddedError(RuntimeError):
    """The embedded services can't be used; the message says why and what to do."""


def start() -> None:
    """Start both services and point DATABASE_URL and NEO4J_URL at them, unless one of these is set.

    The calling process counts as a user of the services until it ends. Raises EmbeddedError.
    """
    # The settings report its faults; here it keeps the defaults below from meeting a value under its old name.
    use_new_names()
    inherited = os.environ.get("PTFI_EMBEDDED", "")
    if not inherited and any(os.environ.get(name) for name in OF_THE_OPERATOR):
        return
    data = Path(os.path.abspath(os.environ.get("PTFI_DATA_DIR") or inherited or PROJECT / ".data"))  # noqa: PTH100
    _prepare(data)
    _hold(data)
    state = _wait_until_ready(data)
    os.environ["PTFI_EMBEDDED"] = os.environ["PTFI_DATA_DIR"] = str(data)
    # Installations from before there were two roles have stored only one.
    as_application = os.environ.get("PTFI_EMBEDDED_ROLE") == "application" and "application_url" in state
    os.environ["DATABASE_URL"] = state["application_url" if as_application else "database_url"]
    os.environ["NEO4J_URL"] = state["graph_url"]
    os.environ.setdefault("SECRET_KEY", stored_secret(data / "secret-key", 50))
    os.environ.setdefault("MFA_ENCRYPTION_KEYS", stored(data / "second-step-key", make_key))
    os.environ.setdefault("WEBHOOK_ENCRYPTION_KEYS", stored(data / "webhook-key", make_key))
    if not os.environ.get("LOG_SIGNING_COMMAND"):
        os.environ.setdefault("LOG_SIGNING_KEY", stored(data / "log-signing-key", make_signing_key))
    os.environ.setdefault("OIDC_PRIVATE_KEY", stored(data / "oidc-private-key", make_private_key))


def ensure_supervisor() -> None:
    """Start a new supervisor if the old one was killed; it adopts the services. Cheap enough to call regularly."""
    if _in_use is not None:
        data = Path(os.environ["PTFI_EMBEDDED"])
        if not is_locked(data / "supervisor.lock"):
            launch_supervisor(data)


def release() -> None:
    """Stop counting as a user of the services, and stop them without delay if this was the last one."""
    global _in_use
    if _in_use is not None:
        os.close(_in_use)
        _in_use = None
        (Path(os.environ["PTFI_EMBEDDED"]) / "no-linger").touch(mode=0o600)


def stored_secret(path: Path, size: int) -> str:
    """Return the random text stored in this file (mode 0600); on first use, make it from this many random bytes."""
    return stored(path, lambda: secrets.token_urlsafe(size))


def stored(path: Path, make: Callable[[], str]) -> str:
    """Return the text stored in this file (mode 0600), made on first use."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(make())
        try:
            os.link(draft, path)  # Atomic: of several concurrent processes the first one wins.
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    return path.read_text().strip()


def is_locked(path: Path) -> bool:
    """Say whether some process holds this lock file."""
    if not path.exists():
        return False
    lock = try_lock(path)
    if lock is not None:
        os.close(lock)
    return lock is None


def is_used(data: Path) -> bool:
    """Say whether some process uses the services of the data folder.

    Users hold in-use.lock together. The supervisor takes it alone, to look whether there are any, and while it stops.
    """
    path = data / "in-use.lock"
    if not is_locked(path) or (lock := try_lock(path, shared=True)) is None:
        return False
    os.close(lock)
    return True


def try_lock(path: Path, *, shared: bool = False) -> int | None:
    """Take the lock without waiting. Returns its file descriptor, or None if another process holds it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def wait_for_lock(path: Path, seconds: float, *, shared: bool = False) -> int:
    """Take the lock like ``try_lock``, waiting for it. Raises EmbeddedError after this many seconds."""
    deadline = time.monotonic() + seconds
    while (lock := try_lock(path, shared=shared)) is None:
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{path} has been held by another process for {seconds:.0f} s")
        time.sleep(0.02)
    return lock


def is_free(port: int) -> bool:
    """Whether no program on this machine listens on the port, and this process may."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def read_state(data: Path) -> dict[str, Any]:
    """What the supervisor of this data folder last wrote down; empty if there is nothing."""
    try:
        state: dict[str, Any] = json.loads((data / "state.json").read_text())
    except FileNotFoundError:
        return {}
    return state


def launch_supervisor(data: Path) -> None:
    """Start a supervisor in the background; it ends immediately if the data folder has one. Raises EmbeddedError."""
    # The caller's libpq variables and warning filters must not reach the services.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "PYTHONWARN"))}
    with (data / "supervisor.log").open("a") as log:
        run = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "ptfi.embedded.supervisor", str(data)],
            cwd=data,
            env=environment | {"PYTHONPATH": str(PROJECT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
    if run.returncode:
        raise EmbeddedError(f"The supervisor of the services did not start: see {data}/supervisor.log")


def _prepare(data: Path) -> None:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = data / "in-use.lock"
        others_may_look = stat.S_IMODE(data.stat().st_mode) & 0o077
        strangers = (entry for entry in data.iterdir() if not (entry / "in-use.lock").exists())
        if others_may_look and not lock.exists() and any(strangers):
            raise EmbeddedError(f"{data} holds files of something else: set PTFI_DATA_DIR to a new or empty folder.")
        if others_may_look:
            data.chmod(0o700)
        lock.touch(mode=0o600)
    except OSError as error:
        raise EmbeddedError(f"The data folder {data} can't be used: {error.strerror}. Set PTFI_DATA_DIR.") from error


def _hold(data: Path) -> None:
    global _in_use
    if _in_use is None:
        _in_use = wait_for_lock(data / "in-use.lock", STOP_SECONDS, shared=True)
        os.utime(_in_use)
    (data / "no-linger").unlink(missing_ok=True)


def _wait_until_ready(data: Path) -> dict[str, Any]:
    called = time.time()
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if is_locked(data / "supervisor.lock"):
            state = read_state(data)
            if state.get("status") == "ready" and Path(state["socket"]).exists():
                return state
        else:
            state = read_state(data)
            if state.get("status") == "failed" and state["at"] >= called:
                raise EmbeddedError(state["error"])
            sys.stderr.write(f"Starting PostgreSQL and the graph in {data}\n")
            launch_supervisor(data)
        time.sleep(0.05)
    raise EmbeddedError(f"The services under {data} did not start in {START_SECONDS:.0f} s: see {data}/supervisor.log")
