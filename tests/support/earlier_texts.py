"""A persona of an earlier release, whose texts were stored as they were sent (tests/support/record_texts.py)."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data"
TABLES = FOLDER / "earlier-texts.json"
INPUT = FOLDER / "earlier-texts.jsonl"
