"""Saying afterwards, in words, why suggestions were rejected."""

import uuid
from typing import Any

from django.utils.translation import gettext

from ptfi.accounts.models import User
from traits.decisions.candidates import Outcome, rejected
from traits.decisions.inputs import clean_text
from traits.decisions.locking import atomic, candidate_in, lock, lock_candidates
from traits.decisions.recording import DecisionRecord, record_decision
from traits.errors import InvalidError, NotRejectedError
from traits.log.entries import Actor
from traits.models import CandidateStatus, Decision, UserRefinedTrait
from traits.models.log import PLACING


@atomic
def add_note(*, user: User, actor: Actor, candidate_id: uuid.UUID, reason: str) -> Outcome:
    """Add a note to the rejection of a suggestion, and of those that were rejected together with it.

    The rejection is made again with the note, since entries of the log never change. Undoing this removes the note.
    Raises NotFoundError, NotRejectedError if the suggestion is not rejected, and InvalidError (reason).
    """
    reason = clean_text("reason", reason).strip()
    if not reason:
        raise InvalidError(details={"reason": [gettext("Write a note first.")]})
    lock(user)
    entries = _rejections(user, candidate_id)
    together = {entry.original_candidate_id: entry.rejection_code for entry in entries if entry.original_candidate_id}
    persona, locked = lock_candidates(user, {candidate_id, *together})
    candidate = candidate_in(locked, candidate_id, None)
    if candidate.status != CandidateStatus.REJECTED or not together:
        raise NotRejectedError
    at = persona.next_moment()
    rows = [locked[pk] for pk in together if pk in locked]
    records = [
        rejected(DecisionRecord(Decision.REJECTED, row), together[row.pk], reason, at)
        for row in rows
        if row.status == CandidateStatus.REJECTED and not row.held_reason
    ]
    made = record_decision(persona, records, actor=actor, at=at)
    return Outcome(entries=made, candidate=candidate)


def _rejections(user: User, candidate_id: uuid.UUID) -> list[UserRefinedTrait]:
    """The entry that rejected the suggestion, and those of its batch that still hold; the suggestion's is last."""
    entry = _placing(user, [candidate_id]).get(candidate_id)
    if entry is None or entry.user_decision != Decision.REJECTED:
        return []
    if entry.batch_id is None:
        return [entry]
    batch = UserRefinedTrait.objects.filter(user=user, batch_id=entry.batch_id, user_decision=Decision.REJECTED)
    newest = _placing(user, batch.exclude(original_candidate=None).values("original_candidate"))
    rows = [row for row in newest.values() if row.batch_id == entry.batch_id and row.user_decision == Decision.REJECTED]
    return sorted(rows, key=lambda row: (row.pk == entry.pk, row.revision))


def _placing(user: User, candidate_ids: Any) -> dict[uuid.UUID | None, UserRefinedTrait]:
    """The newest decision that placed each of these suggestions and was not undone, by the suggestion."""
    mine = UserRefinedTrait.objects.filter(user=user)
    rows = mine.filter(original_candidate__in=candidate_ids, user_decision__in=(*PLACING, Decision.REOPENED))
    rows = rows.exclude(pk__in=mine.exclude(undoes=None).values("undoes")).defer("content")
    return {row.original_candidate_id: row for row in rows.order_by("revision")}
