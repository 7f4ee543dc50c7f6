"""What the pipeline sends: many suggestions in one request, each checked on its own, through the importer's code."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from ptfi.accounts.models import User
from ptfi.api.authentication import IngestScope
from ptfi.api.idempotency import once
from ptfi.api.strict import load_body, media_type, parse, printable
from ptfi.api.views import ApiView
from ptfi.errors import RuleError
from traits.api import schema as operations
from traits.ingest import batch as ingest
from traits.ingest import parsing
from traits.ingest.parsing import Reason, Suggestion

MAX_BYTES = 10 * 1024 * 1024
NDJSON = "application/x-ndjson"
NAMES = {
    "candidateID": "candidate_id",
    "traitName": "trait_name",
    "traitDescription": "trait_description",
    "traitCategory": "trait_category",
    "supportingEvidenceSnippets": "supporting_evidence",
    "confidenceScore": "confidence_score",
    "originatingModels": "originating_models",
    "associatedRawFeatureSetIDs": "associated_feature_set_ids",
    "concepts": "concepts",
    "supersedes": "supersedes",
    "language": "language",
}
PIECE_NAMES = {
    "type": "type",
    "content": "content",
    "sourcePackageID": "source_package_id",
    "sourceDetail": "source_detail",
    "startTime": "start_time",
    "endTime": "end_time",
    "relevanceScore": "relevance_score",
}
# What the API itself gives out beside these is ignored here.
IGNORED = {"status", "version", "creationTimestamp", "lastUpdatedTimestamp", "deferUntil"}
PIECE_IGNORED = {"evidenceID", "verdict"}
PERSON = {"userID", "externalID", "displayName"}
OUTSIDE = {inner: outer for outer, inner in (NAMES | PIECE_NAMES).items()} | {
    "external_id": "externalID",
    "display_name": "displayName",
    "user": "userID",
    "line": "candidate",
}
COUNTED = ("created", "updated", "unchanged", "suppressed")
Row = Suggestion | list[Reason]


class Ingest(ApiView):
    permission_classes = [IngestScope]
    takes = ("application/json", NDJSON)

    @operations.ingest
    def post(self, request: Request) -> HttpResponse:
        values = candidates(request)
        rows = known_people([read(value) for value in values])
        return once(request, lambda: (200, store(rows, values)), run=ingest.retried)


def candidates(request: Request) -> list[Any]:
    """The candidates of the body, not looked at yet. Raises RuleError, TooLargeError."""
    body = load_body(request, MAX_BYTES)
    if media_type(request) == NDJSON:
        found: Any = [_line(line) for line in body.split(b"\n") if line.strip()]
    else:
        whole = parse(body)
        if not isinstance(whole, dict) or whole.keys() != {"candidates"}:
            raise RuleError(details={"body": ['This must be {"candidates": […]} and nothing else.']})
        found = whole["candidates"]
    if not isinstance(found, list) or not 1 <= len(found) <= ingest.MAX_BATCH:
        raise RuleError(details={"candidates": [f"1 to {ingest.MAX_BATCH:,} candidates."]})
    return found


def _line(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def read(value: Any) -> Row:
    """One candidate, checked as a line of a file is."""
    if not isinstance(value, dict):
        return [("candidate", "must be a JSON object")]
    unknown = value.keys() - NAMES.keys() - IGNORED - PERSON
    reasons = [(printable(name), "is not a known field") for name in sorted(unknown)]
    named = [name for name in ("userID", "externalID") if name in value]
    if len(named) != 1:
        reasons.append(("userID", "either userID or externalID is needed"))
    elif "userID" in named and not (isinstance(value["userID"], str) and parsing.is_uuid(value["userID"])):
        reasons.append(("userID", "must be a UUID"))
    if reasons:
        return reasons
    found = parsing.parse(_inside(value))
    if isinstance(found, list):
        return [(_outside(name), what) for name, what in found]
    found.dated = False
    found.user_id = UUID(value["userID"]) if "userID" in value else None
    return found


def _inside(value: dict[str, Any]) -> dict[str, Any]:
    """The candidate with a file's names; what may be left out is filled in."""
    row = {inner: value[outer] for outer, inner in NAMES.items() if outer in value}
    blank = {"trait_description": "", "originating_models": [], "associated_feature_set_ids": [], "concepts": []}
    row = blank | {"supporting_evidence": []} | row
    if isinstance(row["supporting_evidence"], list):
        row["supporting_evidence"] = [_piece(piece) for piece in row["supporting_evidence"]]
    person = {"external_id": value.get("externalID", "by id"), "display_name": value.get("displayName", "")}
    return row | {"user": person, "created_at": timezone.now().isoformat()}


def _piece(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    known = {PIECE_NAMES.get(name, name): inner for name, inner in value.items() if name not in PIECE_IGNORED}
    return {"source_package_id": None, "source_detail": ""} | known


def _outside(path: str) -> str:
    """A file's name of a field as the API says it."""
    return re.sub(r"\w+", lambda name: OUTSIDE.get(name.group(), name.group()), path.removeprefix("user."))


def known_people(rows: list[Row]) -> list[Row]:
    """The rows; those that name an account which does not exist are refused."""
    named = {row.user_id for row in rows if isinstance(row, Suggestion) and row.user_id}
    known = set(User.objects.filter(pk__in=named).values_list("pk", flat=True)) if named else set()
    return [
        [("userID", "there is no such person")]
        if isinstance(row, Suggestion) and row.user_id and row.user_id not in known
        else row
        for row in rows
    ]


def store(rows: list[Row], values: list[Any]) -> dict[str, Any]:
    """Store what fits; what became of each row."""
    counts = dict.fromkeys(COUNTED, 0)
    faults = {index: row for index, row in enumerate(rows) if isinstance(row, list)}
    for batch in _batches(rows):
        result = ingest.apply_within(list(batch.values()))
        for name in COUNTED:
            counts[name] += getattr(result, name)
        indexes = list(batch)
        for place, reasons in result.refused.items():
            faults[indexes[place]] = [(_outside(name), what) for name, what in reasons]
    refused = [
        {"index": index, "candidateID": _id(values[index]), "errors": _by_field(reasons)}
        for index, reasons in sorted(faults.items())
    ]
    return counts | {"refused": refused}


def _batches(rows: list[Row]) -> Iterator[dict[int, Suggestion]]:
    """The rows that fit, in order, in batches in which no candidate is twice."""
    batch, ids = dict[int, Suggestion](), set[UUID]()
    for index, row in enumerate(rows):
        if isinstance(row, list):
            continue
        if row.candidate_id in ids:
            yield batch
            batch, ids = {}, set()
        batch[index] = row
        ids.add(row.candidate_id)
    if batch:
        yield batch


def _id(value: Any) -> str | None:
    name = value.get("candidateID") if isinstance(value, dict) else None
    return name if isinstance(name, str) and parsing.is_uuid(name) else None


def _by_field(reasons: list[Reason]) -> dict[str, list[str]]:
    found = dict[str, list[str]]()
    for name, what in reasons:
        found.setdefault(name, []).append(what)
    return found
