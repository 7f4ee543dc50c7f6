"""Starts the services of the tests before pytest-django reads the settings (pyproject.toml loads this first)."""

import atexit
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ptfi import embedded

ADDRESSES = ("PTFI_EMBEDDED", "DATABASE_URL", "NEO4J_URL")
MOST_WORKERS = 4
"""Each worker has its own PostgreSQL and graph, about 1 GB; a container may show more cores than it may use."""
HOLD = "from ptfi import embedded; embedded.start(); input()"


def workers() -> int:
    """The number of workers for ``-n auto``: one per core, up to MOST_WORKERS."""
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS)


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """With ``-n auto`` one worker per core, but none on external servers, which have only one graph."""
    return workers() if os.environ.get("PTFI_EMBEDDED") else 0


def start() -> None:
    """Start the services in a folder of the tests, and in one of its own for each further parallel worker.

    This keeps the tests' data apart from the developer's persona, and workers from services that another one stops.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    if worker != "gw0" and os.environ.get("PTFI_EMBEDDED"):
        os.environ["PTFI_DATA_DIR"] += f"-{worker}"
        for name in ADDRESSES:
            del os.environ[name]
    elif not (os.environ.get("DATABASE_URL") or os.environ.get("NEO4J_URL")):
        base = Path(os.environ.get("PTFI_DATA_DIR") or Path(__file__).resolve().parents[2] / ".data")
        os.environ["PTFI_DATA_DIR"] = str(base / "test")
        if ("-n", "auto") in zip(sys.argv, sys.argv[1:], strict=False):
            for number in range(1, workers()):
                start_early(f"{base / 'test'}-gw{number}")
    embedded.start()


def start_early(folder: str) -> None:
    """Start a later worker's services, while this process starts its own and collects tests: they take seconds."""
    environment = {name: value for name, value in os.environ.items() if name not in ADDRESSES}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env=environment | {"PTFI_DATA_DIR": folder},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(process.communicate)


start()
