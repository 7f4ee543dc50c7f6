"""A Merkle tree after RFC 9162 (Certificate Transparency 2.0), section 2.1: roots, proofs, and their verification.

The tree only grows. Only the roots of its perfect subtrees are stored: the node at (level, index) covers the 2^level
leaves from index * 2^level on, and never changes. Functions that need nodes take a function that looks them up.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

At = Callable[[int, int], bytes]
"""Looks up the stored node at a level (0: the leaves) and an index."""
Node = tuple[int, int, bytes]

EMPTY = hashlib.sha256().digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def append(size: int, leaf: bytes, at: At) -> Iterator[Node]:
    """The nodes to store when a leaf (a hash) is appended after `size` others: itself and the subtrees it completes."""
    level, index, found = 0, size, leaf
    yield level, index, found
    while index % 2:
        found = node_hash(at(level, index - 1), found)
        level, index = level + 1, index // 2
        yield level, index, found


def root(size: int, at: At) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _root(0, size, at) if size else EMPTY


def inclusion(index: int, size: int, at: At) -> list[bytes]:
    """The proof that the leaf at this index is among the first `size` leaves. Raises ValueError."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    return _path(index, 0, size, at)


def consistency(first: int, second: int, at: At) -> list[bytes]:
    """The proof that the tree of `second` leaves begins with the tree of `first` leaves. Raises ValueError."""
    if not 0 <= first <= second:
        raise ValueError("a tree begins with a smaller one")
    return _subproof(first, 0, second, True, at) if 0 < first < second else []


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Whether the proof leads from the leaf (a hash) to this root of `size` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            found = node_hash(each, found)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, each)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root_hash


def is_consistent(first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Whether the proof shows that the second tree begins with the first one (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first in (0, second):
        return not proof and first_root == (second_root if first == second else EMPTY)
    rest = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not rest:
        return False
    place, last = first - 1, second - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    old = new = rest[0]
    for each in rest[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            old, new = node_hash(each, old), node_hash(each, new)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, each)
        place, last = place >> 1, last >> 1
    return last == 0 and (old, new) == (first_root, second_root)


def _half(size: int) -> int:
    """The largest power of two below size, where a tree of `size` leaves is split in two."""
    return 1 << ((size - 1).bit_length() - 1)


def _root(start: int, size: int, at: At) -> bytes:
    """The root of `size` leaves from start on; the range must be a subtree."""
    level = size.bit_length() - 1
    if size == 1 << level:
        return at(level, start >> level)
    half = _half(size)
    return node_hash(_root(start, half, at), _root(start + half, size - half, at))


def _path(index: int, start: int, size: int, at: At) -> list[bytes]:
    if size == 1:
        return []
    half = _half(size)
    if index < half:
        return [*_path(index, start, half, at), _root(start + half, size - half, at)]
    return [*_path(index - half, start + half, size - half, at), _root(start, half, at)]


def _subproof(first: int, start: int, size: int, known: bool, at: At) -> list[bytes]:
    """The consistency proof within a subtree.

    known: the verifier already has the root of the first leaves, because they form a complete subtree from the
    beginning.
    """
    if first == size:
        return [] if known else [_root(start, size, at)]
    half = _half(size)
    if first <= half:
        return [*_subproof(first, start, half, known, at), _root(start + half, size - half, at)]
    return [*_subproof(first - half, start + half, size - half, False, at), _root(start, half, at)]
