"""What ``make soak`` writes into docs/reliability.md."""

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.support import soak


def test_the_document_names_every_fault_that_the_tests_know() -> None:
    known = soak.faults()
    assert len(known) > 20
    generated = soak.DOCUMENT.read_text().split(soak.MARK)[1]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in generated.splitlines() if line.startswith("| ")]
    assert rows == ["fault", *known], "run make soak, which writes it"


def test_every_test_of_a_fault_says_which() -> None:
    for path in Path(__file__).parents[1].rglob("test_*.py"):
        assert "\n@pytest.mark.fault\n" not in path.read_text(), path.name


def test_outcomes_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = soak.faults()[:3]
    kept = [
        json.dumps({"fault": fault, "outcome": outcome, "seconds": seconds})
        for fault, outcome, seconds in (
            (first, "passed", 2.5),
            (first, "passed", 11.25),
            (second, "passed", None),
            (second, "failed", 9.0),
            (third, "skipped", None),
        )
    ]
    generated = soak.table(kept, 2, dt.date(2026, 5, 1), "a machine")
    assert generated.startswith("2026-05-01, 2 rounds on a machine: 4 faults, 1 failures.\n")
    assert f"| {first} | 2 | all held | 11.2 s |\n" in generated
    assert f"| {second} | 2 | 1 failed |  |\n" in generated
    assert f"| {third} | 0 | 1 skipped |  |\n" in generated
    assert generated.count("| not tried |") == len(soak.faults()) - 3
    document = tmp_path / "reliability.md"
    document.write_text(f"The head.\n\n{soak.MARK}\nwhat was there\n")
    monkeypatch.setattr(soak, "DOCUMENT", document)
    for _ in range(2):
        soak.write(generated)
        assert document.read_text() == f"The head.\n\n{soak.MARK}\n{generated}"
