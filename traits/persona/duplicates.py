"""Pairs of a person's traits with nearly the same name."""

import dataclasses
import re
import uuid
from collections.abc import Iterator

from rapidfuzz import fuzz

from ptfi.accounts.models import User
from ptfi.texts import sort_key
from traits.models import PersonaTrait, TraitStatus
from traits.text import name_key

SAME_NAME = 88
"""Similarity of two names in per cent, regardless of word order, from which a pair is listed."""
NEIGHBOURS = 12
DIGITS = re.compile(r"\d+")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Named:
    """The parts of a trait that the comparison needs; key is the name key with its words sorted."""

    trait_id: uuid.UUID
    name: str
    category: str
    key: str
    places: frozenset[str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pair:
    """Two traits, with the similarity of their names in per cent."""

    first: Named
    second: Named
    likeness: int


def close_pairs(user: User) -> list[Pair]:
    """Return the pairs of the person's traits with nearly the same name, closest first.

    Dormant traits are left out, and so are pairs with different contexts. Each name is compared only with its
    neighbours in two sort orders, by beginning and by end: comparing all with all would take minutes for thousands of
    traits.
    """
    names = _names(user)
    found = dict[tuple[uuid.UUID, uuid.UUID], Pair]()
    for order in (lambda each: (each.key, each.trait_id), lambda each: (each.key[::-1], each.trait_id)):
        for first, second in _neighbours(sorted(names, key=order)):
            pair = _pair(*sorted((first, second), key=lambda each: (sort_key(each.name), each.trait_id)))
            if pair:
                found[pair.first.trait_id, pair.second.trait_id] = pair
    places = {pair: (sort_key(pair.first.name), sort_key(pair.second.name)) for pair in found.values()}
    return sorted(places, key=lambda pair: (-pair.likeness, places[pair]))


def _names(user: User) -> list[Named]:
    mine = PersonaTrait.objects.filter(user=user).exclude(status=TraitStatus.DORMANT)
    rows = mine.values_list("pk", "name", "category", "name_key", "expression_contexts")
    return [
        Named(
            trait_id=pk,
            name=name,
            category=category,
            key=" ".join(sorted(key.split())),
            places=frozenset(map(name_key, contexts)),
        )
        for pk, name, category, key, contexts in rows
    ]


def _neighbours(names: list[Named]) -> Iterator[tuple[Named, Named]]:
    for at, first in enumerate(names):
        for second in names[at + 1 : at + 1 + NEIGHBOURS]:
            yield first, second


def _pair(first: Named, second: Named) -> Pair | None:
    if first.places and second.places and first.places != second.places:
        return None
    likeness = fuzz.ratio(first.key, second.key, score_cutoff=SAME_NAME)
    # "Ran 5 km" and "Ran 10 km" are not the same.
    if not likeness or DIGITS.findall(first.key) != DIGITS.findall(second.key):
        return None
    return Pair(first=first, second=second, likeness=round(likeness))
