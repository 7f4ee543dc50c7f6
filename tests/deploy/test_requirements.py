"""The pinned packages: all have hashes, and what is asked for is among them."""

import re
from pathlib import Path

import pytest

from tests.support.requirements import pinned_hashes

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    pinned = pinned_hashes((ROOT / f"{name}.txt").read_text())
    assert [package for package, hashes in pinned.items() if not hashes] == []
    wanted = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)$", (ROOT / f"{name}.in").read_text(), re.MULTILINE)
    assert len(wanted) > 15
    assert {f"{package.lower()}=={version}" for package, version in wanted} <= pinned.keys()
