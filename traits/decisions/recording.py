"""Write a decision: its log entries, the rows that it changes, and the suppressions."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError
from django.db.models import Q

from ptfi.db.prepared import Table, Write, write_each, write_together
from ptfi.texts import sort_key
from traits.decisions.feedback import feedback
from traits.decisions.sql import CANDIDATES
from traits.decisions.suppressions import lift, suppressing
from traits.errors import AlreadyDecidedError, NotLatestError
from traits.log import entries as log
from traits.log.snapshots import State, candidate_state, style_state, trait_state
from traits.models import (
    CandidateStatus,
    CommunicationStyle,
    Decision,
    ExtractedTraitCandidate,
    Persona,
    PersonaTrait,
    UserRefinedTrait,
)
from traits.text import name_key

TRAITS = Table(PersonaTrait)
TRAIT_COLUMNS = [name for name in TRAITS.names if name not in ("trait_id", "user_id")]
TRAIT_ID_TAKEN = f"{TRAITS.name}_pkey"
"""The name of PostgreSQL's constraint that keeps trait ids unique."""
DECIDED = ["status", "deferred_until", "version", "updated_at"]


@dataclasses.dataclass
class DecisionRecord:
    """An entry to be written: what the decision touches, before (snapshots) and after (rows).

    Create it before changing the rows, because it takes the snapshots then. Afterwards, set what the decision adds
    (`record.trait = …`), and set what it removes to None.
    """

    decision: str
    candidate: ExtractedTraitCandidate | None = None
    trait: PersonaTrait | None = None
    style: CommunicationStyle | None = None
    trait_id: uuid.UUID | None = None
    style_element: str | None = None
    undoes: uuid.UUID | None = None
    rejection_code: str = ""
    reason: str = ""
    notes: str = ""
    relation: State | None = None
    candidate_before: State | None = dataclasses.field(init=False, default=None)
    trait_before: State | None = dataclasses.field(init=False, default=None)
    style_before: State | None = dataclasses.field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.candidate:
            self.touch_candidate(self.candidate)
        if self.trait:
            self.touch_trait(self.trait)
        if self.style:
            self.style_before = style_state(self.style)

    def touch_candidate(self, candidate: ExtractedTraitCandidate) -> None:
        """Include a candidate that is about to change."""
        self.candidate, self.candidate_before = candidate, candidate_state(candidate)

    def touch_trait(self, trait: PersonaTrait) -> None:
        """Include a trait that is about to change."""
        self.trait, self.trait_before, self.trait_id = trait, trait_state(trait), trait.trait_id

    @property
    def source(self) -> uuid.UUID | None:
        """The id that a suppression of this decision names as its source: the candidate's, otherwise the trait's."""
        return self.candidate.candidate_id if self.candidate else self.trait_id

    @property
    def suppresses(self) -> bool:
        """Whether the decision rejects or removes, so that the same must not be suggested again."""
        return (self._is_rejected and not self._was_rejected) or self.decision == Decision.REMOVED

    @property
    def lifts(self) -> bool:
        """Whether the decision reverses a rejection or a removal."""
        if self.suppresses or self._is_rejected:
            return False
        return self._was_rejected or bool(self.undoes and self.trait and not self.trait_before)

    @property
    def _is_rejected(self) -> bool:
        return self.candidate is not None and self.candidate.status == CandidateStatus.REJECTED

    @property
    def _was_rejected(self) -> bool:
        return (self.candidate_before or {}).get("status") == CandidateStatus.REJECTED

    def suppressed(self) -> Iterator[State]:
        """The snapshots whose names must not be suggested again: as it was suggested, and as the trait was named."""
        after = trait_state(self.trait) if self.trait else None
        return filter(None, (self.candidate_before, self.trait_before, after))

    def change(self) -> log.Change:
        return log.Change(
            decision=self.decision,
            before={"candidate": self.candidate_before, "trait": self.trait_before, "style": self.style_before},
            after={
                "candidate": candidate_state(self.candidate) if self.candidate else None,
                "trait": trait_state(self.trait) if self.trait else None,
                "style": style_state(self.style) if self.style else None,
            },
            trait_id=self.trait_id,
            candidate_id=self.candidate.candidate_id if self.candidate else None,
            style_element=self.style_element,
            undoes=self.undoes,
            rejection_code=self.rejection_code,
            reason=self.reason,
            notes=self.notes,
            relation=self.relation,
        )


