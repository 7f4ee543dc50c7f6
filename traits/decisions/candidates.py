"""The decisions about suggestions. Each is one transaction, with the person's lock, the rows and the log entry.

Every function raises NotFoundError for a candidate that is not the person's, AlreadyDecidedError, StaleVersionError
(version is the one that the caller saw) and InvalidError. The web, API or MCP view opens the durable transaction around
it.
"""

import dataclasses
import datetime as dt
import uuid

from django.utils import timezone
from django.utils.translation import gettext

from ptfi.accounts.models import User
from ptfi.web.language import grouped
from traits.decisions.conflicts import related_trait, settle
from traits.decisions.inputs import (
    RATING_ALONE,
    Changes,
    Evidence,
    Relation,
    clean_changes,
    clean_evidence,
    clean_text,
    raise_faults,
)
from traits.decisions.locking import (
    atomic,
    candidate_in,
    lock_candidates,
    lock_undecided,
    lock_with_duplicates,
    locked_trait,
    near_duplicates,
    undecided_in,
)
from traits.decisions.recording import TRAITS, DecisionRecord, record_decision
from traits.errors import AlreadyDecidedError, InvalidError, NotFoundError, StaleVersionError
from traits.evidence import Piece, own_piece, pooled, union
from traits.log.entries import Actor
from traits.log.versions import lifted
from traits.models import (
    MAX_EVIDENCE,
    MAX_LIST,
    CandidateStatus,
    Decision,
    ExtractedTraitCandidate,
    Origin,
    PersonaTrait,
    RejectionCode,
    TraitStatus,
    UserRefinedTrait,
    Verdict,
)
from traits.text import name_key, once_each

CODES = frozenset(RejectionCode.values)
LONGEST_SNOOZE = dt.timedelta(days=3650)
NO_CHANGES = Changes()
NO_EVIDENCE = Evidence()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of a decision."""

    entries: list[UserRefinedTrait]
    candidate: ExtractedTraitCandidate | None = None
    trait: PersonaTrait | None = None

    @property
    def batch_id(self) -> uuid.UUID | None:
        """The batch of the entries; None for a single entry."""
        return self.entries[0].batch_id

    @property
    def action_id(self) -> uuid.UUID:
        """The id that undo() takes."""
        return self.batch_id or self.entries[0].refinement_action_id


@atomic
def confirm(
    *,
    user: User,
    actor: Actor,
    candidate_id: uuid.UUID,
    changes: Changes = NO_CHANGES,
    evidence: Evidence = NO_EVIDENCE,
    relation: Relation | None = None,
    version: int | None = None,
) -> Outcome:
    """Make the suggestion a trait, with or without changes; relation says what happens to a contradicted trait."""
    also = [relation.trait_id] if relation else []
    persona, candidate = lock_undecided(user, candidate_id, version, also=also)
    record = DecisionRecord(Decision.CONFIRMED_ASIS, candidate, relation=relation.state() if relation else None)
    changes, at = clean_changes(changes), persona.next_moment()
    evidence = apply_verdicts(candidate, evidence)
    trait = new_trait(candidate, changes, evidence, at)
    record.notes = changes.notes or ""
    confirmed(record, trait, at)
    records = [settle(user, trait, relation, at), record] if relation else [record]
    return Outcome(entries=record_decision(persona, records, actor=actor, at=at), candidate=candidate, trait=trait)


def confirmed(record: DecisionRecord, trait: PersonaTrait, at: dt.datetime) -> None:
    """Add the trait made from the candidate to the record, and set the candidate's status, in memory."""
    modified = trait.origin == Origin.AI_REFINED
    record.trait, record.trait_id = trait, trait.trait_id
    record.decision = Decision.CONFIRMED_MODIFIED if modified else Decision.CONFIRMED_ASIS
    if record.candidate:
        record.candidate.set_status(CandidateStatus.REFINED if modified else CandidateStatus.CONFIRMED, at)


def apply_verdicts(candidate: ExtractedTraitCandidate, evidence: Evidence) -> Evidence:
    """Set the verdicts on the candidate's pieces, in memory; returns the cleaned evidence."""
    evidence = clean_evidence(evidence, {piece["evidence_id"] for piece in candidate.supporting_evidence})
    candidate.supporting_evidence = with_verdicts(candidate.supporting_evidence, evidence.verdicts)
    return evidence


