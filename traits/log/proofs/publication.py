"""Publish the heads of all logs: append leaves for those that changed, then sign a head of the tree."""

import dataclasses
import datetime as dt
import logging
import uuid
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from ptfi import signing
from ptfi.db import sql
from traits.log.proofs import attestations, heads, tree
from traits.models import LogLeaf, Persona, TreeHead, UserRefinedTrait

PEOPLE = 1_000
"""Leaves that one transaction appends, at most."""
FRESH = dt.timedelta(hours=12)
"""How long a head stays current if the tree has not grown."""

logger = logging.getLogger(__name__)


class TreeWentBackError(Exception):
    """The file of heads contains a head that the database lacks; the argument is that head."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Published:
    """The result of a run; went_back: people whose log no longer contains what their last leaf says."""

    leaves: int
    head: TreeHead | None
    is_new: bool
    went_back: list[uuid.UUID]


def publish(*, after_restore: bool = False) -> Published:
    """Append what changed, and sign and publish a head if there is something new; repeating it changes nothing.

    after_restore: PostgreSQL was restored to an earlier state, and the tree may continue from there. Raises
    NotSignedError, TreeWentBackError, NotAHeadError, OSError.
    """
    if not signing.is_configured():
        raise signing.NotSignedError("there is no key")
    _previous(after_restore=after_restore)
    leaves, gone = 0, list[uuid.UUID]()
    while (found := _next_people(gone, after_restore=after_restore)) is not None:
        leaves += found
    head, is_new = _sign(after_restore=after_restore)
    heads.write_to_file()
    if head:
        heads.send(head)
    return Published(leaves=leaves, head=head, is_new=is_new, went_back=gone)


def _previous(*, after_restore: bool) -> heads.Json | None:
    """The head that the next one follows: the newest in the database, which must match the file."""
    newest, filed = heads.newest(), heads.last_in_file()
    held = heads.published(newest) if newest else None
    if filed and filed != held and not _knows(filed):
        if not after_restore:
            raise TreeWentBackError(filed)
        return filed
    return held


def _knows(head: heads.Json) -> bool:
    rows = TreeHead.objects.filter(size=head["size"]).order_by("-id")
    return any(heads.published(row) == head for row in rows)


@transaction.atomic
def _next_people(gone: list[uuid.UUID], *, after_restore: bool) -> int | None:
    """Append leaves for the next people whose head changed; returns their number, None if there are none left.

    People whose log went back are added to gone.
    """
    tree.lock()
    found = list(changed().exclude(pk__in=gone).order_by("pk").values_list("pk", flat=True)[:PEOPLE])
    if not found:
        return None
    # An erasure deletes the salts that exist at that time: no salt may be written concurrently.
    sql.share(Persona, found)
    rows = list(changed().filter(pk__in=found).order_by("pk"))
    going_on = [row for row in rows if after_restore or not _went_back(row)]
    gone += [row.pk for row in rows if row not in going_on]
    for row in rows:
        if row not in going_on:
            logger.error("The log of %s lacks what was published of it; it is not published again", row.pk)
    tree.grow((row.pk, row.revision, bytes(row.hash)) for row in going_on)
    return len(going_on)


def changed() -> QuerySet[Persona, Any]:
    """The people whose head differs from their newest leaf, with that leaf and the log's hash at its revision."""
    leaf = LogLeaf.objects.filter(subject_id=OuterRef("pk")).order_by("-index")
    known = {"leaf_revision": leaf.values("revision")[:1], "leaf_hash": leaf.values("hash")[:1]}
    people = Persona.objects.filter(revision__gt=0).annotate(**{key: Subquery(value) for key, value in known.items()})
    there = UserRefinedTrait.objects.filter(user=OuterRef("pk"), revision=OuterRef("leaf_revision")).values("hash")
    people = people.annotate(there=Subquery(there[:1]))
    return people.filter(Q(leaf_hash=None) | ~Q(leaf_hash=F("hash")))


def _went_back(row: Any) -> bool:
    """Whether the log differs from the newest leaf at that revision; a blanked leaf of an erased log never counts."""
    return bool(row.leaf_hash) and (row.there is None or bytes(row.there) != bytes(row.leaf_hash))


@transaction.atomic
def _sign(*, after_restore: bool) -> tuple[TreeHead | None, bool]:
    """The newest head, and whether it was just created."""
    tree.lock()
    newest, size, now = heads.newest(), tree.size(), timezone.now()
    if newest and newest.size == size and newest.created_at > now - FRESH and not after_restore:
        return newest, False
    if newest is None:
        # Erasures from before there was a key are signed once, when publishing starts.
        attestations.accept(attestations.unsigned())
    if not size and newest is None:
        return None, False
    # Read under the lock, so that of two concurrent runs the second one continues from the first.
    previous = _previous(after_restore=after_restore)
    head = heads.signed(size, tree.root(size), previous, at=now, is_restored=after_restore)
    head.save(force_insert=True)
    return head, True
