"""What a typical change takes, and what contributors run before a commit."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
GOOD = [
    "Rename the settings\n",
    f"{'x' * 72}\n\nWhy. A body may have periods, and any length of lines that is needed to say it.\n",
    "Rename the settings\n# Please enter the commit message. Lines starting with '#' are ignored.\n",
    "Rename the settings\n# ------------------------ >8 ------------------------\n# Cut.\ndiff --git a/x b/x\n",
]
BAD = {
    f"{'x' * 73}\n": "73 characters",
    "Rename the settings.\n": "period",
    "\nRename the settings\n": "empty",
    "# only a comment\n": "empty",
    "Rename the settings\nbecause\n": "after the subject",
}


MOST_FILES = {"a field of a trait": 8, "a kind of decision": 7, "a rejection reason": 2}
"""Typical changes of CONTRIBUTING.md, by how they begin, and how many files each may take."""


def places(change: str) -> list[str]:
    """The files and folders that the table names for a change, but for those of the graph."""
    row = next(line for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines() if line.startswith(f"| {change}"))
    where, _, _ = row.split(" | ")[1].partition("if the graph shows it")
    return [name for name in re.findall(r"`([^`]+)`", where) if "/" in name]


@pytest.mark.parametrize(("change", "most"), MOST_FILES.items())
def test_typical_changes_touch_few_files(change: str, most: int) -> None:
    found = places(change)
    assert len(found) <= most
    assert all((ROOT / place).exists() for place in found)


def check(message: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    (folder / "message").write_text(message)
    hook = next(hook for hook in HOOKS if "commit-msg" in hook["stages"])
    command = [sys.executable, ROOT / hook["entry"], folder / "message"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("message", GOOD)
def test_good_messages_pass(tmp_path: Path, message: str) -> None:
    done = check(message, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("message", "reason"), BAD.items())
def test_bad_messages_are_refused(tmp_path: Path, message: str, reason: str) -> None:
    done = check(message, tmp_path)
    assert done.returncode == 1
    assert reason in done.stderr


def test_the_hooks_need_nothing_from_elsewhere() -> None:
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    assert "make lint" in [hook["entry"] for hook in HOOKS]
