"""One decision on many suggestions: one transaction, one batch that undoes as one."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable

from ptfi.accounts.models import User
from traits.decisions.candidates import (
    NO_CHANGES,
    NO_EVIDENCE,
    check_deferral,
    check_rejection,
    new_trait,
    rejected,
    take_in,
)
from traits.decisions.inputs import clean_text
from traits.decisions.locking import alike, atomic, locked_candidates, locked_with_alike
from traits.decisions.recording import Step, decide, record
from traits.errors import InvalidError
from traits.log import entries as log
from traits.log.snapshots import candidate_state, trait_from_state, trait_state
from traits.models import (
    SENSITIVE,
    CandidateStatus,
    Decision,
    ExtractedTraitCandidate,
    Origin,
    PersonaTrait,
    RejectionCode,
    TraitStatus,
    UserRefinedTrait,
)

MOST = 200
DECISIONS = (Decision.CONFIRMED_ASIS, Decision.REJECTED, Decision.DEFERRED)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BulkOutcome:
    """outcomes: candidate id → applied, already_decided, not_found or refused.

    Refused is a sensitive category, and what a trait of that name has no room for.
    """

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

    Rejecting takes those that say the same as a rejected one along. Confirming makes no second trait of one name: what
    says the same as a trait that the person has, or as another of the chosen, is merged into that.
    """
    ids = list(dict.fromkeys(candidate_ids))
    reason = clean_text("reason", reason)
    _check(ids, decision, code, until)
    persona, locked = (locked_with_alike if decision == Decision.REJECTED else locked_candidates)(user, ids)
    outcomes = {pk: preview(locked.get(pk), decision) for pk in ids}
    at = log.next_moment(persona)
    chosen = [locked[pk] for pk in ids if outcomes[pk] == "applied"]
    if decision == Decision.REJECTED and code != RejectionCode.DUPLICATE:
        chosen += alike(chosen, locked)
    if decision == Decision.CONFIRMED_ASIS:
        steps, full = _confirmed(user, chosen, at)
        outcomes |= dict.fromkeys(full, "refused")
    else:
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


def folded(
    user: User, candidates: Iterable[ExtractedTraitCandidate]
) -> dict[uuid.UUID, PersonaTrait | ExtractedTraitCandidate]:
    """Which of them, confirmed together, are merged, and into what: a trait the person has, or one of them before it.

    They say the same (name key and category); a dormant trait takes nothing in.
    """
    chosen = list(candidates)
    mine = PersonaTrait.objects.filter(user=user, name_key__in={row.name_key for row in chosen})
    first: dict[tuple[str, str], PersonaTrait | ExtractedTraitCandidate] = {}
    for trait in mine.exclude(status=TraitStatus.DORMANT).order_by("created_at", "pk"):
        first.setdefault((trait.name_key, trait.category), trait)
    into = {}
    for candidate in chosen:
        other = first.setdefault((candidate.name_key, candidate.trait_category), candidate)
        if other is not candidate:
            into[candidate.pk] = other
    return into


def _confirmed(
    user: User, chosen: list[ExtractedTraitCandidate], at: dt.datetime
) -> tuple[list[Step], list[uuid.UUID]]:
    """The steps that make traits of the chosen or merge them, and those that their trait has no room for."""
    into, full = folded(user, chosen), list[uuid.UUID]()
    traits = {other.pk: other for other in into.values() if isinstance(other, PersonaTrait)}
    steps = list[Step]()
    for candidate in chosen:
        if candidate.pk in into:
            step = _merged(candidate, traits[into[candidate.pk].pk], at)
        else:
            step = _step(candidate, Decision.CONFIRMED_ASIS, "", "", None, at)
        if step is None:
            full.append(candidate.pk)
        elif step.trait:
            traits[step.trait.pk] = step.trait
            steps.append(step)
    return steps, full


def _merged(candidate: ExtractedTraitCandidate, trait: PersonaTrait, at: dt.datetime) -> Step | None:
    """The merge into the trait as the steps before leave it; None where it has no room."""
    before, trait_before = candidate_state(candidate), trait_state(trait)
    # Each step keeps its own state of the trait.
    trait = trait_from_state(candidate.user_id, trait_before, trait.version)
    if take_in(trait, candidate.supporting_evidence, candidate.concepts, candidate.created_at):
        return None
    trait.last_refined_at = at
    decide(candidate, CandidateStatus.REFINED, at)
    return Step(
        Decision.MERGED,
        trait_id=trait.trait_id,
        trait_before=trait_before,
        trait=trait,
        candidate=candidate,
        candidate_before=before,
    )


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
