"""Detection of nearly equal concept spellings, so that a typo does not become a new concept."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from ptfi.accounts.models import User
from traits import selectors
from traits.text import name_key, once_each

MAX_OWN = 5_000
MAX_NEW = 20
"""The number of names that are asked about in one form."""
OFFERS = 3
SHORT, LONG = 5, 10
"""Lengths from which one typo and two typos are tolerated."""

sources = list[Callable[[Collection[str]], list[str]]]()
"""Other sources of concepts: each maps name keys to names that may be meant by one of them."""


@dataclass(frozen=True, slots=True)
class Question:
    """A name that is no concept yet, and the concepts that may be meant, nearest first."""

    name: str
    offers: list[str]


def questions(user: User, names: Iterable[str], known: Collection[str] = ()) -> list[Question]:
    """Find names that are new but close to a concept of the person or a shared one; skip those in known."""
    settled = {name_key(name) for name in known}
    new = {name_key(name): name for name in names if name_key(name) not in settled}
    if not new:
        return []
    own = selectors.own_names(user, "concepts", MAX_OWN)
    there = once_each([*own, *(name for source in sources for name in source(new.keys()))])
    by_key = {name_key(name): name for name in there}
    asked = [Question(new[key], _offers(key, by_key)) for key in new if key not in by_key]
    return [question for question in asked if question.offers][:MAX_NEW]


def _offers(key: str, by_key: dict[str, str]) -> list[str]:
    near = [(distance, other) for other in by_key if (distance := _slips(key, other)) is not None]
    return [by_key[other] for _, other in sorted(near)[:OFFERS]]


def _slips(first: str, second: str) -> int | None:
    """Count the typos between two name keys; None if too many. Singular and plural count as the same."""
    if _numbers(first) != _numbers(second):
        return None
    if _singular(first) == _singular(second):
        return 0
    length = min(len(first), len(second))
    allowed = 0 if length < SHORT else 1 if length < LONG else 2
    slips = OSA.distance(first, second, score_cutoff=allowed)
    return slips if slips <= allowed else None


def _numbers(key: str) -> str:
    """Return the digits, which must be equal: “level 1” is not a typo of “level 2”."""
    return "".join(letter for letter in key if letter.isdigit())


def _singular(key: str) -> str:
    """Strip simple English plural endings from each word."""
    return " ".join(map(_singular_word, key.split()))


def _singular_word(word: str) -> str:
    if not word.isascii() or len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zes")):
        return word[:-2]
    return word.removesuffix("s")
