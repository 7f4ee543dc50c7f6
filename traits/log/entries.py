"""The log: appending entries, and the hash chain that shows whether it was touched.

Each person's entries are numbered without gaps and chained:
digest = sha256(salt ‖ canonical JSON of content), hash = sha256(previous_hash ‖ digest ‖ canonical JSON of the columns
that its algorithm covers). Canonical JSON is UTF-8 with sorted keys and no white space. The first previous_hash is 32
zero bytes. Each entry names its algorithm, so that those of older releases verify for as long as they are kept.
An entry that an erasure rewrote (redaction.py) has no salt; a later entry says the digest of what it holds now.
"""

import dataclasses
import datetime as dt
import hashlib
import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.utils import timezone

from ptfi.db.prepared import Table, Write, write
from ptfi.telemetry import metrics
from traits.log.snapshots import SIDES, State
from traits.log.versions import newest
from traits.models import ActorKind, Decision, Persona, UserRefinedTrait

NO_HASH = bytes(32)
ENTRIES = Table(UserRefinedTrait)
PERSONAS = Table(Persona, only=["user", "revision", "hash", "last_entry_at"])
"""The head of each person's log; everything else of the row is the projector's."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Algorithm:
    """How an entry is hashed: by which function, and which columns its hash covers besides digest and previous_hash."""

    name: str
    function: Callable[[bytes], bytes]
    columns: tuple[str, ...]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


FIRST_COLUMNS = (
    "refinement_action_id",
    "user",
    "revision",
    "user_decision",
    "trait_id_in_pkg",
    "original_candidate",
    "style_element",
    "batch_id",
    "undoes",
    "actor",
    "actor_kind",
    "client_id",
    "reference",
    "rejection_code",
    "created_at",
)
ALGORITHMS = {
    1: Algorithm(name="sha256-columns", function=_sha256, columns=FIRST_COLUMNS),
    # It covers its own number: an entry that is given another one no longer fits its hash, whichever of both it is.
    2: Algorithm(name="sha256-columns-algorithm", function=_sha256, columns=(*FIRST_COLUMNS, "hash_algorithm")),
}
"""By number, as entries name them. One that was ever used stays, and stays as it is."""
NEW_ENTRIES = max(ALGORITHMS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: the person, staff for them (with a ticket's reference), or the pipeline."""

    user_id: uuid.UUID | None
    kind: str = ActorKind.PERSON
    client_id: str = ""
    reference: str = ""


PIPELINE = Actor(user_id=None, kind=ActorKind.PIPELINE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """One entry to be: the columns that say what it is about, and the states around it.

    before and after hold "candidate", "trait" and "style" where the entry touches one; a trait that is None is not in
    the persona. redacted: of each entry that an erasure rewrote, by its revision, the new content's digest.
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


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(salt: bytes, content: State, algorithm: int = NEW_ENTRIES) -> bytes:
    """Of the content as it is stored, whatever its version."""
    return ALGORITHMS[algorithm].function(salt + canonical(content))


def hash_of(entry: UserRefinedTrait) -> bytes:
    """By the entry's own algorithm, which is one of ALGORITHMS."""
    algorithm, values = ALGORITHMS[entry.hash_algorithm], _columns(entry)
    covered = canonical({name: values[name] for name in algorithm.columns})
    return algorithm.function(bytes(entry.previous_hash) + bytes(entry.digest) + covered)


def _columns(entry: UserRefinedTrait) -> State:
    """What algorithms may cover, as their JSON has it."""
    return {
        "refinement_action_id": str(entry.refinement_action_id),
        "user": str(entry.user_id),
        "revision": entry.revision,
        "user_decision": str(entry.user_decision),
        "trait_id_in_pkg": _text(entry.trait_id_in_pkg),
        "original_candidate": _text(entry.original_candidate_id),
        "style_element": entry.style_element,
        "batch_id": _text(entry.batch_id),
        "undoes": _text(entry.undoes),
        "actor": _text(entry.actor_id),
        "actor_kind": str(entry.actor_kind),
        "client_id": entry.client_id,
        "reference": entry.reference,
        "rejection_code": str(entry.rejection_code),
        "created_at": entry.created_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "hash_algorithm": entry.hash_algorithm,
    }


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)


