"""The Merkle tree against the known answers of Certificate Transparency, and against its own definition."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traits.log.proofs import merkle

# The leaves and roots that Certificate Transparency's implementations are tested with.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# Leaf, number of leaves, proof; then number of leaves before and after, proof.
INCLUSION: dict[tuple[int, int], list[str]] = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY: dict[tuple[int, int], list[str]] = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def grown(leaves: list[bytes]) -> merkle.At:
    """The stored nodes of a tree to which these were appended one by one; a node is written once."""
    nodes: dict[tuple[int, int], bytes] = {}

    def at(level: int, index: int) -> bytes:
        return nodes[level, index]

    for size, leaf in enumerate(leaves):
        for level, index, found in merkle.append(size, leaf, at):
            assert (level, index) not in nodes
            nodes[level, index] = found
    return at


def defined(leaves: list[bytes]) -> bytes:
    """The root by the definition of RFC 9162, 2.1.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return merkle.node_hash(defined(leaves[:half]), defined(leaves[half:]))


STANDARD = [merkle.leaf_hash(leaf) for leaf in LEAVES]


@pytest.mark.parametrize(("size", "expected"), list(enumerate(ROOTS, 1)))
def test_known_roots(size: int, expected: str) -> None:
    assert merkle.root(size, grown(STANDARD)).hex() == expected
    assert merkle.root(size, grown(STANDARD[:size])).hex() == expected


def test_the_root_of_nothing() -> None:
    assert merkle.root(0, grown([])).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("place", "proof"), list(INCLUSION.items()))
def test_known_inclusion_proofs(place: tuple[int, int], proof: list[str]) -> None:
    index, size = place
    assert [each.hex() for each in merkle.inclusion(index, size, grown(STANDARD))] == proof
    found = [bytes.fromhex(each) for each in proof]
    assert merkle.is_included(STANDARD[index], index, size, found, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("sizes", "proof"), list(CONSISTENCY.items()))
def test_known_consistency_proofs(sizes: tuple[int, int], proof: list[str]) -> None:
    assert [each.hex() for each in merkle.consistency(*sizes, grown(STANDARD))] == proof
    roots = [bytes.fromhex(ROOTS[size - 1]) for size in sizes]
    assert merkle.is_consistent(*sizes, [bytes.fromhex(each) for each in proof], *roots)


leaf_lists = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


@given(leaf_lists, st.data())
def test_any_leaf_is_shown_to_be_included_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    at, root = grown(leaves), defined(leaves[:size])
    assert merkle.root(size, at) == root
    proof = merkle.inclusion(index, size, at)
    assert merkle.is_included(leaves[index], index, size, proof, root)
    other = data.draw(st.binary(min_size=32, max_size=32).filter(lambda each: each != leaves[index]))
    assert not merkle.is_included(other, index, size, proof, root)
    assert not merkle.is_included(leaves[index], index, size, [*proof, other], root)
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        assert not merkle.is_included(leaves[index], index, size, proof[:place] + proof[place + 1 :], root)
        wrong = [other if number == place else each for number, each in enumerate(proof)]
        assert wrong == proof or not merkle.is_included(leaves[index], index, size, wrong, root)


@given(leaf_lists, st.data())
def test_a_tree_is_shown_to_go_on_and_no_other_one(leaves: list[bytes], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(leaves)))
    at, old, new = grown(leaves), defined(leaves[:first]), defined(leaves)
    proof = merkle.consistency(first, len(leaves), at)
    assert merkle.is_consistent(first, len(leaves), proof, old, new)
    place = data.draw(st.integers(0, first - 1))
    touched = [bytes(32) if number == place else leaf for number, leaf in enumerate(leaves)]
    if touched != leaves:
        rewritten, root = grown(touched), defined(touched)
        assert not merkle.is_consistent(first, len(leaves), proof, old, root)
        assert not merkle.is_consistent(
            first, len(leaves), merkle.consistency(first, len(leaves), rewritten), old, root
        )


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (8, 8)])
def test_what_is_not_there_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.inclusion(index, size, grown(STANDARD))
    assert not merkle.is_included(STANDARD[0], index, size, [], bytes.fromhex(ROOTS[0]))


@pytest.mark.parametrize(("first", "second"), [(2, 1), (-1, 1)])
def test_a_tree_does_not_begin_with_a_larger_one(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="smaller"):
        merkle.consistency(first, second, grown(STANDARD))
    assert not merkle.is_consistent(first, second, [], merkle.EMPTY, merkle.EMPTY)


def test_every_tree_begins_with_the_empty_one() -> None:
    assert merkle.is_consistent(0, 8, [], merkle.EMPTY, bytes.fromhex(ROOTS[7]))
    assert not merkle.is_consistent(0, 8, [], bytes(32), bytes.fromhex(ROOTS[7]))
    assert not merkle.is_consistent(6, 8, [], bytes.fromhex(ROOTS[5]), bytes.fromhex(ROOTS[7]))
