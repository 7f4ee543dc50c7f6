"""Writing a decision: its entries in the log, the rows that it changes, and the suppressions, in one go."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError
from django.db.models import Q

from ptfi.db.prepared import Table, Write, write_each, write_together
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
"""What PostgreSQL calls the constraint that holds the ids of traits apart."""
DECIDED = ["status", "deferred_until", "version", "updated_at"]


@dataclasses.dataclass
class DecisionRecord:
    """One entry to be: what the decision touches, as it was (snapshots) and as it is now (rows).

    Make it before the rows change: it takes their snapshots then. What the decision adds is put on it afterwards
    (`record.trait = …`), and what it removes is set to None.
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
        """Take in a candidate that is about to change."""
        self.candidate, self.candidate_before = candidate, candidate_state(candidate)

    def touch_trait(self, trait: PersonaTrait) -> None:
        """Take in a trait that is about to change."""
        self.trait, self.trait_before, self.trait_id = trait, trait_state(trait), trait.trait_id

    @property
    def source(self) -> uuid.UUID | None:
        """What wants a suppression by this: the candidate, or a trait without one."""
        return self.candidate.candidate_id if self.candidate else self.trait_id

    @property
    def suppresses(self) -> bool:
        """Whether it rejects or removes, so that the same is not suggested again."""
        rejected = self.candidate is not None and self.candidate.status == CandidateStatus.REJECTED
        return rejected or self.decision == Decision.REMOVED

    @property
    def lifts(self) -> bool:
        """Whether it takes a rejection or a removal back."""
        was_rejected = (self.candidate_before or {}).get("status") == CandidateStatus.REJECTED
        return not self.suppresses and (was_rejected or bool(self.undoes and self.trait and not self.trait_before))

    def suppressed(self) -> Iterator[State]:
        """The snapshots by whose names it would be the same again: as it was suggested, and as the trait was named."""
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
    """Write the entries and every row that the decision changed, in a number of queries that does not grow with them.

    Several entries are a batch, with batch_id or a new one.

    The order matters in three places. Traits that went are deleted first: undoing a batch may take one away and bring
    one with its id back. Then the entries, traits and candidates are written; none of these statements needs what
    another one writes, so that a single decision is one trip to the database. Suppressions are lifted after that: what
    they kept away comes back unless the person has a trait of its id by then. Where some are lifted, new ones are
    written last, since lifting takes a source off all suppressions, also off those that this decision adds.
    """
    if len(records) > 1:
        batch_id = batch_id or uuid.uuid4()
    changes = [each.change() for each in records]
    entries, writes = log.new_entries(persona, changes, actor=actor, at=at, batch_id=batch_id)
    _stamp(records, entries)
    _delete_traits(persona, records)
    writes += [*_writing_traits(records), _writing_candidates(records)]
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
    """Give what holds now the revision of its entry."""
    for each, entry in zip(records, entries, strict=True):
        if each.trait:
            each.trait.version = entry.revision
            each.trait.name_key = name_key(each.trait.name)
        if each.style:
            each.style.version = entry.revision


@contextmanager
def _refused_if_taken(records: Sequence[DecisionRecord]) -> Iterator[None]:
    """Raises NotLatestError or AlreadyDecidedError where the id of a new trait is another one's.

    While a trait was gone, a suggestion may have come in under its id, for somebody else as well.
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
    # Of several records on one trait the last one says what holds.
    kept = {each.trait.trait_id: each.trait for each in records if each.trait and each.trait_before}
    # An id that exists already must never be taken over: inserting fails then.
    return [TRAITS.inserting(new), TRAITS.updating(list(kept.values()), TRAIT_COLUMNS)]


def _writing_candidates(records: Sequence[DecisionRecord]) -> Write:
    decided = [(each.candidate, each.candidate_before) for each in records if each.candidate]
    judged = any(before is None or before["evidence"] != row.supporting_evidence for row, before in decided)
    # Evidence that is written is indexed for the search again, which costs more than all the rest.
    return CANDIDATES.updating([row for row, _ in decided], [*DECIDED, "supporting_evidence"] if judged else DECIDED)


def _write_styles(persona: Persona, records: Sequence[DecisionRecord]) -> None:
    if not records:
        return
    before = Q(pk__in=[])
    for state in (each.style_before for each in records if each.style_before):
        before |= Q(element=state["element"], context=state["context"])
    CommunicationStyle.objects.filter(before, user_id=persona.user_id).delete()
    CommunicationStyle.objects.bulk_create([each.style for each in records if each.style])