def record_decision(
    persona: Persona,
    records: Sequence[DecisionRecord],
    *,
    actor: log.Actor,
    at: dt.datetime,
    batch_id: uuid.UUID | None = None,
) -> list[UserRefinedTrait]:
    """Write the entries and all rows that the decision changed, in a constant number of queries.

    Several entries form a batch, with batch_id or a new id.

    The order matters in three places. Removed traits are deleted first: undoing a batch may delete a trait and restore
    one with the same id. Then the entries, traits and candidates are written; these statements do not depend on each
    other, so a single decision takes one round trip to the database. Suppressions are lifted after that: candidates
    that they kept away return unless the person has a trait of the same id by then. If suppressions are lifted, new
    ones are written last, because lifting removes a source from all suppressions, including those that this decision
    adds.
    """
    if len(records) > 1:
        batch_id = batch_id or uuid.uuid4()
    changes = [each.change() for each in records]
    entries, writes = log.new_entries(persona, changes, actor=actor, at=at, batch_id=batch_id)
    _stamp(records, entries)
    _delete_traits(persona, records)
    writes += [*_writing_traits(records), _writing_candidates(records), feedback(persona, entries, _sources(records))]
    rejected = [(each.source, each.suppressed()) for each in records if each.source and each.suppresses]
    added = [suppressing(persona, rejected)] if rejected else []
    lifted = {each.source for each in records if each.source and each.lifts}
    write = write_together if len(records) == 1 else write_each
    with _refused_if_taken(records):
        write(*writes, *([] if lifted else added))
    _write_styles(persona, [each for each in records if each.style_element])
    if lifted:
        lift(persona, lifted)
        write(*added)
    return entries


def _stamp(records: Sequence[DecisionRecord], entries: Sequence[UserRefinedTrait]) -> None:
    """Set the version of each row to the revision of its entry."""
    for each, entry in zip(records, entries, strict=True):
        if each.trait:
            each.trait.version = entry.revision
            each.trait.name_key, each.trait.sort_key = name_key(each.trait.name), sort_key(each.trait.name)
        if each.style:
            each.style.version = entry.revision


@contextmanager
def _refused_if_taken(records: Sequence[DecisionRecord]) -> Iterator[None]:
    """Raise NotLatestError or AlreadyDecidedError if the id of a new trait is already taken by another trait.

    While a trait was removed, a suggestion may have come in under its id, even for another person.
    """
    try:
        yield
    except IntegrityError as error:
        cause: Any = error.__cause__
        if cause.diag.constraint_name == TRAIT_ID_TAKEN:
            raise (NotLatestError if any(each.undoes for each in records) else AlreadyDecidedError) from error
        raise


def _delete_traits(persona: Persona, records: Sequence[DecisionRecord]) -> None:
    gone = [each.trait_before["trait_id"] for each in records if each.trait_before and not each.trait]
    if gone:
        PersonaTrait.objects.filter(user_id=persona.user_id, pk__in=gone).delete()


def _writing_traits(records: Sequence[DecisionRecord]) -> list[Write]:
    new = [each.trait for each in records if each.trait and not each.trait_before]
    # Of several records on one trait, the last one holds its final state.
    kept = {each.trait.trait_id: each.trait for each in records if each.trait and each.trait_before}
    # Insert new traits, so that an id that is already taken raises an error instead of being overwritten.
    return [TRAITS.inserting(new), TRAITS.updating(list(kept.values()), TRAIT_COLUMNS)]


def _writing_candidates(records: Sequence[DecisionRecord]) -> Write:
    decided = [(each.candidate, each.candidate_before) for each in records if each.candidate]
    judged = any(before is None or before["evidence"] != row.supporting_evidence for row, before in decided)
    # Writing evidence updates the search index, which costs more than everything else, so skip it if unchanged.
    return CANDIDATES.updating([row for row, _ in decided], [*DECIDED, "supporting_evidence"] if judged else DECIDED)


def _sources(records: Sequence[DecisionRecord]) -> list[ExtractedTraitCandidate | None]:
    return [each.candidate for each in records]


def _write_styles(persona: Persona, records: Sequence[DecisionRecord]) -> None:
    if not records:
        return
    before = Q(pk__in=[])
    for state in (each.style_before for each in records if each.style_before):
        before |= Q(element=state["element"], context=state["context"])
    CommunicationStyle.objects.filter(before, user_id=persona.user_id).delete()
    CommunicationStyle.objects.bulk_create([each.style for each in records if each.style])
