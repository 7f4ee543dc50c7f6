"""Undo: an entry can be undone while it is the newest on everything it touched.

Entries of undoing and entries that were undone do not count, so undoing again goes one step further back.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable

from django.db.models import Q

from ptfi.accounts.models import User
from traits.decisions.candidates import with_verdicts
from traits.decisions.locking import atomic, lock
from traits.decisions.recording import DecisionRecord, record_decision
from traits.errors import NotFoundError, NotLatestError
from traits.log.entries import Actor
from traits.log.snapshots import (
    State,
    moment,
    style_element,
    style_from_state,
    style_state,
    trait_from_state,
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
    """The result of undoing.

    entries: the new entries; undone: the entries that they undo; skipped: how many entries of the batch could not be
    undone.
    """

    entries: list[UserRefinedTrait]
    undone: list[UserRefinedTrait]
    skipped: int


@atomic
def undo(*, user: User, actor: Actor, action_id: uuid.UUID) -> UndoOutcome:
    """Undo an entry, or the entries of a batch that can be undone.

    Raises NotFoundError for an entry that is not the person's, NotLatestError if nothing can be undone. The two entries
    of a conflict are undone together or not at all.
    """
    persona = lock(user)
    entries = _entries(user, action_id)
    newest = standing_ids(user, entries, as_batch=True)
    undoable = [entry for entry in entries if entry.pk in newest]
    together = any(lifted(entry.content)["relation"] for entry in entries)
    if not undoable or (together and len(undoable) < len(entries)):
        raise NotLatestError
    at = persona.next_moment()
    records = _restored(user, undoable, at)
    undone = {record.undoes for record in records}
    if not records or (together and len(undone) < len(entries)):
        raise NotLatestError
    done = record_decision(persona, records, actor=actor, at=at)
    undoable = [entry for entry in undoable if entry.pk in undone]
    return UndoOutcome(entries=done, undone=undoable, skipped=len(entries) - len(undoable))


def _entries(user: User, action_id: uuid.UUID) -> list[UserRefinedTrait]:
    """The entry or the batch, newest first; one half of a conflict includes the other."""
    mine = UserRefinedTrait.objects.filter(user=user).order_by("-revision")
    entries = list(mine.filter(Q(pk=action_id) | Q(batch_id=action_id)))
    if not entries:
        raise NotFoundError
    if len(entries) == 1 and entries[0].batch_id and lifted(entries[0].content)["relation"]:
        return list(mine.filter(batch_id=entries[0].batch_id))
    return entries


def _restored(user: User, entries: list[UserRefinedTrait], at: dt.datetime) -> list[DecisionRecord]:
    """The records that restore the state before each entry, except for suggestions that staff hold."""
    rows = ExtractedTraitCandidate.objects.select_for_update(no_key=True).defer("search").filter(user=user)
    touched = [pk for entry in entries for pk in (entry.original_candidate_id, entry.trait_id_in_pkg)]
    candidates: dict[uuid.UUID | None, ExtractedTraitCandidate] = {
        row.pk: row for row in rows.filter(pk__in=filter(None, touched)).order_by("pk")
    }
    mine = PersonaTrait.objects.filter(user=user, pk__in=[e.trait_id_in_pkg for e in entries if e.trait_id_in_pkg])
    traits: dict[uuid.UUID | None, PersonaTrait | None] = {trait.pk: trait for trait in mine}
    styles = _styles(user, entries)
    records = []
    for entry in entries:
        if entry.style_element:
            records.append(_style_restored(user, entry, styles.get(entry.style_element)))
            continue
        candidate, trait_id = candidates.get(entry.original_candidate_id), entry.trait_id_in_pkg
        if candidate and candidate.held_reason and candidate.is_undecided:
            continue
        again = None if entry.original_candidate_id else candidates.get(trait_id)
        record = _trait_restored(user, entry, candidate, traits.get(trait_id), at)
        records.append(record)
        if again and again.is_undecided and record.trait:
            # The same candidate came in while the trait was removed; confirming it would create the trait twice.
            record.touch_candidate(again)
            again.set_status(CandidateStatus.ARCHIVED, at)
        # Undoing an older entry of the same batch starts from this result.
        traits[trait_id] = record.trait
    return records


def _styles(user: User, entries: Iterable[UserRefinedTrait]) -> dict[str, CommunicationStyle]:
    """The person's style elements that the entries are about, by their key in the log."""
    names = [entry.style_element.partition(":")[0] for entry in entries if entry.style_element]
    mine = CommunicationStyle.objects.filter(user=user, element__in=names) if names else ()
    return {style_element(style_state(style)): style for style in mine}


def _style_restored(user: User, entry: UserRefinedTrait, style: CommunicationStyle | None) -> DecisionRecord:
    before = lifted(entry.content)["before"]["style"]
    record = DecisionRecord(Decision.UNDONE, style=style, style_element=entry.style_element, undoes=entry.pk)
    record.style = style_from_state(user.pk, before, 0) if before else None
    return record


def _trait_restored(
    user: User,
    entry: UserRefinedTrait,
    candidate: ExtractedTraitCandidate | None,
    trait: PersonaTrait | None,
    at: dt.datetime,
) -> DecisionRecord:
    before = lifted(entry.content)["before"]
    record = DecisionRecord(Decision.UNDONE, trait=trait, trait_id=entry.trait_id_in_pkg, undoes=entry.pk)
    record.trait = trait_from_state(user.pk, before["trait"], 0) if before["trait"] else None
    if candidate and before["candidate"]:
        record.touch_candidate(candidate)
        _restore(candidate, before["candidate"], at)
    return record


def _restore(candidate: ExtractedTraitCandidate, state: State, at: dt.datetime) -> None:
    """Restore status and verdicts; later changes by the pipeline stay."""
    candidate.set_status(state["status"], at)
    candidate.deferred_until = moment(state["deferred_until"])
    verdicts = {piece["evidence_id"]: piece.get("verdict", "") for piece in state["evidence"]}
    candidate.supporting_evidence = with_verdicts(candidate.supporting_evidence, verdicts)
