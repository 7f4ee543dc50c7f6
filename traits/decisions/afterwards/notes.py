"""Saying afterwards, in words, why suggestions were rejected."""

import uuid

from django.utils.translation import gettext

from ptfi.accounts.models import User
from traits.decisions.candidates import Outcome, rejected
from traits.decisions.inputs import clean_text
from traits.decisions.locking import atomic, candidate_in, lock, lock_candidates
from traits.decisions.recording import DecisionRecord, record_decision
from traits.errors import InvalidError, NotRejectedError
from traits.log.entries import Actor
from traits.log.undoable import standing_ids
from traits.models import CandidateStatus, Decision, UserRefinedTrait

LOOK_BACK = 50
"""Entries about a suggestion among which its rejection is looked for."""


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
    """The entry that rejected the suggestion, and those of its batch that still stand; the suggestion's is last."""
    mine = UserRefinedTrait.objects.filter(user=user).defer("content")
    about = list(mine.filter(original_candidate=candidate_id).order_by("-revision")[:LOOK_BACK])
    standing = standing_ids(user, about)
    entry = next((each for each in about if each.pk in standing), None)
    if entry is None or entry.user_decision != Decision.REJECTED:
        return []
    if entry.batch_id is None:
        return [entry]
    rows = list(mine.filter(batch_id=entry.batch_id, user_decision=Decision.REJECTED).order_by("revision"))
    standing = standing_ids(user, rows)
    return sorted((row for row in rows if row.pk in standing), key=lambda row: row.pk == entry.pk)
