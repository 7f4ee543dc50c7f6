"""The tree of the heads of all logs, as it is stored: one more leaf for each head that changed since the last one.

A leaf is sha256(0x00 ‖ salt ‖ user ‖ revision ‖ hash): the salt keeps anybody who has the tree from trying out whose it
is, and without it the leaf says nothing any more.
"""

import secrets
import uuid
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db.models import Max

from ptfi.db import sql
from traits.log.proofs import merkle
from traits.models import LogLeaf, TreeNode

LEVEL = 1 << 56
"""A place is level * LEVEL + index: the leaves come first, in their order."""
LOCK = 7_209_318_665_017
"""Of two processes that write to the tree, the second waits."""

Found = TypeVar("Found")


class BrokenTreeError(Exception):
    """Nodes of the tree are missing."""


def lock() -> None:
    """Have the tree to oneself until the transaction ends."""
    sql.call("pg_advisory_xact_lock", LOCK)


def size() -> int:
    """How many leaves there are."""
    newest = LogLeaf.objects.aggregate(newest=Max("index"))["newest"]
    return 0 if newest is None else newest + 1


def leaf_of(salt: bytes, user_id: uuid.UUID, revision: int, log_hash: bytes) -> bytes:
    """The leaf's hash."""
    return merkle.leaf_hash(salt + user_id.bytes + revision.to_bytes(8, "big") + log_hash)


def with_nodes(compute: Callable[[merkle.At], Found]) -> Found:
    """What compute makes of stored nodes, all of which are read in one query. Raises BrokenTreeError."""
    wanted = set[int]()

    def note(level: int, index: int) -> bytes:
        wanted.add(level * LEVEL + index)
        return merkle.EMPTY

    compute(note)
    nodes = dict(TreeNode.objects.filter(pk__in=wanted).values_list("place", "hash"))
    if nodes.keys() != wanted:
        raise BrokenTreeError
    return compute(lambda level, index: bytes(nodes[level * LEVEL + index]))


def root(of_size: int) -> bytes:
    """The root of the first so many leaves. Raises BrokenTreeError."""
    return with_nodes(lambda at: merkle.root(of_size, at))


def grow(heads: Iterable[tuple[uuid.UUID, int, bytes]]) -> None:
    """Append a leaf for each head (person, revision, hash); the caller has the lock."""
    first, leaves, nodes = size(), list[LogLeaf](), dict[tuple[int, int], bytes]()
    heads = list(heads)
    edge = _edge(first)
    for index, (user_id, revision, log_hash) in enumerate(heads, first):
        salt = secrets.token_bytes(32)
        leaves.append(LogLeaf(index=index, subject_id=user_id, revision=revision, hash=log_hash, salt=salt))
        leaf = leaf_of(salt, user_id, revision, log_hash)
        for level, place, found in merkle.append(index, leaf, lambda *at: nodes.get(at) or edge[at]):
            nodes[level, place] = found
    LogLeaf.objects.bulk_create(leaves)
    rows = [TreeNode(place=level * LEVEL + place, hash=found) for (level, place), found in sorted(nodes.items())]
    TreeNode.objects.bulk_create(rows)


def _edge(of_size: int) -> dict[tuple[int, int], bytes]:
    """The roots of the perfect subtrees that the first so many leaves are made of: all that growing looks at."""
    places = [(level, (of_size >> level) - 1) for level in range(of_size.bit_length()) if of_size >> level & 1]
    return with_nodes(lambda at: {place: at(*place) for place in places})
