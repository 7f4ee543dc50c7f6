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
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from traits.decisions.conflicts import related_trait, settle
from traits.decisions.inputs import (
    NO_CHANGES,
    NO_EVIDENCE,
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
    lock_with_duplicates,
    locked_trait,
    near_duplicates,
    undecided_in,
)
from traits.decisions.merging import best_name, merge_into, merged_after, trait_named, write_changes
from traits.decisions.recording import TRAITS, DecisionRecord, record_decision
from traits.errors import InvalidError, NotFoundError
from traits.evidence import Piece, own_piece, union, without_lines
from traits.log.entries import Actor
from traits.models import (
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

FOLLOWING = frozenset((Decision.MERGED, Decision.REJECTED, Decision.DEFERRED))
"""What becomes of suggestions that say the same as the decided one."""
CODES = frozenset(RejectionCode.values)
LONGEST_SNOOZE = dt.timedelta(days=3650)


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
    def entry(self) -> UserRefinedTrait:
        """The entry of the decision itself, without what it took along or changed besides."""
        own = [each for each in self.entries if self.candidate and each.original_candidate_id == self.candidate.pk]
        return own[0] if own else self.entries[-1]

    @property
    def same(self) -> int:
        """The number of suggestions that say the same and were decided along with this one."""
        others = {each.original_candidate_id for each in self.entries if each.user_decision in FOLLOWING}
        return len(others - {None, self.entry.original_candidate_id})

    @property
    def action_id(self) -> uuid.UUID:
        """The id that undo() takes."""
        return self.batch_id or self.entries[0].refinement_action_id


HAS_ONE = _("You have a trait of this name already. Confirm without an answer to add to it.")


@atomic
def confirm(
    *,
    user: User,
    actor: Actor,
    candidate_id: uuid.UUID,
    changes: Changes = NO_CHANGES,
    evidence: Evidence = NO_EVIDENCE,
    relation: Relation | None = None,
    alone: bool = False,
    version: int | None = None,
) -> Outcome:
    """Make the suggestion a trait, with or without changes; relation says what happens to a contradicted trait.

    If the person has a trait of that name and category, it gets the evidence, the topics and the changes instead.
    Undecided suggestions that say the same are merged into the trait in the same batch, unless alone.
    """
    also = [relation.trait_id] if relation else []
    persona, locked, named = lock_with_duplicates(user, [candidate_id, *also])
    candidate = undecided_in(locked, candidate_id, version)
    changes, at = clean_changes(changes), persona.next_moment()
    others = [] if alone else near_duplicates([candidate], locked)
    known = trait_named(user, candidate, changes, is_named=candidate_id in named)
    if known and relation:
        raise InvalidError(details={"relation": [HAS_ONE]})
    decision = Decision.MERGED if known else Decision.CONFIRMED_ASIS
    record = DecisionRecord(decision, candidate, known, relation=relation.state() if relation else None)
    evidence = apply_verdicts(candidate, evidence)
    record.notes = changes.notes or ""
    settled = list[DecisionRecord]()
    if known:
        own = [own_piece(known.trait_id, text) for text in evidence.own]
        raise_faults({"into": merge_into(known, candidate, own, at, changes)})
    else:
        trait = new_trait(candidate, changes, evidence, at, best_name([candidate, *others]))
        confirmed(record, trait, at)
        settled = settle(user, trait, relation, at) if relation else []
    records = [*settled, record, *merged_after(record, others, at)]
    entries = record_decision(persona, records, actor=actor, at=at)
    return Outcome(entries=entries, candidate=candidate, trait=records[-1].trait)


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
    candidate: ExtractedTraitCandidate, changes: Changes, evidence: Evidence, at: dt.datetime, name: str
) -> PersonaTrait:
    """The trait that confirming creates; its origin says whether the person changed anything besides the rating.

    name: the best spelling of the suggestion's name, which stands unless the changes have another one.
    """
    own = [own_piece(candidate.candidate_id, text) for text in evidence.own]
    trait = TRAITS.new(
        trait_id=candidate.candidate_id,
        user_id=candidate.user_id,
        name=name,
        description=candidate.trait_description,
        category=candidate.trait_category,
        origin=Origin.AI_CONFIRMED,
        status=TraitStatus.ACTIVE,
        confidence=candidate.confidence_score,
        concepts=candidate.concepts,
        evidence=union(without_lines(candidate.supporting_evidence), own),
        created_at=at,
        last_refined_at=at,
        last_observed_at=candidate.created_at,
    )
    doubted = any(piece["verdict"] not in ("", Verdict.SUPPORTS) for piece in candidate.supporting_evidence)
    if write_changes(trait, changes) - RATING_ALONE or doubted or own:
        trait.origin = Origin.AI_REFINED
    return trait


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
    alone: bool = False,
    version: int | None = None,
) -> Outcome:
    """Reject the suggestion, so that it is not suggested again.

    Undecided suggestions that say the same are rejected in the same batch, unless alone, or this one is rejected as
    their duplicate.
    """
    persona, locked, _ = lock_with_duplicates(user, [candidate_id])
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
    duplicates = [] if alone or code == RejectionCode.DUPLICATE else near_duplicates([candidate], locked)
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
    alone: bool = False,
    version: int | None = None,
) -> Outcome:
    """Snooze the suggestion until a time, or (None) until an import brings new evidence for it.

    Undecided suggestions that say the same are snoozed in the same batch, unless alone.
    """
    persona, locked, _ = lock_with_duplicates(user, [candidate_id])
    candidate = undecided_in(locked, candidate_id, version)
    check_snooze(until)
    no_own_evidence(evidence)
    at, others = persona.next_moment(), [] if alone else near_duplicates([candidate], locked)
    records = [DecisionRecord(Decision.DEFERRED, row) for row in (candidate, *others)]
    apply_verdicts(candidate, evidence)
    entries = record_decision(persona, [snoozed(each, until, at) for each in records], actor=actor, at=at)
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
    alone: bool = False,
    version: int | None = None,
) -> Outcome:
    """Merge the suggestion into a trait of the person, which gets its evidence and concepts.

    Undecided suggestions that say the same are merged in the same batch, unless alone.
    """
    persona, locked, _ = lock_with_duplicates(user, [candidate_id])
    candidate = undecided_in(locked, candidate_id, version)
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
    others = [] if alone else near_duplicates([candidate], locked)
    records = [record, *merged_after(record, others, at)]
    entries = record_decision(persona, records, actor=actor, at=at)
    return Outcome(entries=entries, candidate=candidate, trait=records[-1].trait)
