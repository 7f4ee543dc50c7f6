"""The API answers byte for byte as it was recorded; RECORD_ANSWERS=1 records what it answers now."""

import os
from pathlib import Path

import orjson
import pytest

from tests.support.answers import differing
from tests.support.api_operations import operations, pattern_of
from tests.support.api_steps import all_answers

FILE = Path(__file__).parents[1] / "data" / "api-answers.json"
# The export takes a snapshot, which only a transaction of its own can.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_every_answer_is_as_recorded() -> None:
    if "PTFI_EMBEDDED" not in os.environ:
        pytest.skip("another graph has the properties of a node in an order of its own")
    answers = all_answers()
    if os.environ.get("RECORD_ANSWERS"):
        FILE.write_bytes(orjson.dumps(answers, option=orjson.OPT_INDENT_2) + b"\n")
    found = list(differing(orjson.loads(FILE.read_bytes()), answers))
    assert found == [], "\n".join(found)


def test_every_operation_is_recorded() -> None:
    asked = [step["asked"] for step in orjson.loads(FILE.read_bytes())]
    missing = [each for each in operations() if not any(map(pattern_of(*each).fullmatch, asked))]
    assert missing == []
