"""API views for the pipeline: many suggestions per request, each checked on its own by the importer's code."""

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext
from rest_framework.request import Request

from ptfi.accounts.models import User
from ptfi.api.idempotency import Act, once, respond, sent_key
from ptfi.api.permissions import IngestScope
from ptfi.api.strict import encoding_fault, load_body, media_type, parse, read_body, read_query
from ptfi.api.views import ApiView
from ptfi.errors import RuleError
from ptfi.parsing import BYTE_ORDER_MARK, RepeatedNameError, parse_id, parse_json
from ptfi.telemetry.trace import current_request
from ptfi.texts import one_line
from ptfi.web.language import grouped
from traits.api import schema as operations
from traits.api.serializers.ingest import (
    FORMAT,
    IngestQuerySerializer,
    OutcomeQuerySerializer,
    WithdrawalQuerySerializer,
    WithdrawalSerializer,
    told_json,
)
from traits.ingest import batch as ingest
from traits.ingest import parsing
from traits.ingest.faults import Reason, not_json
from traits.ingest.feedback import outcomes
from traits.ingest.layouts import WINDOW, not_lines
from traits.ingest.parsing import CandidateRecord
from traits.ingest.rows import RowOutcome
from traits.ingest.sender import Delivery, digest_of, finish, sender_of
from traits.ingest.withdrawals import Withdrawal, withdraw
from traits.models import Door

MAX_BYTES = 10 * 1024 * 1024
NDJSON = "application/x-ndjson"
COUNTED = ("created", "updated", "unchanged", "suppressed")
Row = CandidateRecord | list[Reason]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sent:
    """The values of a request, in order, and the line of each where it has lines."""

    values: list[Any]
    lines: list[int] | None = None

    def place(self, index: int) -> dict[str, Any]:
        """What tells the sender which row is meant."""
        line = self.lines[index] if self.lines else None
        return {"index": index, "line": line, "candidateID": _id(self.values[index])}


class Ingest(ApiView):
    permission_classes = [IngestScope]
    takes = ("application/json", NDJSON)

    @operations.ingest
    def post(self, request: Request) -> HttpResponse:
        options = read_query(request.query_params, IngestQuerySerializer)
        sent = candidates(request)
        rows = known_people([read(value) for value in sent.values])
        delivery = delivery_of(request)
        must_exist, is_trial = options["mustExist"], options["dryRun"]

        def act() -> tuple[int, Any]:
            return 200, store(rows, sent, delivery, must_exist=must_exist) | {"dryRun": is_trial}

        return tried(request, act) if is_trial else once(request, act, run=ingest.retried)


class Withdrawals(ApiView):
    permission_classes = [IngestScope]

    @operations.withdraw
    def post(self, request: Request) -> HttpResponse:
        is_trial = read_query(request.query_params, WithdrawalQuerySerializer)["dryRun"]
        values = read_body(request, WithdrawalSerializer)
        delivery = delivery_of(request, reason=one_line(values["reason"]))

        def act() -> tuple[int, Any]:
            return 200, take_back(values["candidateIDs"], delivery) | {"dryRun": is_trial}

        return tried(request, act) if is_trial else once(request, act, run=ingest.retried)


class Outcomes(ApiView):
    permission_classes = [IngestScope]

    @operations.list_outcomes
    def get(self, request: Request) -> HttpResponse:
        query = read_query(request.query_params, OutcomeQuerySerializer)
        found = outcomes(request.auth.client_id, query["cursor"], query["limit"])
        following = str(found[-1].number if found else query["cursor"])
        return self.answer({"data": [told_json(row) for row in found], "next": following})


def tried(request: Request, act: Act) -> HttpResponse:
    """Answer what the request would do; its Idempotency-Key is checked, but not used up."""
    sent_key(request)
    status, data = ingest.tried(act)
    return respond(status, orjson.dumps(data))


def delivery_of(request: Request, reason: str = "") -> Delivery:
    return Delivery(
        door=Door.API,
        name=current_request(),
        client_id=request.auth.client_id,
        reason=reason,
        digest=digest_of(request.body),
    )


