"""The stored tree of the heads of all logs: a leaf is appended for each head that has changed since the last one.

A leaf is sha256(0x00 ‖ salt ‖ user ‖ revision ‖ hash). Because of the salt, the tree does not reveal by trial whose
leaf it is; once the salt is deleted, the leaf reveals nothing.
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
"""A node's place is level * LEVEL + index, so that the leaves come first, in order."""
LOCK = 7_209_318_665_017
"""Key of the advisory lock that serializes writers of the tree."""

Found = TypeVar("Found")


class BrokenTreeError(Exception):
    """Nodes of the tree are missing."""


def lock() -> None:
    """Lock the tree until the transaction ends."""
    sql.call("pg_advisory_xact_lock", LOCK)


def size() -> int:
    """The number of leaves."""
    newest = LogLeaf.objects.aggregate(newest=Max("index"))["newest"]
    return 0 if newest is None else newest + 1


def leaf_of(salt: bytes, user_id: uuid.UUID, revision: int, log_hash: bytes) -> bytes:
    """The leaf's hash."""
    return merkle.leaf_hash(salt + user_id.bytes + revision.to_bytes(8, "big") + log_hash)


def with_nodes(compute: Callable[[merkle.At], Found]) -> Found:
    """The result of compute on stored nodes, all of which are read in one query. Raises BrokenTreeError."""
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
    """The root of the first `of_size` leaves. Raises BrokenTreeError."""
    return with_nodes(lambda at: merkle.root(of_size, at))


def grow(heads: Iterable[tuple[uuid.UUID, int, bytes]]) -> None:
    """Append a leaf for each head (person, revision, hash); the caller holds the lock."""
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
    """The roots of the perfect subtrees that make up the first `of_size` leaves: all that growing needs."""
    places = [(level, (of_size >> level) - 1) for level in range(of_size.bit_length()) if of_size >> level & 1]
    return with_nodes(lambda at: {place: at(*place) for place in places})
