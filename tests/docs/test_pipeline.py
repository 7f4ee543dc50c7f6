"""docs/pipeline.md lists every outcome, every field and every limit, and its program computes what PTFI stores."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from traits.api.ingest import MAX_BYTES
from traits.api.serializers.ingest import FORMAT, OutcomeQuerySerializer
from traits.evidence import evidence_id
from traits.ingest.batch import MAX_BATCH
from traits.ingest.feedback import Outcome
from traits.ingest.parsing import FILE, CandidateRecord, Format, parse
from traits.ingest.rows import IGNORED, RowOutcome
from traits.ingest.withdrawals import Withdrawal
from traits.models import RejectionCode
from traits.models.moderation import MAX_REASON

TEXT = (Path(__file__).resolve().parents[2] / "docs/pipeline.md").read_text()


def section(heading: str) -> str:
    return TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in text.split("\n") if line.startswith("| ") and "---" not in line]


@pytest.mark.parametrize(
    ("heading", "outcomes"),
    [
        ("What became of each row", RowOutcome),
        ("Withdrawing", Withdrawal),
        ("What became of them", Outcome),
    ],
)
def test_every_outcome_is_listed(heading: str, outcomes: Any) -> None:
    assert [row[0] for row in rows(section(heading))[1:]] == [f"`{each}`" for each in outcomes]


def test_ignored_rows_count_as_unchanged() -> None:
    counted = {row[0].strip("`"): row[-1].strip("`") for row in rows(section("What became of each row"))[1:]}
    assert {outcome for outcome, count in counted.items() if count == "unchanged"} == {"unchanged", *IGNORED}
    assert all(f"`{code}`" in TEXT for code in RejectionCode.values)


def named(shape: Format, part: str) -> dict[str, str]:
    """Column → name, as the table calls it."""
    names = dict(getattr(shape, part).columns)
    if shape.person and part == "record":
        names |= {column: f"user.{name}" for column, name in shape.person.columns.items()}
    return {column: name for column, name in names.items() if column not in ("user", "user_id")}


def test_every_field_is_mapped() -> None:
    tables = section("Fields and formats").split("A piece of evidence:")
    for text, part in zip(tables, ("record", "piece"), strict=True):
        pairs = set[tuple[str, str]]()
        for api, file, _ in rows(text)[1:]:
            found = (re.findall(r"`([^`]+)`", cell) for cell in (api, file))
            pairs |= set(zip(*found, strict=False)) if "`" in api else {("", file.strip("`"))}
        names = named(FORMAT, part)
        assert pairs == {(names.get(column, ""), name) for column, name in named(FILE, part).items()}


def test_every_limit_is_as_it_is_listed() -> None:
    found = [re.sub(r"[^\d]", "", row[-1].split(" (")[0]) for row in rows(section("Limits and retries"))[1:5]]
    rows_of_feed = OutcomeQuerySerializer().fields["limit"].max_value
    limits = [MAX_BATCH, MAX_BYTES // 1024**2, settings.API_CLIENT_REQUESTS_PER_MINUTE, rows_of_feed]
    assert [int(number) for number in found] == limits
    assert f"at most {MAX_REASON} characters" in section("Withdrawing")
    assert f"for {settings.FEEDBACK_DAYS} days" in section("What became of them")


@pytest.mark.parametrize(
    "piece",
    [
        {"type": "text_snippet", "content": "Jazz again tonight!"},
        {"type": "audio_segment", "content": "So.", "sourcePackageID": "p1", "sourceDetail": "call", "startTime": 3},
        {"type": "audio_segment", "content": "Ärger.", "startTime": 0.25, "endTime": 1},
    ],
)
def test_the_program_computes_the_ids_of_evidence(piece: dict[str, Any]) -> None:
    names: dict[str, Any] = {}
    exec(TEXT.split("```python\n")[1].split("```")[0], names)  # noqa: S102 (the document's own program)
    pk = str(uuid.uuid4())
    row = {"candidateID": pk, "externalID": "a", "traitName": "A", "traitCategory": "Other", "confidenceScore": 1}
    parsed = parse(row | {"supportingEvidenceSnippets": [piece]}, FORMAT)
    assert isinstance(parsed, CandidateRecord)
    stored = parsed.supporting_evidence[0]
    assert names["evidence_id"](pk, piece) == stored["evidence_id"] == evidence_id(uuid.UUID(pk), stored)
