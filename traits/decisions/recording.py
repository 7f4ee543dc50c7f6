"""What every decision is made of: the rows it changes, their entries in the log, and the suppressions.

A Step is one entry to be. Rows are locked and states taken first, then changed in memory, then written together.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError
from django.db.models import F, Q

from ptfi.db.prepared import Table, Write, write
from traits.decisions.locking import CANDIDATES
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
    Suppression,
    UserRefinedTrait,
)
from traits.text import name_key

Key = tuple[str, str]
TRAITS = Table(PersonaTrait)
TRAIT_COLUMNS = [name for name in TRAITS.names if name not in ("trait_id", "user_id")]
DECIDED = ["status", "deferred_until", "version", "updated_at"]
SUPPRESS = """
    INSERT INTO traits_suppression AS kept (user_id, name_key, category, sources, created_at)
    VALUES (%s, %s, %s, %s, now()) ON CONFLICT (user_id, name_key, category) DO UPDATE
    SET sources = ARRAY(SELECT DISTINCT unnest(kept.sources || excluded.sources) AS source ORDER BY source)
"""
TAKEN = "traits_personatrait_pkey"
DELETE_SUPPRESSIONS = "DELETE FROM traits_suppression WHERE id = ANY(%s)"


@dataclasses.dataclass
class Step:
    """One entry to be: the rows as they were (states) and as they are now (rows, already changed)."""

    decision: str
    trait_id: uuid.UUID | None = None
    trait_before: State | None = None
    trait: PersonaTrait | None = None
    candidate: ExtractedTraitCandidate | None = None
    candidate_before: State | None = None
    style_element: str | None = None
    style_before: State | None = None
    style: CommunicationStyle | None = None
    undoes: uuid.UUID | None = None
    rejection_code: str = ""
    reason: str = ""
    notes: str = ""
    relation: State | None = None

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


def decide(candidate: ExtractedTraitCandidate, status: str, at: dt.datetime) -> None:
    """Give the candidate its new status, in memory."""
    candidate.status = status
    candidate.deferred_until = None
    candidate.version += 1
    candidate.updated_at = at


def record(
    persona: Persona,
    steps: Sequence[Step],
    *,
    actor: log.Actor,
    at: dt.datetime,
    batch_id: uuid.UUID | None = None,
) -> list[UserRefinedTrait]:
    """Write the entries and every row that the steps changed, in a number of queries that does not grow with them."""
    entries = log.entries_of(persona, [step.change() for step in steps], actor=actor, at=at, batch_id=batch_id)
    for step, entry in zip(steps, entries, strict=True):
        if step.trait:
            step.trait.version = entry.revision
            step.trait.name_key = name_key(step.trait.name)
        if step.style:
            step.style.version = entry.revision
    _remove_traits(persona, steps)
    wanted, lifted = _suppressions(steps)
    suppressing = _suppressing(persona, wanted)
    # What is lifted goes by the traits that are there then, and before what is wanted.
    together = [] if lifted else [suppressing]
    with _unless_taken(steps):
        write(*log.appending(persona, entries), *_writing_traits(steps), _writing_candidates(steps), *together)
    _write_styles(persona, [step for step in steps if step.style_element])
    if lifted:
        _lift(persona, lifted)
        write(suppressing)
    return entries


@contextmanager
def _unless_taken(steps: Sequence[Step]) -> Iterator[None]:
    """Raises NotLatestError or AlreadyDecidedError where the id of a new trait is another one's.

    While a trait was gone, a suggestion may have come in under its id, for somebody else as well.
    """
    try:
        yield
    except IntegrityError as error:
        cause: Any = error.__cause__
        if cause.diag.constraint_name == TAKEN:
            raise (NotLatestError if any(step.undoes for step in steps) else AlreadyDecidedError) from error
        raise


def _remove_traits(persona: Persona, steps: Sequence[Step]) -> None:
    gone = [step.trait_before["trait_id"] for step in steps if step.trait_before and not step.trait]
    if gone:
        PersonaTrait.objects.filter(user_id=persona.user_id, pk__in=gone).delete()


def _writing_traits(steps: Sequence[Step]) -> list[Write]:
    new = [step.trait for step in steps if step.trait and not step.trait_before]
    # Of several steps on one trait the last one says what holds.
    kept = {step.trait.trait_id: step.trait for step in steps if step.trait and step.trait_before}
    # An id that exists already must never be taken over: inserting fails then.
    return [TRAITS.inserting(new), TRAITS.updating(list(kept.values()), TRAIT_COLUMNS)]


def _writing_candidates(steps: Sequence[Step]) -> Write:
    decided = [(step.candidate, step.candidate_before) for step in steps if step.candidate]
    judged = any(before is None or before["evidence"] != row.supporting_evidence for row, before in decided)
    # Evidence that is written is indexed for the search again, which costs more than all the rest.
    return CANDIDATES.updating([row for row, _ in decided], [*DECIDED, "supporting_evidence"] if judged else DECIDED)


def _write_styles(persona: Persona, steps: Sequence[Step]) -> None:
    if not steps:
        return
    before = Q(pk__in=[])
    for state in (step.style_before for step in steps if step.style_before):
        before |= Q(element=state["element"], context=state["context"])
    CommunicationStyle.objects.filter(before, user_id=persona.user_id).delete()
    CommunicationStyle.objects.bulk_create([step.style for step in steps if step.style])


def _suppressions(steps: Iterable[Step]) -> tuple[dict[Key, set[uuid.UUID]], set[uuid.UUID]]:
    """What was rejected or removed is to be suppressed, by key; what is neither any more, lifted (ids of sources)."""
    wanted, lifted = dict[Key, set[uuid.UUID]](), set[uuid.UUID]()
    for step in steps:
        source = step.candidate.candidate_id if step.candidate else step.trait_id
        rejected = step.candidate is not None and step.candidate.status == CandidateStatus.REJECTED
        was_rejected = (step.candidate_before or {}).get("status") == CandidateStatus.REJECTED
        if source is None:
            continue
        if rejected or step.decision == Decision.REMOVED:
            for key in _keys(step):
                wanted.setdefault(key, set()).add(source)
        elif was_rejected or (step.undoes and step.trait and not step.trait_before):
            lifted.add(source)
    return wanted, lifted


def _keys(step: Step) -> set[Key]:
    """Under which keys a suggestion would be the same again: as it was suggested, and as the trait was named."""
    states: list[State | None] = [
        step.candidate_before,
        step.trait_before,
        trait_state(step.trait) if step.trait else None,
    ]
    return {(name_key(state["name"]), state["category"]) for state in states if state}


def _suppressing(persona: Persona, wanted: dict[Key, set[uuid.UUID]]) -> Write:
    # In one order, as another person's import may wait for some of them.
    return SUPPRESS, [[persona.user_id, *key, sorted(sources)] for key, sources in sorted(wanted.items())]


def _lift(persona: Persona, sources: set[uuid.UUID]) -> None:
    """Take the sources off the suppressions; one without any goes, and what it kept away comes back."""
    rows = list(Suppression.objects.filter(user_id=persona.user_id, sources__overlap=list(sources)))
    for row in rows:
        row.sources = [source for source in row.sources if source not in sources]
    Suppression.objects.bulk_update([row for row in rows if row.sources], ["sources"])
    if free := [row.pk for row in rows if not row.sources]:
        drop_suppressions(persona.user_id, free)


def drop_suppressions(user_id: uuid.UUID, ids: list[int]) -> int:
    """Delete these suppressions of the person, who is locked; how many suggestions that they kept away are back."""
    kept_away = ExtractedTraitCandidate.objects.filter(suppressed_by__in=ids)
    # Candidates first, as imports do. One that keeps something away meanwhile is waited for when the suppressions are
    # deleted, so that it is seen after that; a later one finds them gone and starts again.
    list(kept_away.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    write((DELETE_SUPPRESSIONS, [[ids]]))
    # One whose trait the person has is decided: it waits for no decision.
    held = PersonaTrait.objects.filter(user_id=user_id).values("pk")
    waiting = kept_away.filter(status=CandidateStatus.ARCHIVED).exclude(pk__in=held)
    returned = waiting.update(status=CandidateStatus.CANDIDATE, suppressed_by=None, version=F("version") + 1)
    kept_away.update(suppressed_by=None)
    return returned