def with_verdicts(pieces: list[Piece], verdicts: dict[str, str]) -> list[Piece]:
    """Copies of the pieces with these verdicts; a piece that is not named keeps its own."""
    return [{**piece, "verdict": verdicts.get(piece["evidence_id"], piece.get("verdict", ""))} for piece in pieces]


def new_trait(
    candidate: ExtractedTraitCandidate, changes: Changes, evidence: Evidence, at: dt.datetime
) -> PersonaTrait:
    """The trait that confirming creates; its origin says whether the person changed anything besides the rating."""
    own = [own_piece(candidate.candidate_id, text) for text in evidence.own]
    trait = TRAITS.new(
        trait_id=candidate.candidate_id,
        user_id=candidate.user_id,
        name=candidate.trait_name,
        description=candidate.trait_description,
        category=candidate.trait_category,
        origin=Origin.AI_CONFIRMED,
        status=TraitStatus.ACTIVE,
        confidence=candidate.confidence_score,
        concepts=candidate.concepts,
        evidence=union(candidate.supporting_evidence, own),
        created_at=at,
        last_refined_at=at,
        last_observed_at=candidate.created_at,
    )
    doubted = any(piece["verdict"] not in ("", Verdict.SUPPORTS) for piece in candidate.supporting_evidence)
    if write_changes(trait, changes) - RATING_ALONE or doubted or own:
        trait.origin = Origin.AI_REFINED
    return trait


def write_changes(trait: PersonaTrait, changes: Changes) -> set[str]:
    """Apply the changes to the trait, in memory; returns the names of the fields that differ."""
    changed = {field for field, value in changes.given().items() if getattr(trait, field) != value}
    for field in changed:
        setattr(trait, field, getattr(changes, field))
    return changed


@atomic
def reject(
    *,
    user: User,
    actor: Actor,
    candidate_id: uuid.UUID,
    code: str,
    reason: str = "",
    evidence: Evidence = NO_EVIDENCE,
    relation: Relation | None = None,
    version: int | None = None,
) -> Outcome:
    """Reject the suggestion, so that it is not suggested again.

    Undecided suggestions that say the same are rejected in the same batch, unless this one is rejected as their
    duplicate.
    """
    persona, locked = lock_with_duplicates(user, [candidate_id])
    candidate = undecided_in(locked, candidate_id, version)
    check_rejection(code)
    if relation and relation.kind != "new_is_wrong":
        raise InvalidError(details={"relation": [gettext("This answer does not go with rejecting.")]})
    if relation:
        related_trait(user, relation)
    no_own_evidence(evidence)
    at = persona.next_moment()
    record = DecisionRecord(Decision.REJECTED, candidate, relation=relation.state() if relation else None)
    apply_verdicts(candidate, evidence)
    duplicates = [] if code == RejectionCode.DUPLICATE else near_duplicates([candidate], locked)
    records = [record, *(DecisionRecord(Decision.REJECTED, other) for other in duplicates)]
    reason = clean_text("reason", reason)
    entries = record_decision(persona, [rejected(each, code, reason, at) for each in records], actor=actor, at=at)
    return Outcome(entries=entries, candidate=candidate)


def rejected(record: DecisionRecord, code: str, reason: str, at: dt.datetime) -> DecisionRecord:
    """Reject the record's candidate, in memory."""
    if record.candidate:
        record.trait_id, record.rejection_code, record.reason = record.candidate.pk, code, reason
        record.candidate.set_status(CandidateStatus.REJECTED, at)
    return record


def check_rejection(code: str) -> None:
    if code not in CODES:
        raise InvalidError(details={"rejection_code": [gettext("Choose a reason.")]})


def no_own_evidence(evidence: Evidence) -> None:
    if any(text.strip() for text in evidence.own):
        raise InvalidError(
            details={"own_evidence": [gettext("You can add your own evidence when you confirm or merge.")]}
        )


