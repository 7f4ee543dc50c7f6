"""One decision on many suggestions: one transaction, one batch that undoes as one."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable

from ptfi.accounts.models import User
from traits import log
from traits.errors import InvalidError
from traits.locks import alike, atomic, lock, locked_candidates, locked_with_alike
from traits.models import (
    SENSITIVE,
    CandidateStatus,
    Decision,
    ExtractedTraitCandidate,
    Origin,
    RejectionCode,
    UserRefinedTrait,
)
from traits.services import NO_CHANGES, NO_EVIDENCE, check_deferral, check_rejection, new_trait, rejected
from traits.states import candidate_state
from traits.steps import Step, decide, record
from traits.validation import clean_text

MOST = 200
DECISIONS = (Decision.CONFIRMED_ASIS, Decision.REJECTED, Decision.DEFERRED)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BulkOutcome:
    """outcomes: candidate id → applied, already_decided, not_found or refused (a sensitive category)."""

    batch_id: uuid.UUID
    outcomes: dict[uuid.UUID, str]
    entries: list[UserRefinedTrait]

    def count(self, outcome: str) -> int:
        return sum(1 for each in self.outcomes.values() if each == outcome)


@atomic
def bulk(
    *,
    user: User,
    actor: log.Actor,
    candidate_ids: Iterable[uuid.UUID],
    decision: str,
    code: str = "",
    reason: str = "",
    until: dt.datetime | None = None,
) -> BulkOutcome:
    """Confirm as they are, reject or put off up to 200 suggestions; what cannot be done is reported, the rest is.

    Rejecting takes those that say the same as a rejected one along.
    """
    ids = list(dict.fromkeys(candidate_ids))
    reason = clean_text("reason", reason)
    _check(ids, decision, code, until)
    persona = lock(user)
    locked = (locked_with_alike if decision == Decision.REJECTED else locked_candidates)(user, ids)
    outcomes = {pk: preview(locked.get(pk), decision) for pk in ids}
    at = log.next_moment(persona)
    chosen = [locked[pk] for pk in ids if outcomes[pk] == "applied"]
    if decision == Decision.REJECTED and code != RejectionCode.DUPLICATE:
        chosen += alike(chosen, locked)
    steps = [_step(candidate, decision, code, reason, until, at) for candidate in chosen]
    batch_id = uuid.uuid4()
    entries = record(persona, steps, actor=actor, at=at, batch_id=batch_id)
    return BulkOutcome(batch_id=batch_id, outcomes=outcomes, entries=entries)


def _check(ids: list[uuid.UUID], decision: str, code: str, until: dt.datetime | None) -> None:
    if not 1 <= len(ids) <= MOST:
        raise InvalidError(details={"candidate_ids": [f"Select 1 to {MOST} suggestions."]})
    if decision not in DECISIONS:
        raise InvalidError(details={"decision": ["Only confirm, reject and later work on many at once."]})
    if decision == Decision.REJECTED:
        check_rejection(code)
    if decision == Decision.DEFERRED:
        check_deferral(until)


def preview(candidate: ExtractedTraitCandidate | None, decision: str) -> str:
    """What the decision would do to this candidate."""
    if candidate is None or candidate.held_reason:
        return "not_found"
    if not candidate.is_undecided:
        return "already_decided"
    if decision == Decision.CONFIRMED_ASIS and candidate.trait_category in SENSITIVE:
        return "refused"
    return "applied"


def _step(
    candidate: ExtractedTraitCandidate,
    decision: str,
    code: str,
    reason: str,
    until: dt.datetime | None,
    at: dt.datetime,
) -> Step:
    step = Step(decision, candidate=candidate, candidate_before=candidate_state(candidate))
    if decision == Decision.DEFERRED:
        decide(candidate, CandidateStatus.AWAITING_REFINEMENT, at)
        candidate.deferred_until = until
        return step
    if decision == Decision.REJECTED:
        return rejected(step, code, reason, at)
    step.trait_id = candidate.candidate_id
    step.trait = new_trait(candidate, NO_CHANGES, NO_EVIDENCE, at)
    modified = step.trait.origin == Origin.AI_REFINED
    step.decision = Decision.CONFIRMED_MODIFIED if modified else Decision.CONFIRMED_ASIS
    decide(candidate, CandidateStatus.REFINED if modified else CandidateStatus.CONFIRMED, at)
    return step
