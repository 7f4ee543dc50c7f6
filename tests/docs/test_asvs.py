"""docs/asvs.md says of every requirement where PTFI stands, and what it names exists."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs/asvs.md").read_text()
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (.) \| (.+?) \| (.+) \|$", TABLE, re.MULTILINE)
STATES = ("met", "not applicable", "open")
LEVELS = {"1": 70, "2": 183}
"""How many requirements of each level version 5.0.0 has."""


def counts() -> str:
    states = Counter(state for _, _, _, state, _ in ROWS)
    return ", ".join(f"{states[state]} {state}" for state in STATES)


def test_every_requirement_has_a_row_in_order() -> None:
    ids = [tuple(map(int, each[0].split("."))) for each in ROWS]
    assert ids == sorted(set(ids))
    assert len(ROWS) == len(re.findall(r"^\| \d", TABLE, re.MULTILINE)) == sum(LEVELS.values())
    assert Counter(level for _, _, level, _, _ in ROWS) == LEVELS


def test_every_row_has_a_state_and_says_why() -> None:
    for name, _, _, state, where in ROWS:
        assert state in STATES, name
        assert len(where) > 8, name


def test_what_is_named_exists() -> None:
    settings = "".join(each.read_text() for each in sorted((ROOT / "ptfi/settings").glob("*.py")))
    assert len(re.findall(r"`tests/", TABLE)) > 200
    for name in re.findall(r"`([\w.-]+/[\w./-]*)`", TABLE):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"`([A-Z][A-Z_0-9]{3,})`", TABLE):
        assert re.search(rf"\b{name}\b", settings), name


def test_links_lead_to_headings() -> None:
    for file, heading in re.findall(r"\]\(([\w.]*)#([\w-]+)\)", TABLE):
        headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / (file or "asvs.md")).read_text(), re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}, heading


def test_the_counts_are_told_as_they_are() -> None:
    for document in ("asvs.md", "security.md"):
        assert counts() in (ROOT / "docs" / document).read_text(), document