def take_back(ids: list[UUID], delivery: Delivery) -> dict[str, Any]:
    """Withdraw these suggestions, record that, and report the outcome of each."""
    recorded = delivery.batch()
    results = withdraw(ids, delivery.reason, sender_of(recorded))
    found = Counter(results.values())
    withdrawn, decided = found[Withdrawal.WITHDRAWN], found[Withdrawal.IGNORED_DECIDED]
    counts = {"withdrawn": withdrawn, "unchanged": found[Withdrawal.UNCHANGED], "ignored": decided}
    finish(recorded, counts | {"refused": found[Withdrawal.UNKNOWN]})
    rows = [{"index": index, "candidateID": pk, "outcome": results[pk]} for index, pk in enumerate(ids)]
    return {"withdrawn": withdrawn, "results": rows, "batchID": recorded.pk}


def candidates(request: Request) -> Sent:
    """Return the candidates of the body, not yet checked. Raises RuleError, TooLargeError."""
    body = load_body(request, MAX_BYTES)
    if media_type(request) == NDJSON:
        found: Any = _lines(body)
        lines, values = list(found), list(found.values())
    else:
        whole = parse(body)
        if not isinstance(whole, dict) or whole.keys() != {"candidates"}:
            raise RuleError(details={"body": [gettext('This must be {"candidates": […]} and nothing else.')]})
        lines, values = None, whole["candidates"]
    if not isinstance(values, list) or not 1 <= len(values) <= ingest.MAX_BATCH:
        raise RuleError(details={"candidates": [_how_many(values)]})
    return Sent(values=values, lines=lines)


def _how_many(values: Any) -> str:
    text = gettext("Send 1 to %(most)s candidates.") % {"most": grouped(ingest.MAX_BATCH)}
    if isinstance(values, list):
        text += " " + gettext("These are %(number)s.") % {"number": grouped(len(values))}
    return text


def _lines(body: bytes) -> dict[int, Any]:
    """The value of each line that is not blank, by its number; RuleError if the whole is something else than lines."""
    if fault := encoding_fault(body) or not_lines(body[:WINDOW]):
        raise RuleError(details={"body": [fault]})
    lines = enumerate((line.removeprefix(BYTE_ORDER_MARK) for line in body.split(b"\n")), 1)
    return {number: _line(line) for number, line in lines if line.strip()}


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


def store(rows: list[Row], sent: Sent, delivery: Delivery, *, must_exist: bool) -> dict[str, Any]:
    """Store the valid rows and the record of the batch, and report the outcome of all rows."""
    recorded = delivery.batch()
    totals = Counter[str]()
    faults = {index: row for index, row in enumerate(rows) if isinstance(row, list)}
    became = dict.fromkeys(faults, RowOutcome.REFUSED)
    for batch in _batches(rows):
        result = ingest.apply_within(list(batch.values()), sender=sender_of(recorded), must_exist=must_exist)
        totals.update(result.counts())
        became |= zip(batch, result.outcomes, strict=True)
        indexes = list(batch)
        for place, reasons in result.refused.items():
            faults[indexes[place]] = _as_sent(batch[indexes[place]], reasons)
    refused = [sent.place(index) | {"errors": _by_field(reasons)} for index, reasons in sorted(faults.items())]
    finish(recorded, totals | {"refused": len(refused)})
    totals["unchanged"] += totals["ignored"]
    return {name: totals[name] for name in COUNTED} | {
        "refused": refused,
        "results": [sent.place(index) | {"outcome": outcome} for index, outcome in sorted(became.items())],
        "newPeople": totals["new_people"],
        "batchID": recorded.pk,
    }


def _as_sent(row: CandidateRecord, reasons: list[Reason]) -> list[Reason]:
    """The reasons under the names of the API; what is wrong with the person, under the name that was sent."""
    names = {**FORMAT.record.columns, "user": "externalID" if row.external_id else "userID"}
    return [(names[column], what) for column, what in reasons]


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
