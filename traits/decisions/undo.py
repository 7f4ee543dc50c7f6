"""Undo: an entry can be undone while it is the newest on everything it touched.

Entries that say "undone" and those that were undone do not count, so undoing again goes one step further back.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable

from django.db.models import Q

from ptfi.accounts.models import User
from traits.decisions.candidates import judged
from traits.decisions.locking import atomic, lock
from traits.decisions.recording import Step, decide, record
from traits.errors import NotFoundError, NotLatestError
from traits.log import entries as log
from traits.log.snapshots import (
    State,
    candidate_state,
    moment,
    style_element,
    style_from_state,
    style_state,
    trait_from_state,
    trait_state,
)
from traits.log.undoable import standing_ids
from traits.log.versions import lifted
from traits.models import (
    CandidateStatus,
    CommunicationStyle,
    Decision,
    ExtractedTraitCandidate,
    PersonaTrait,
    UserRefinedTrait,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class UndoOutcome:
    """entries: the new entries; undone: those that they undo; skipped: how many of the batch had changed since."""

    entries: list[UserRefinedTrait]
    undone: list[UserRefinedTrait]
    skipped: int


@atomic
def undo(*, user: User, actor: log.Actor, action_id: uuid.UUID) -> UndoOutcome:
    """Undo an entry, or what can be undone of a batch.

    Raises NotFoundError for what is not the person's, NotLatestError when nothing can be undone. The two entries of
    a clash undo together or not at all.
    """
    persona = lock(user)
    entries = _entries(user, action_id)
    newest = standing_ids(user, entries, as_batch=True)
    undoable = [entry for entry in entries if entry.pk in newest]
    together = any(lifted(entry.content)["relation"] for entry in entries)
    if not undoable or (together and len(undoable) < len(entries)):
        raise NotLatestError
    at = log.next_moment(persona)
    steps = _restored(user, undoable, at)
    undone = {step.undoes for step in steps}
    if not steps or (together and len(undone) < len(entries)):
        raise NotLatestError
    batch_id = uuid.uuid4() if len(steps) > 1 else None
    done = record(persona, steps, actor=actor, at=at, batch_id=batch_id)
    undoable = [entry for entry in undoable if entry.pk in undone]
    return UndoOutcome(entries=done, undone=undoable, skipped=len(entries) - len(undoable))


def _entries(user: User, action_id: uuid.UUID) -> list[UserRefinedTrait]:
    """The entry or the batch, newest first; one half of a clash brings the other."""
    mine = UserRefinedTrait.objects.filter(user=user).order_by("-revision")
    entries = list(mine.filter(Q(pk=action_id) | Q(batch_id=action_id)))
    if not entries:
        raise NotFoundError
    if len(entries) == 1 and entries[0].batch_id and lifted(entries[0].content)["relation"]:
        return list(mine.filter(batch_id=entries[0].batch_id))
    return entries


def _restored(user: User, entries: list[UserRefinedTrait], at: dt.datetime) -> list[Step]:
    """The steps that put back what stood before each entry, but for suggestions that staff hold back."""
    rows = ExtractedTraitCandidate.objects.select_for_update(no_key=True).defer("search").filter(user=user)
    touched = [pk for entry in entries for pk in (entry.original_candidate_id, entry.trait_id_in_pkg)]
    candidates: dict[uuid.UUID | None, ExtractedTraitCandidate] = {
        row.pk: row for row in rows.filter(pk__in=filter(None, touched)).order_by("pk")
    }
    mine = PersonaTrait.objects.filter(user=user, pk__in=[e.trait_id_in_pkg for e in entries if e.trait_id_in_pkg])
    traits: dict[uuid.UUID | None, PersonaTrait | None] = {trait.pk: trait for trait in mine}
    styles = _styles(user, entries)
    steps = []
    for entry in entries:
        if entry.style_element:
            steps.append(_style_step(user, entry, styles.get(entry.style_element)))
            continue
        candidate, trait_id = candidates.get(entry.original_candidate_id), entry.trait_id_in_pkg
        if candidate and candidate.held_reason and candidate.is_undecided:
            continue
        again = None if entry.original_candidate_id else candidates.get(trait_id)
        steps.append(_step(user, entry, candidate, traits.get(trait_id), at))
        if again and again.is_undecided and steps[-1].trait:
            # It came in again while the trait was gone, and would become it a second time.
            steps[-1].candidate, steps[-1].candidate_before = again, candidate_state(again)
            decide(again, CandidateStatus.ARCHIVED, at)
        # An older entry of the same batch starts from what undoing this one leaves.
        traits[trait_id] = steps[-1].trait
    return steps


def _styles(user: User, entries: Iterable[UserRefinedTrait]) -> dict[str, State]:
    """What the person has of the elements that the entries are about, as states."""
    names = [entry.style_element.partition(":")[0] for entry in entries if entry.style_element]
    mine = CommunicationStyle.objects.filter(user=user, element__in=names) if names else ()
    return {style_element(state): state for state in map(style_state, mine)}


def _style_step(user: User, entry: UserRefinedTrait, now: State | None) -> Step:
    before = lifted(entry.content)["before"]["style"]
    return Step(
        Decision.UNDONE,
        undoes=entry.pk,
        style_element=entry.style_element,
        style_before=now,
        style=style_from_state(user.pk, before, 0) if before else None,
    )


def _step(
    user: User,
    entry: UserRefinedTrait,
    candidate: ExtractedTraitCandidate | None,
    trait: PersonaTrait | None,
    at: dt.datetime,
) -> Step:
    before = lifted(entry.content)["before"]
    step = Step(
        Decision.UNDONE,
        undoes=entry.pk,
        trait_id=entry.trait_id_in_pkg,
        trait_before=trait_state(trait) if trait else None,
        trait=trait_from_state(user.pk, before["trait"], 0) if before["trait"] else None,
    )
    if candidate and before["candidate"]:
        step.candidate, step.candidate_before = candidate, candidate_state(candidate)
        _restore(candidate, before["candidate"], at)
    return step


def _restore(candidate: ExtractedTraitCandidate, state: State, at: dt.datetime) -> None:
    """Status and verdicts as they were; what the pipeline wrote since stays."""
    decide(candidate, state["status"], at)
    candidate.deferred_until = moment(state["deferred_until"])
    verdicts = {piece["evidence_id"]: piece.get("verdict", "") for piece in state["evidence"]}
    candidate.supporting_evidence = judged(candidate.supporting_evidence, verdicts)
