"""Starts the services that the tests use, before pytest-django reads the settings (pyproject.toml loads this first)."""

import os
from pathlib import Path

from ptfi import embedded

if not (os.environ.get("DATABASE_URL") or os.environ.get("NEO4J_URL")):
    # A data folder of the tests' own: what they leave behind must not meet the persona of whoever runs them.
    base = Path(os.environ.get("PTFI_DATA_DIR") or Path(__file__).resolve().parent.parent / ".data")
    os.environ["PTFI_DATA_DIR"] = str(base / "test")
embedded.start()
