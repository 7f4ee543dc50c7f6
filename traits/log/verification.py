"""Check a person's hash chain, in pieces that are quick to check, and report what was found."""

import dataclasses
import datetime as dt
import itertools
import uuid
from collections.abc import Iterator

from django.db.models import Count, Max, Min, Q

from ptfi.accounts.models import User
from ptfi.db.snapshot import snapshot
from traits.log.chain import ALGORITHMS, NO_HASH, digest_of, hash_of
from traits.log.interventions import Interventions, interventions, record_faults
from traits.log.proofs import tree_check
from traits.models import Decision, Erasure, LogIntervention, LogLeaf, Persona, UserRefinedTrait

PIECE = 5_000
"""Entries that are checked in one piece."""
MOST_FAULTS = 20
NO_PERSONA = "there are entries, but no persona that holds the head"


def redactions(user_id: uuid.UUID) -> dict[int, str]:
    """The entries that erasures rewrote: revision → digest of the remaining content, in hexadecimal digits."""
    entries = UserRefinedTrait.objects.filter(user_id=user_id, user_decision=Decision.EVIDENCE_ERASED)
    found = dict[int, str]()
    # Later entries take precedence: a rewritten entry may have been rewritten again.
    for redacted in entries.order_by("revision").values_list("content__redacted", flat=True).iterator(200):
        found |= {int(revision): digest for revision, digest in (redacted or {}).items()}
    return found


def verify(persona: Persona, *, after: int = 0, count: int | None = None) -> Iterator[str]:
    """Report each fault of a person's chain, in words. The newest entry must be the persona's head.

    after and count: check only `count` entries after the revision `after`, which has been checked already.
    """
    rows = UserRefinedTrait.objects.filter(user_id=persona.user_id)
    expected, previous = after, _hash_at(persona, after)
    redacted, known = redactions(persona.user_id), interventions(persona.user_id)
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
        yield from known.entry_faults(entry)
        previous = bytes(entry.hash)
    if is_end and (expected, previous) != (persona.revision, bytes(persona.hash)):
        yield f"the log ends at revision {expected}, the persona's head is {persona.revision}"
    elif not is_end and expected < last:
        yield f"revision {expected + 1} is missing"
    if is_end:
        yield from outside_faults(persona.user_id, known)


def everybody() -> list[uuid.UUID]:
    """The ids of all people who have or had a log."""
    known = Persona.objects.order_by().values_list("user_id")
    logged = UserRefinedTrait.objects.order_by().values_list("user_id")
    erased = Erasure.objects.order_by().values_list("subject_id")
    recorded = LogIntervention.objects.order_by().values_list("subject_id")
    published = LogLeaf.objects.order_by().values_list("subject_id")
    return sorted(user_id for (user_id,) in known.union(logged, erased, recorded, published))


def faults_of(user_id: uuid.UUID) -> list[str]:
    """The faults of a person's log, even if the log, the persona or the account is gone."""
    persona = Persona.objects.filter(pk=user_id).first()
    if persona:
        return list(verify(persona))
    lost = [NO_PERSONA] if UserRefinedTrait.objects.filter(user_id=user_id).exists() else []
    return [*lost, *outside_faults(user_id)]


def outside_faults(user_id: uuid.UUID, known: Interventions | None = None) -> Iterator[str]:
    """Report contradictions between a log and receipts, records of erasures, and the tree.

    This works without a log, too: the log may be what is missing.
    """
    known = known or interventions(user_id)
    yield from record_faults(user_id, known)
    if tree_check.is_published():
        yield from tree_check.record_signatures(user_id, known)
        yield from tree_check.leaf_faults(user_id, known)


def _entry_faults(entry: UserRefinedTrait, digest: str) -> Iterator[str]:
    """Report contradictions within an entry; digest is what its content must have, in hexadecimal digits."""
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checked:
    """The result of checking one piece: done of total entries are checked; faults are in words.

    since and until are the times of the first and the newest entry; redacted counts entries that lost a text.
    """

    done: int
    total: int
    since: dt.datetime | None
    until: dt.datetime | None
    redacted: int
    faults: list[str]

    @property
    def is_finished(self) -> bool:
        return self.done >= self.total or bool(self.faults)


def check(user: User, after: int = 0) -> Checked:
    """Check the next piece of entries after this revision, in one snapshot; must not be called within a transaction."""
    with snapshot():
        persona = Persona.objects.filter(user=user).first() or Persona(user=user)
        faults = list(itertools.islice(verify(persona, after=after, count=PIECE), MOST_FAULTS))
        found = UserRefinedTrait.objects.filter(user=user).aggregate(
            since=Min("created_at"), until=Max("created_at"), redacted=Count("pk", filter=Q(salt=b""))
        )
    return Checked(done=min(after + PIECE, persona.revision), total=persona.revision, faults=faults, **found)
