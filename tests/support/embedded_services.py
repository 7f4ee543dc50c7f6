"""Starts the services that the tests use, before pytest-django reads the settings (pyproject.toml loads this first)."""

import atexit
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ptfi import embedded

ADDRESSES = ("PTFI_EMBEDDED", "DATABASE_URL", "NEO4J_URL")
MOST_WORKERS = 4
"""Each has a PostgreSQL and a graph of its own, about 1 GB; a container may show more cores than it may use."""
HOLD = "from ptfi import embedded; embedded.start(); input()"


def workers() -> int:
    """How many work with ``-n auto``: one for each core, up to MOST_WORKERS."""
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS)


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """With ``-n auto``, a worker for each core, and none on servers of the operator's, which hold one graph only."""
    return workers() if os.environ.get("PTFI_EMBEDDED") else 0


def start() -> None:
    """Start them in a folder of the tests' own, and for each parallel worker after the first in one of its own.

    What the tests leave behind must not meet the persona of whoever runs them, nor a worker what another one stops.
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
    """Start the services of a worker to come: they need seconds, while this process starts its own and collects."""
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
