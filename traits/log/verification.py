"""Checking a person's hash chain, in pieces that each take a moment, and saying what was found."""

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
"""Entries that are checked at once."""
MOST_FAULTS = 20
NO_PERSONA = "there are entries, but no persona that holds the head"


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
    """Who has a log or had one."""
    known = Persona.objects.order_by().values_list("user_id")
    logged = UserRefinedTrait.objects.order_by().values_list("user_id")
    erased = Erasure.objects.order_by().values_list("subject_id")
    recorded = LogIntervention.objects.order_by().values_list("subject_id")
    published = LogLeaf.objects.order_by().values_list("subject_id")
    return sorted(user_id for (user_id,) in known.union(logged, erased, recorded, published))


def faults_of(user_id: uuid.UUID) -> list[str]:
    """Each fault of somebody's log, whether there is a log, a persona or an account or not."""
    persona = Persona.objects.filter(pk=user_id).first()
    if persona:
        return list(verify(persona))
    lost = [NO_PERSONA] if UserRefinedTrait.objects.filter(user_id=user_id).exists() else []
    return [*lost, *outside_faults(user_id)]


def outside_faults(user_id: uuid.UUID, known: Interventions | None = None) -> Iterator[str]:
    """What does not fit between a log and what stands elsewhere: receipts, records of erasures, and the tree.

    Without a log, too: it may be the log that is missing.
    """
    known = known or interventions(user_id)
    yield from record_faults(user_id, known)
    if tree_check.is_published():
        yield from tree_check.record_signatures(user_id, known)
        yield from tree_check.leaf_faults(user_id, known)


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checked:
    """What a piece of the check found. done of total entries are checked; faults in words, none while it is unbroken.

    since and until are the times of the first and the newest entry, redacted counts those that lost a text.
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
    """Check a piece of entries after the one of that number, as of one moment; the caller is in no transaction."""
    with snapshot():
        persona = Persona.objects.filter(user=user).first() or Persona(user=user)
        faults = list(itertools.islice(verify(persona, after=after, count=PIECE), MOST_FAULTS))
        found = UserRefinedTrait.objects.filter(user=user).aggregate(
            since=Min("created_at"), until=Max("created_at"), redacted=Count("pk", filter=Q(salt=b""))
        )
    return Checked(done=min(after + PIECE, persona.revision), total=persona.revision, faults=faults, **found)
