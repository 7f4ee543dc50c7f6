"""A key to sign heads with, and a file that they are published in."""

from pathlib import Path
from typing import Any

import pytest

from ptfi.signing import make_private_key


@pytest.fixture
def heads_file(settings: Any, tmp_path: Path) -> Path:
    settings.LOG_SIGNING_KEY, settings.LOG_SIGNING_COMMAND = make_private_key(), ""
    settings.LOG_PUBLIC_KEYS, settings.LOG_HEADS_URL = [], ""
    path = tmp_path / "heads.jsonl"
    settings.LOG_HEADS_FILE = str(path)
    return path
