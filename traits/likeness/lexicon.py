"""The words that the package knows: how common each is, which mean nearly the same, which exclude each other."""

import functools
import math
from pathlib import Path

from traits.likeness.vocabulary import FRAMES

HERE = Path(__file__).parent
LISTS = ("neighbours.en.txt", "neighbours.de.txt")
UNRELATED, EQUAL = 0.45, 0.9
"""Cosines of two words' vectors that count as no likeness, and as the same word."""
INFLECTION = 0.85
"""The cosine from which one word stands for another among opposites."""
FRAME = 0.25
ENDS = frozenset(("", "e", "y", "s", "es", "ies", "d", "ed", "ied", "ing", "er", "ers", "ly"))


@functools.cache
def _lists() -> tuple[dict[str, str], dict[str, int]]:
    """Return the line and the rank of each word; lines are read when they are needed, since few ever are."""
    lines, ranks = dict[str, str](), dict[str, int]()
    for name in LISTS:
        for rank, line in enumerate((HERE / name).read_text("utf-8").splitlines(), 1):
            word, _, neighbours = line.partition(" ")
            lines[word], ranks[word] = neighbours, rank
    return lines, ranks


@functools.lru_cache(maxsize=8192)
def cosines(word: str) -> dict[str, float]:
    """Return the words of nearly the same meaning, with the cosine of their vectors; none for an unknown word."""
    pairs = (entry.rpartition(":") for entry in _lists()[0].get(word, "").split())
    return {near: int(hundredths) / 100 for near, _, hundredths in pairs}


def is_known(word: str) -> bool:
    return word in _lists()[0]


@functools.lru_cache(maxsize=8192)
def weight(word: str) -> float:
    """Return how much a word says, 0.1 (the commonest) to 1 (rare, or unknown). A CJK character says half."""
    if word in FRAMES:
        return FRAME
    rank = _lists()[1].get(word)
    if rank is None:
        return 1.0 if len(word) > 1 else 0.5
    return min(1.0, max(0.1, (math.log10(rank) - 1) / 2.8))


@functools.cache
def _sides() -> dict[str, frozenset[tuple[int, int]]]:
    """Return the sides of the lines of opposites on which each word stands."""
    found = dict[str, set[tuple[int, int]]]()
    lines = (line for line in (HERE / "opposites.txt").read_text("utf-8").splitlines() if line[:1] != "#")
    for number, line in enumerate(lines):
        for side, words in enumerate(line.split("|")):
            for word in words.split():
                found.setdefault(word, set()).add((number, side))
    return {word: frozenset(sides) for word, sides in found.items()}


@functools.lru_cache(maxsize=8192)
def sides(word: str) -> frozenset[tuple[int, int]]:
    """Return the sides of the lines of opposites on which a word, or an inflection of it, stands."""
    if word in _sides():
        return _sides()[word]
    near = [_sides()[other] for other, cosine in cosines(word).items() if cosine >= INFLECTION and other in _sides()]
    return near[0] if near else frozenset()


def are_opposites(first: str, second: str) -> bool:
    return any((line, 1 - side) in sides(second) for line, side in sides(first))


@functools.lru_cache(maxsize=65536)
def likeness(first: str, second: str) -> float:
    """Return how near two words are in meaning, 0 to 1."""
    if first == second:
        return 1.0
    if are_opposites(first, second):
        return 0.0
    cosine = max(cosines(first).get(second, 0.0), cosines(second).get(first, 0.0))
    near = min(1.0, (cosine - UNRELATED) / (EQUAL - UNRELATED)) if cosine else 0.0
    return max(near, 0.95 if is_inflection(first, second) else 0.0)


def is_inflection(first: str, second: str) -> bool:
    """Whether the words differ only in their endings. For two known words these are common ones, else any
    short ones; and an unknown compound stands for its last part."""
    if first[:3] != second[:3]:
        return first[-4:] == second[-4:] and _is_compound(first, second)
    shared = shared_letters(first, second)
    rests = {first[shared:], second[shared:]}
    if is_known(first) and is_known(second):
        return shared >= 3 and (rests == {"", "s"} or (shared >= 4 and rests <= ENDS))
    return shared >= 4 and shared >= 0.6 * max(len(first), len(second))


def shared_letters(first: str, second: str) -> int:
    """Return the number of letters with which both words begin."""
    shortest = min(len(first), len(second))
    return next((at for at in range(shortest) if first[at] != second[at]), shortest)


def _is_compound(first: str, second: str) -> bool:
    """Whether one word ends with the other, and is not known itself: "smartphone", "phone"."""
    shorter, longer = sorted((first, second), key=len)
    return len(shorter) >= 4 and longer.endswith(shorter) and not is_known(longer)


@functools.lru_cache(maxsize=8192)
def reach(word: str) -> frozenset[str]:
    """Return the marks of a word: two words whose marks are disjoint have no likeness and are no opposites."""
    lines = {f"|{line}" for line, _ in sides(word)}
    return frozenset({word, f"^{word[:3]}", f"${word[-4:]}"} | cosines(word).keys() | lines)