@atomic
def snooze(
    *,
    user: User,
    actor: Actor,
    candidate_id: uuid.UUID,
    until: dt.datetime | None,
    evidence: Evidence = NO_EVIDENCE,
    version: int | None = None,
) -> Outcome:
    """Snooze the suggestion until a time, or (None) until an import brings new evidence for it."""
    persona, candidate = lock_undecided(user, candidate_id, version)
    check_snooze(until)
    no_own_evidence(evidence)
    record, at = DecisionRecord(Decision.DEFERRED, candidate), persona.next_moment()
    apply_verdicts(candidate, evidence)
    entries = record_decision(persona, [snoozed(record, until, at)], actor=actor, at=at)
    return Outcome(entries=entries, candidate=candidate)


def snoozed(record: DecisionRecord, until: dt.datetime | None, at: dt.datetime) -> DecisionRecord:
    """Snooze the record's candidate, in memory."""
    if record.candidate:
        record.candidate.set_status(CandidateStatus.AWAITING_REFINEMENT, at)
        record.candidate.deferred_until = until
    return record


def check_snooze(until: dt.datetime | None) -> None:
    if until is not None and not timezone.now() < until < timezone.now() + LONGEST_SNOOZE:
        raise InvalidError(details={"until": [gettext("Choose a time in the future, at most ten years ahead.")]})


@atomic
def merge(
    *,
    user: User,
    actor: Actor,
    candidate_id: uuid.UUID,
    into: uuid.UUID,
    evidence: Evidence = NO_EVIDENCE,
    version: int | None = None,
) -> Outcome:
    """Merge the suggestion into a trait of the person, which gets its evidence and concepts."""
    persona, candidate = lock_undecided(user, candidate_id, version)
    if into == candidate_id:
        raise InvalidError(details={"into": [gettext("A suggestion can’t be merged into itself.")]})
    try:
        trait = locked_trait(user, into)
    except NotFoundError:
        raise InvalidError(details={"into": [gettext("There is no such trait.")]}) from None
    record, at = DecisionRecord(Decision.MERGED, candidate, trait), persona.next_moment()
    evidence = apply_verdicts(candidate, evidence)
    own = [own_piece(trait.trait_id, text) for text in evidence.own]
    raise_faults({"into": merge_into(trait, candidate, own, at)})
    return Outcome(entries=record_decision(persona, [record], actor=actor, at=at), candidate=candidate, trait=trait)


def merge_into(trait: PersonaTrait, candidate: ExtractedTraitCandidate, own: list[Piece], at: dt.datetime) -> list[str]:
    """Merge the candidate into the trait, in memory; if it does not fit, return why and change nothing."""
    faults = absorb(trait, [*candidate.supporting_evidence, *own], candidate.concepts, candidate.created_at)
    if not faults:
        trait.last_refined_at = at
        candidate.set_status(CandidateStatus.REFINED, at)
    return faults


def absorb(trait: PersonaTrait, pieces: list[Piece], concepts: list[str], observed_at: dt.datetime | None) -> list[str]:
    """Add evidence and concepts to the trait, in memory; if they do not fit, return why and change nothing."""
    evidence, names = pooled(trait.evidence, pieces), once_each([*trait.concepts, *concepts])
    faults = []
    if len(evidence) > MAX_EVIDENCE:
        faults.append(
            gettext("The trait would have more than %(most)s pieces of evidence.") % {"most": grouped(MAX_EVIDENCE)}
        )
    if len(names) > MAX_LIST:
        faults.append(gettext("The trait would have more than %(most)s topics.") % {"most": MAX_LIST})
    if not faults:
        trait.evidence, trait.concepts = evidence, names
        trait.last_observed_at = max(filter(None, (trait.last_observed_at, observed_at)), default=None)
    return faults


@atomic
def reopen(*, user: User, actor: Actor, candidate_id: uuid.UUID, version: int | None = None) -> Outcome:
    """Return a rejected suggestion to review, or split off a merged one together with what the merge added."""
    persona, locked = lock_candidates(user, [candidate_id])
    candidate = candidate_in(locked, candidate_id, None)
    merged = _standing_merge(user, candidate) if candidate.status == CandidateStatus.REFINED else None
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


def _standing_merge(user: User, candidate: ExtractedTraitCandidate) -> UserRefinedTrait | None:
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