def next_moment(persona: Persona) -> dt.datetime:
    """The time of the next entry: never before the newest one, even if the clock was set back."""
    now = timezone.now()
    return max(now, persona.last_entry_at) if persona.last_entry_at else now


def append(
    persona: Persona, changes: Iterable[Change], *, actor: Actor, at: dt.datetime, batch_id: uuid.UUID | None = None
) -> list[UserRefinedTrait]:
    """Append entries in order and move the head; the caller holds the lock on persona and passes next_moment's time."""
    entries = entries_of(persona, changes, actor=actor, at=at, batch_id=batch_id)
    write(*appending(persona, entries))
    return entries


def entries_of(
    persona: Persona, changes: Iterable[Change], *, actor: Actor, at: dt.datetime, batch_id: uuid.UUID | None = None
) -> list[UserRefinedTrait]:
    """What append appends, with the head of persona moved in memory; appending() says how both are written."""
    entries = []
    for change in changes:
        entry = _entry(persona, change, actor, at, batch_id)
        persona.revision, persona.hash, persona.last_entry_at = entry.revision, entry.hash, at
        entries.append(entry)
    if entries:
        metrics.decided(entry.user_decision for entry in entries)
    return entries


def appending(persona: Persona, entries: list[UserRefinedTrait]) -> list[Write]:
    heads = [persona] if entries else []
    return [ENTRIES.inserting(entries), PERSONAS.updating(heads, ["revision", "hash", "last_entry_at"])]


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


def redactions(user_id: uuid.UUID) -> dict[int, str]:
    """The entries that erasures rewrote: revision → digest of the content that they left, in hexadecimal digits."""
    entries = UserRefinedTrait.objects.filter(user_id=user_id, user_decision=Decision.EVIDENCE_ERASED)
    found = dict[int, str]()
    # A later one knows better: what was rewritten once may have been rewritten again.
    for redacted in entries.order_by("revision").values_list("content__redacted", flat=True).iterator(200):
        found |= {int(revision): digest for revision, digest in (redacted or {}).items()}
    return found


def verify(persona: Persona, *, after: int = 0, count: int | None = None) -> Iterator[str]:
    """Each fault of a person's chain, in words; none when it is whole. The newest entry must be the persona's head.

    after and count: only so many entries behind the one of that number, which was checked before.
    """
    rows = UserRefinedTrait.objects.filter(user_id=persona.user_id)
    expected, previous = after, _hash_at(persona, after)
    redacted = redactions(persona.user_id)
    last = persona.revision if count is None else after + count
    is_end = last >= persona.revision
    piece = rows.filter(revision__gt=after) if is_end else rows.filter(revision__gt=after, revision__lte=last)
    for entry in piece.order_by("revision").iterator(200):
        expected += 1
        if entry.revision != expected:
            yield f"revision {expected} is missing (found {entry.revision})"
            expected = entry.revision
        if bytes(entry.previous_hash) != previous:
            yield f"revision {entry.revision} does not follow the one before it"
        yield from _entry_faults(entry, redacted.get(entry.revision, bytes(entry.digest).hex()))
        previous = bytes(entry.hash)
    if is_end and (expected, previous) != (persona.revision, bytes(persona.hash)):
        yield f"the log ends at revision {expected}, the persona's head is {persona.revision}"
    elif not is_end and expected < last:
        yield f"revision {expected + 1} is missing"


def _entry_faults(entry: UserRefinedTrait, digest: str) -> Iterator[str]:
    """What does not fit within an entry; digest is what its content must have, in hexadecimal digits."""
    if entry.hash_algorithm not in ALGORITHMS:
        yield f"revision {entry.revision}: its hash algorithm {entry.hash_algorithm} is unknown"
        return
    if digest_of(bytes(entry.salt), entry.content, entry.hash_algorithm).hex() != digest:
        yield f"revision {entry.revision}: the content was changed"
    if hash_of(entry) != bytes(entry.hash):
        yield f"revision {entry.revision}: a column was changed"


def _hash_at(persona: Persona, revision: int) -> bytes:
    rows = UserRefinedTrait.objects.filter(user_id=persona.user_id, revision=revision)
    return bytes(rows.values_list("hash", flat=True).first() or NO_HASH) if revision else NO_HASH
