"""Starts the services that the tests use, before pytest-django reads the settings (pyproject.toml loads this first)."""

import os
from pathlib import Path

import pytest

from ptfi import embedded

ADDRESSES = ("PTFI_EMBEDDED", "DATABASE_URL", "NEO4J_URL")
MOST_WORKERS = 4
"""Each has a PostgreSQL and a graph of its own, about 1 GB; a container may show more cores than it may use."""


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """With ``-n auto``, a worker for each core, and none on servers of the operator's, which hold one graph only."""
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS) if os.environ.get("PTFI_EMBEDDED") else 0


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
    embedded.start()


start()
