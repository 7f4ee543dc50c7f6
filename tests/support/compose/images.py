"""Images for Python, PostgreSQL and Neo4j, built from packages under the names that the project uses."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from tests.support import neo4j
from tests.support.compose import HERE, ROOT
from tests.support.compose.engine import Engine

INCLUDED = "python3,python3-pip,python3-venv,ca-certificates"
SOURCES = ("requirements.txt", "manage.py", "ptfi", "traits", "graph", "templates", "static")
SERVED = ("Dockerfile", ".dockerignore", "deploy", *SOURCES)
"""The files that an operator has."""


def base_name() -> str:
    """The image that the Dockerfile is based on."""
    found = re.search(r"^FROM (\S+) AS base$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert found
    return f"docker.io/library/{found[1]}"


def service_name(service: str) -> str:
    """The image of this service in compose.yaml."""
    found = re.search(rf"image: ({service}:\S+)", (ROOT / "deploy" / "compose.yaml").read_text())
    assert found
    return f"docker.io/library/{found[1]}"


def make_base(engine: Engine) -> None:
    """Build a minimal Debian 12 with Python where the official image has it; kept for the next run."""
    if engine.tried("podman", "image", "exists", base_name()).returncode == 0:
        return
    root = engine.data / "root"
    shutil.rmtree(root, ignore_errors=True)
    engine.run("debootstrap", "--variant=minbase", f"--include={INCLUDED}", "bookworm", root, seconds=1800)
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    # Debian's pip refuses to change packages of Debian's own tools. The official image has no such marker.
    (root / "usr/lib/python3.11/EXTERNALLY-MANAGED").unlink()
    (root / "etc/pip.conf").touch()
    for each in (root / "var/cache/apt/archives").glob("*.deb"):
        each.unlink()
    with subprocess.Popen(["tar", "--create", "--directory", root, "."], stdout=subprocess.PIPE) as packed:
        subprocess.run(
            ["podman", "import", "--quiet", "--change", 'CMD ["python"]', "-", base_name()],
            stdin=packed.stdout,
            env=engine.environment,
            check=True,
        )
    shutil.rmtree(root)


def make_services(engine: Engine) -> None:
    """Build PostgreSQL from Debian's package, and Neo4j from the jars of the graph's tests."""
    home = Path(shutil.which("java") or "").resolve().parents[1]
    jars = neo4j.jars(engine.data)
    build(engine, "postgres")
    build(engine, "neo4j", java=home, settings=Path("/etc/java-17-openjdk"), jars=jars)


def build(engine: Engine, service: str, **contexts: Path) -> None:
    more = [f"--build-context={name}={path}" for name, path in contexts.items()]
    engine.run("docker", "build", "--tag", service_name(service), *more, HERE / service)


def copy_of_release(engine: Engine) -> Path:
    """Copy the files that an operator has into a folder, without secrets."""
    folder = engine.data / "release"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in SERVED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "secrets"))
        else:
            shutil.copy2(ROOT / name, folder / name)
    return folder


def megabytes(engine: Engine, image: str) -> float:
    """The image's size, including its base."""
    (found,) = json.loads(engine.run("podman", "image", "inspect", image))
    return float(found["Size"]) / 1e6
