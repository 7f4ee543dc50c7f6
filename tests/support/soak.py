"""``python -m tests.support.soak [--count 20] [PYTEST'S ARGUMENTS …]``: the fault tests over and over, and their table.

docs/reliability.md has an introduction that people write, and below MARK the table that this writes after every round:
which faults were tried, how often, and the outcome. As a pytest plugin (-p tests.support.soak) it records the outcome
of each test.
"""

import argparse
import datetime as dt
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "reliability.md"
MARK = "<!-- What follows is written by `make soak`. -->\n"
KEEP_IN = "PTFI_SOAK_FILE"
NAMED = re.compile(r'\bfault\(\s*"([^"]+)"\s*\)')


def faults() -> list[str]:
    """The faults that the tests cause, in the tests' order."""
    found = [
        text
        for path in sorted((ROOT / "tests").rglob("test_*.py"), key=lambda path: path.name)
        for text in NAMED.findall(path.read_text())
    ]
    return list(dict.fromkeys(found))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Write a line of JSON for each finished test of a fault."""
    report = yield
    mark = item.get_closest_marker("fault")
    if mark and KEEP_IN in os.environ and (report.when == "call" or report.outcome != "passed"):
        seconds = dict(report.user_properties).get("recovery")
        line = {"fault": mark.args[0], "outcome": report.outcome, "seconds": seconds}
        with Path(os.environ[KEEP_IN]).open("a") as file:
            file.write(json.dumps(line) + "\n")
    return report


@dataclass
class Row:
    """The outcomes of a fault."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, outcome: str, seconds: float | None) -> None:
        setattr(self, outcome, getattr(self, outcome) + 1)
        if seconds is not None and outcome == "passed":
            self.seconds.append(seconds)

    def text(self) -> str:
        """The table's cells after the fault's name."""
        parts = [f"{number} {word}" for word in ("failed", "skipped") if (number := getattr(self, word))]
        outcome = ", ".join(parts) or ("all held" if self.passed else "not tried")
        longest = f"{max(self.seconds):.1f} s" if self.seconds else ""
        return f"{self.passed + self.failed} | {outcome} | {longest}"


def table(kept: Iterable[str], rounds: int, day: dt.date, machine: str) -> str:
    """The generated part of the document, from the lines that the tests wrote."""
    rows: dict[str, Row] = defaultdict(Row)
    for line in map(json.loads, kept):
        rows[line["fault"]].add(line["outcome"], line["seconds"])
    failed = sum(row.failed for row in rows.values())
    tried = sum(row.passed + row.failed for row in rows.values())
    lines = [
        f"{day.isoformat()}, {rounds} rounds on {machine}: {tried} faults, {failed} failures.",
        "",
        "| fault | times | outcome | longest recovery |",
        "|---|---|---|---|",
        *(f"| {name} | {rows[name].text()} |" for name in faults()),
    ]
    return "\n".join(lines) + "\n"


def write(generated: str) -> None:
    """Replace the generated part of the document; the rest stays unchanged."""
    head = DOCUMENT.read_text().split(MARK)[0]
    DOCUMENT.write_text(f"{head}{MARK}\n{generated}")


def machine() -> str:
    """A short description of the machine."""
    cores, memory = len(os.sched_getaffinity(0)), psutil.virtual_memory().total / 2**30
    busy = os.getloadavg()[2] / cores
    other_work = f", with other work on it (load {busy:.0f} per core)" if busy >= 2 else ""
    return f"{platform.system()} {platform.machine()}, {cores} cores, {memory:.0f} GB{other_work}"


def main() -> int:
    """Run the rounds; returns 1 if a fault was not survived, another status if pytest could not run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=20)
    options, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        keep, failed = Path(folder) / "outcomes.jsonl", False
        keep.touch()
        for number in range(1, options.count + 1):
            print(f"round {number} of {options.count}", flush=True)
            command = [sys.executable, "-m", "pytest", "-q", "-m", "fault", "-p", "tests.support.soak", *more]
            run = subprocess.run(command, cwd=ROOT, env=os.environ | {KEEP_IN: str(keep)}, check=False)
            if run.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
                return run.returncode
            failed |= bool(run.returncode)
            today = dt.datetime.now(dt.UTC).date()
            write(table(keep.read_text().splitlines(), number, today, machine()))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
