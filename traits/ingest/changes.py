"""What a batch changes in stored suggestions: before and after, as the person and staff can see it."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from traits.ingest import sql
from traits.ingest.sql import CHANGING
from traits.models import CandidateChange, ExtractedTraitCandidate
from traits.text import name_key

Values = dict[str, Any]
KEPT = tuple(name for name in CHANGING if name not in ("name_key", "sequence", "version", "updated_at"))
"""The columns that a change records. The name key follows from the name; a sequence is never taken back."""


def noted(candidates: Iterable[ExtractedTraitCandidate]) -> dict[UUID, Values]:
    """The candidates' values, before a batch changes them in memory; values are replaced, never changed in place."""
    return {candidate.candidate_id: dict(candidate.__dict__) for candidate in candidates}


def changed_in(
    batch_id: UUID, before: Mapping[UUID, Values], changed: Collection[ExtractedTraitCandidate], at: dt.datetime
) -> list[CandidateChange]:
    """The changes of these candidates, not stored; before: what noted() returned."""
    return [_change(before[candidate.candidate_id], candidate, batch_id, at) for candidate in changed]


def _change(before: Values, candidate: ExtractedTraitCandidate, batch_id: UUID, at: dt.datetime) -> CandidateChange:
    now = candidate.__dict__
    names = [name for name in KEPT if before[name] != now[name]]
    return CandidateChange(
        user_id=candidate.user_id,
        candidate_id=candidate.candidate_id,
        batch_id=batch_id,
        before={name: before[name] for name in names},
        after={name: now[name] for name in names},
        created_at=at,
    )


def store(rows: Collection[CandidateChange]) -> None:
    """Store new changes, if there are any, and forget some of those that are too old."""
    if rows:
        sql.copy_changes(rows)
    sql.forget_changes(_oldest())


def kept() -> QuerySet[CandidateChange]:
    """The changes within the retention period: older ones are no longer shown, nor taken back."""
    return CandidateChange.objects.filter(created_at__gte=_oldest())


def forget_old() -> int:
    """Delete all changes that are too old, some at a time; returns their number. Every batch deletes some, too."""
    number = 0
    while some := sql.forget_changes(_oldest()):
        number += some
    return number


def _oldest() -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(days=settings.SUGGESTION_CHANGES_DAYS)


def put_back(candidate: ExtractedTraitCandidate, values: Values) -> None:
    """Give the candidate the values of one side of a change, in memory; the person's verdicts on its evidence stay."""
    keep_verdicts(candidate, values)
    fields = {field.name: field for field in ExtractedTraitCandidate._meta.concrete_fields}
    for name, value in values.items():
        setattr(candidate, name, fields[name].to_python(value))
    candidate.name_key = name_key(candidate.trait_name)


def keep_verdicts(candidate: ExtractedTraitCandidate, values: Values) -> bool:
    """Copy the person's present verdicts to the pieces of one side of a change, in memory; whether any was different.

    Without this a piece that leaves the suggestion would come back without the verdict that it left with.
    """
    verdicts = {piece["evidence_id"]: piece["verdict"] for piece in candidate.supporting_evidence}
    pieces = values.get("supporting_evidence", [])
    judged = [{**piece, "verdict": verdicts.get(piece["evidence_id"], piece["verdict"])} for piece in pieces]
    if judged == pieces:
        return False
    values["supporting_evidence"] = judged
    return True
