"""Returning decided suggestions to review. It is one transaction and raises the errors of candidates.py."""

import datetime as dt
import uuid

from django.utils.translation import gettext

from ptfi.accounts.models import User
from traits.decisions.candidates import Outcome
from traits.decisions.locking import atomic, candidate_in, lock_candidates
from traits.decisions.recording import DecisionRecord, record_decision
from traits.errors import AlreadyDecidedError, StaleVersionError
from traits.log.entries import Actor
from traits.log.versions import lifted
from traits.models import CandidateStatus, Decision, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait
from traits.text import name_key


@atomic
def reopen(*, user: User, actor: Actor, candidate_id: uuid.UUID, version: int | None = None) -> Outcome:
    """Return a rejected suggestion to review, or split off a merged one together with what the merge added."""
    persona, locked = lock_candidates(user, [candidate_id])
    candidate = candidate_in(locked, candidate_id, None)
    merged = standing_merge(user, candidate) if candidate.status == CandidateStatus.REFINED else None
    if candidate.status != CandidateStatus.REJECTED and not merged:
        raise AlreadyDecidedError(
            gettext("Only rejected or merged suggestions can be reviewed again. Nothing was changed.")
        )
    if version is not None and candidate.version != version:
        raise StaleVersionError
    record, at = DecisionRecord(Decision.REOPENED, candidate), persona.next_moment()
    candidate.set_status(CandidateStatus.CANDIDATE, at)
    if merged:
        _split_off(user, record, merged, at)
    entries = record_decision(persona, [record], actor=actor, at=at)
    return Outcome(entries=entries, candidate=candidate, trait=record.trait)


def standing_merge(user: User, candidate: ExtractedTraitCandidate) -> UserRefinedTrait | None:
    """The merge in effect for this candidate: its newest entry that was not undone, if that is a merge."""
    mine = UserRefinedTrait.objects.filter(user=user)
    undone = mine.exclude(undoes=None).values("undoes")
    entries = mine.filter(original_candidate=candidate).exclude(user_decision=Decision.UNDONE)
    newest = entries.exclude(pk__in=undone).order_by("-revision").first()
    return newest if newest and newest.user_decision == Decision.MERGED else None


def _split_off(user: User, record: DecisionRecord, merged: UserRefinedTrait, at: dt.datetime) -> None:
    """Remove from the trait, if the person still has it, what the merge added."""
    trait = PersonaTrait.objects.filter(user=user, pk__in=[merged.trait_id_in_pkg]).first()
    if trait is None:
        return
    content = lifted(merged.content)
    before, after = content["before"]["trait"], content["after"]["trait"]
    if not before or not after:
        # An erasure removed the trait's states from the log, so it is unknown what the merge added.
        return
    pieces = {piece["evidence_id"] for piece in after["evidence"]} - {p["evidence_id"] for p in before["evidence"]}
    concepts = {name_key(name) for name in after["concepts"]} - {name_key(name) for name in before["concepts"]}
    record.touch_trait(trait)
    trait.evidence = [piece for piece in trait.evidence if piece["evidence_id"] not in pieces]
    trait.concepts = [name for name in trait.concepts if name_key(name) not in concepts]
    trait.last_refined_at = at
