"""The log's entries: their content, and appending them."""

import dataclasses
import datetime as dt
import secrets
import uuid
from collections.abc import Iterable

from ptfi.db import wake
from ptfi.db.prepared import Table, Write, write_each
from traits import metrics
from traits.log.chain import NEW_ENTRIES, digest_of, hash_of
from traits.log.snapshots import SIDES, State
from traits.log.versions import newest
from traits.models import ActorKind, Persona, UserRefinedTrait

ENTRIES = Table(UserRefinedTrait)
PERSONAS = Table(Persona, only=["user", "revision", "hash", "last_entry_at", "feedback_since"])
"""The columns that a decision reads: the head of the person's log, and whether senders learn what was decided."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Actor:
    """The one who acts: the person, staff on their behalf (with a ticket's reference), or the pipeline."""

    user_id: uuid.UUID | None
    kind: str = ActorKind.PERSON
    client_id: str = ""
    reference: str = ""


PIPELINE = Actor(user_id=None, kind=ActorKind.PIPELINE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """An entry to be written: the columns that say what it is about, and the states before and after.

    before and after hold "candidate", "trait" and "style" if the entry touches one; a trait that is None is not in the
    persona. redacted: the digest of the new content of each entry that an erasure rewrote, by revision.
    """

    decision: str
    before: State
    after: State
    trait_id: uuid.UUID | None = None
    candidate_id: uuid.UUID | None = None
    style_element: str | None = None
    undoes: uuid.UUID | None = None
    rejection_code: str = ""
    reason: str = ""
    notes: str = ""
    relation: State | None = None
    redacted: State | None = None

    def content(self) -> State:
        more = {"redacted": self.redacted} if self.redacted else {}
        return more | {
            "v": newest(),
            "before": {side: self.before.get(side) for side in SIDES},
            "after": {side: self.after.get(side) for side in SIDES},
            "reason": self.reason,
            "notes": self.notes,
            "relation": self.relation,
        }


def append(
    persona: Persona, changes: Iterable[Change], *, actor: Actor, at: dt.datetime, batch_id: uuid.UUID | None = None
) -> list[UserRefinedTrait]:
    """Append entries in order and move the head; the caller has locked persona and passes persona.next_moment()."""
    entries, writes = new_entries(persona, changes, actor=actor, at=at, batch_id=batch_id)
    write_each(*writes)
    return entries


def new_entries(
    persona: Persona, changes: Iterable[Change], *, actor: Actor, at: dt.datetime, batch_id: uuid.UUID | None = None
) -> tuple[list[UserRefinedTrait], list[Write]]:
    """The entries that append() would write and the writes for entries and head; moves persona's head in memory."""
    entries = []
    for change in changes:
        entry = _entry(persona, change, actor, at, batch_id)
        persona.revision, persona.hash, persona.last_entry_at = entry.revision, entry.hash, at
        entries.append(entry)
    if not entries:
        return [], []
    metrics.decided(entry.user_decision for entry in entries)
    wake.after_commit()
    head = PERSONAS.updating([persona], ["revision", "hash", "last_entry_at"])
    return entries, [ENTRIES.inserting(entries), head]


def _entry(
    persona: Persona, change: Change, actor: Actor, at: dt.datetime, batch_id: uuid.UUID | None
) -> UserRefinedTrait:
    salt, content = secrets.token_bytes(16), change.content()
    entry = ENTRIES.new(
        user_id=persona.user_id,
        revision=persona.revision + 1,
        user_decision=change.decision,
        trait_id_in_pkg=change.trait_id,
        original_candidate_id=change.candidate_id,
        style_element=change.style_element,
        batch_id=batch_id,
        undoes=change.undoes,
        actor_id=actor.user_id,
        actor_kind=actor.kind,
        client_id=actor.client_id,
        reference=actor.reference,
        rejection_code=change.rejection_code,
        content=content,
        salt=salt,
        digest=digest_of(salt, content),
        previous_hash=bytes(persona.hash),
        hash_algorithm=NEW_ENTRIES,
        created_at=at,
    )
    entry.hash = hash_of(entry)
    return entry
