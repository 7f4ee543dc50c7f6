"""What became of a client's suggestions: the feed of outcomes, and what it says about erased ones."""

import dataclasses
import datetime as dt
from collections.abc import Collection
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, transaction
from django.utils import timezone

from ptfi.db import sql
from traits.decisions.feedback import WRITING, hold_writing
from traits.ingest.sql import FORGET_FEEDBACK, NEWEST_FEEDBACK, OUTCOMES, TOMBSTONES
from traits.models import CandidateStatus, Decision

WAIT_MILLISECONDS = 300
"""How long a reader of the feed waits for decisions in progress; then it gets nothing, and reads again later."""


class Outcome(StrEnum):
    """How a suggestion stands after a decision. Changed: confirmed with changes. Erased: it must be forgotten."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    MERGED = "merged"
    REJECTED = "rejected"
    REMOVED = "removed"
    SNOOZED = "snoozed"
    REOPENED = "reopened"
    ERASED = "erased"


SIMPLE = {
    CandidateStatus.CONFIRMED: Outcome.CONFIRMED,
    CandidateStatus.REJECTED: Outcome.REJECTED,
    CandidateStatus.AWAITING_REFINEMENT: Outcome.SNOOZED,
    CandidateStatus.CANDIDATE: Outcome.REOPENED,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told:
    """A row of the feed. is_renamed: whether the person changed the name. category: what they gave instead; else ""."""

    number: int
    candidate_id: UUID
    outcome: Outcome
    at: dt.datetime
    rejection_code: str = ""
    is_renamed: bool = False
    category: str = ""
    verdicts: dict[str, str] = dataclasses.field(default_factory=dict)


def outcomes(client_id: str, after: int, limit: int) -> list[Told]:
    """The next rows of the client's feed behind a number, of people who allow it, in the order of their decisions."""
    newest = sql.value(NEWEST_FEEDBACK, [client_id])
    if newest <= after or not _all_are_there():
        return []
    rows = sql.rows(OUTCOMES, {"client": client_id, "after": after, "newest": newest, "limit": limit})
    return [_told(*row) for row in rows]


def _all_are_there() -> bool:
    """Wait for those who write; returns whether no row with a lower id than those that are there can follow."""
    try:
        with transaction.atomic():
            sql.run(f"SET LOCAL lock_timeout = {WAIT_MILLISECONDS}")
            sql.call("pg_advisory_xact_lock", WRITING)
    except OperationalError:
        return False
    return True


def _told(
    number: int,
    candidate_id: UUID,
    at: dt.datetime,
    decision: str | None,
    code: str | None,
    trait_id: UUID | None,
    after: list[str | None],
    suggested: list[str | None],
    verdicts: dict[str, str] | None,
) -> Told:
    """A row from its columns; after: status, name and category; suggested: name and category."""
    if decision is None:
        return Told(number=number, candidate_id=candidate_id, outcome=Outcome.ERASED, at=at)
    status, name, category = after
    outcome = _outcome(decision, status, is_own=trait_id in (None, candidate_id))
    is_changed = outcome == Outcome.CHANGED
    return Told(
        number=number,
        candidate_id=candidate_id,
        outcome=outcome,
        at=at,
        rejection_code=code or "",
        is_renamed=is_changed and name != suggested[0],
        category=category or "" if is_changed and category != suggested[1] else "",
        verdicts=verdicts or {},
    )


def _outcome(decision: str, status: Any, *, is_own: bool) -> Outcome:
    if status == CandidateStatus.REFINED:
        return Outcome.CHANGED if is_own else Outcome.MERGED
    return Outcome.REMOVED if decision == Decision.REMOVED else SIMPLE.get(status, Outcome.REOPENED)


def erase_feedback(user_id: UUID, candidate_ids: Collection[UUID] | None = None) -> int:
    """Replace what clients may learn about these suggestions of a person (None: all) by that they are erased.

    Returns how many rows say so now.
    """
    ids = None if candidate_ids is None else sql.array(candidate_ids)
    hold_writing()
    return sql.run(TOMBSTONES, {"user": user_id, "ids": ids})


def forget_old_feedback() -> int:
    """Delete what is older than FEEDBACK_DAYS, some at a time; returns the number."""
    oldest, number = timezone.now() - dt.timedelta(days=settings.FEEDBACK_DAYS), 0
    while some := sql.run(FORGET_FEEDBACK, [oldest]):
        number += some
    return number
