"""API view for the pipeline: many suggestions per request, each checked on its own by the importer's code."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext
from rest_framework.request import Request

from ptfi.accounts.models import User
from ptfi.api.idempotency import once
from ptfi.api.permissions import IngestScope
from ptfi.api.strict import encoding_fault, load_body, media_type, parse
from ptfi.api.views import ApiView
from ptfi.errors import RuleError
from ptfi.parsing import BYTE_ORDER_MARK, RepeatedNameError, parse_id, parse_json
from ptfi.telemetry.trace import current_request
from ptfi.web.language import grouped
from traits.api import schema as operations
from traits.api.serializers.ingest import FORMAT
from traits.ingest import batch as ingest
from traits.ingest import parsing
from traits.ingest.faults import Reason, not_json
from traits.ingest.layouts import WINDOW, not_lines
from traits.ingest.parsing import CandidateRecord
from traits.ingest.sender import Delivery, digest_of, finish, sender_of
from traits.models import Door

MAX_BYTES = 10 * 1024 * 1024
NDJSON = "application/x-ndjson"
COUNTED = ("created", "updated", "unchanged", "suppressed")
Row = CandidateRecord | list[Reason]


class Ingest(ApiView):
    permission_classes = [IngestScope]
    takes = ("application/json", NDJSON)

    @operations.ingest
    def post(self, request: Request) -> HttpResponse:
        values = candidates(request)
        rows = known_people([read(value) for value in values])
        delivery = Delivery(
            door=Door.API,
            name=current_request(),
            client_id=request.auth.client_id,
            digest=digest_of(request.body),
        )
        return once(request, lambda: (200, store(rows, values, delivery)), run=ingest.retried)


def candidates(request: Request) -> list[Any]:
    """Return the candidates of the body, not yet checked. Raises RuleError, TooLargeError."""
    body = load_body(request, MAX_BYTES)
    if media_type(request) == NDJSON:
        found: Any = _lines(body)
    else:
        whole = parse(body)
        if not isinstance(whole, dict) or whole.keys() != {"candidates"}:
            raise RuleError(details={"body": [gettext('This must be {"candidates": […]} and nothing else.')]})
        found = whole["candidates"]
    if not isinstance(found, list) or not 1 <= len(found) <= ingest.MAX_BATCH:
        raise RuleError(
            details={"candidates": [gettext("Send 1 to %(most)s candidates.") % {"most": grouped(ingest.MAX_BATCH)}]}
        )
    return found


def _lines(body: bytes) -> list[Any]:
    """The value of each line that is not blank. Raises RuleError if the whole is something else than JSON lines."""
    if fault := encoding_fault(body) or not_lines(body[:WINDOW]):
        raise RuleError(details={"body": [fault]})
    lines = (line.removeprefix(BYTE_ORDER_MARK) for line in body.split(b"\n"))
    return [_line(line) for line in lines if line.strip()]


def _line(line: bytes) -> Any:
    """Parse a line; for a faulty one, return its reasons, which no JSON line looks like."""
    try:
        return parse_json(line)
    except orjson.JSONDecodeError as error:
        return ((FORMAT.whole, not_json(error)),)
    except RepeatedNameError as error:
        return ((str(error), gettext("appears more than once")),)


def read(value: Any) -> Row:
    """Check one candidate the way a line of an import file is checked."""
    if isinstance(value, tuple):
        return list(value)
    return parsing.parse(value, FORMAT, _person_faults(value) if isinstance(value, dict) else ())


def _person_faults(value: dict[str, Any]) -> list[Reason]:
    if ("userID" in value) == ("externalID" in value):
        return [("userID", gettext("either userID or externalID is required"))]
    return []


def known_people(rows: list[Row]) -> list[Row]:
    """Replace rows that name an account which does not exist by the reason for refusing them."""
    named = {row.user_id for row in rows if isinstance(row, CandidateRecord) and row.user_id}
    known = set(User.objects.filter(pk__in=named).values_list("pk", flat=True)) if named else set()
    return [
        [("userID", gettext("there is no such person"))]
        if isinstance(row, CandidateRecord) and row.user_id and row.user_id not in known
        else row
        for row in rows
    ]


def store(rows: list[Row], values: list[Any], delivery: Delivery) -> dict[str, Any]:
    """Store the valid rows and the record of the batch, and report the outcome of all rows."""
    recorded = delivery.batch()
    totals = Counter[str]()
    faults = {index: row for index, row in enumerate(rows) if isinstance(row, list)}
    for batch in _batches(rows):
        result = ingest.apply_within(list(batch.values()), sender=sender_of(recorded))
        totals.update(result.counts())
        indexes = list(batch)
        for place, reasons in result.refused.items():
            faults[indexes[place]] = [(FORMAT.record.columns[column], what) for column, what in reasons]
    refused = [
        {"index": index, "candidateID": _id(values[index]), "errors": _by_field(reasons)}
        for index, reasons in sorted(faults.items())
    ]
    finish(recorded, totals | {"refused": len(refused)})
    return {name: totals[name] for name in COUNTED} | {"refused": refused}


def _batches(rows: list[Row]) -> Iterator[dict[int, CandidateRecord]]:
    """Yield the valid rows in order, in batches that contain each candidate only once."""
    batch, ids = dict[int, CandidateRecord](), set[UUID]()
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


def _id(value: Any) -> UUID | None:
    with contextlib.suppress(ValueError):
        return parse_id(value.get("candidateID") if isinstance(value, dict) else None)
    return None


def _by_field(reasons: list[Reason]) -> dict[str, list[str]]:
    found = dict[str, list[str]]()
    for name, what in reasons:
        found.setdefault(name, []).append(str(what))
    return found
