"""Rows of candidate files, and running the import on them."""

import json
import tempfile
import uuid
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from ptfi.accounts.models import User
from traits.ingest.parsing import CandidateRecord, parse
from traits.models import ExtractedTraitCandidate, Persona

FILE = Path(__file__).parents[1] / "data" / "candidates.jsonl"
SECRET = "my divorce"
Row = dict[str, Any]


def new_row(**changes: Any) -> Row:
    row: Row = {
        "candidate_id": str(uuid.uuid4()),
        "user": {"external_id": "test:alice", "display_name": "Alice"},
        "trait_name": "Loves jazz",
        "trait_description": "It is said often.",
        "trait_category": "Interest",
        "confidence_score": 0.75,
        "supporting_evidence": [piece("I love jazz.")],
        "originating_models": ["topic-model.v3"],
        "associated_feature_set_ids": [str(uuid.uuid4())],
        "concepts": ["jazz"],
        "created_at": "2026-03-01T10:00:00+01:00",
    }
    return row | changes


def row(pk: uuid.UUID, number: int) -> Row:
    """One of many suggestions, which differ by their number."""
    evidence = {"type": "text_snippet", "content": f"I said {number}.", "source_detail": f"line {number}"}
    return {
        "candidate_id": str(pk),
        "user": {"external_id": "unused", "display_name": "unused"},
        "trait_name": f"Says {number}",
        "trait_description": "",
        "trait_category": "Skill",
        "confidence_score": 0.5,
        "supporting_evidence": [{**evidence, "source_package_id": str(uuid.uuid4())}],
        "originating_models": ["test"],
        "associated_feature_set_ids": [],
        "concepts": ["counting", f"number {number % 7}"],
        "created_at": "2026-01-01T00:00:00+00:00",
    }


def piece(content: str, **changes: Any) -> Row:
    return {
        "type": "text_snippet", "content": content, "source_package_id": "p1", "source_detail": "page 1", **changes,
    }  # fmt: skip


def without(name: str) -> Row:
    return {field: value for field, value in piece(SECRET).items() if field != name}


class Run:
    """A run of the command: its exit status, its counts (that of new people apart), and its output on stderr."""

    def __init__(self, *arguments: str) -> None:
        out, err = StringIO(), StringIO()
        self.status = 0
        try:
            call_command("import_candidates", *arguments, stdout=out, stderr=err)
        except SystemExit as stop:
            self.status = int(str(stop.code))
        self.said = err.getvalue().splitlines()
        counts = dict(part.split(" ")[::-1] for part in out.getvalue().strip().split(", "))
        self.counts = {what: int(count.replace(",", "")) for what, count in counts.items() if count != "0"}
        self.new_people = self.counts.pop("new_people", 0)


def load(*rows: Row | bytes, owner: str = "") -> Run:
    """Import these rows (or byte lines) as one file, rows.jsonl."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_bytes(b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows))
        return Run(str(path), *(["--owner", owner] if owner else []))


def stored(row: Row) -> ExtractedTraitCandidate:
    return ExtractedTraitCandidate.objects.get(pk=row["candidate_id"])


def person(external_id: str = "test:alice") -> User:
    return User.objects.get(external_id=external_id)


def everything() -> list[Row]:
    tables = (ExtractedTraitCandidate.objects, Persona.objects)
    return [dict(row) for table in tables for row in table.order_by("pk").values()]


def suggestion(**changes: Any) -> CandidateRecord:
    row = parse(new_row(**changes))
    assert isinstance(row, CandidateRecord)
    return row
