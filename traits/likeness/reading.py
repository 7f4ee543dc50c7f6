"""A trait as the comparison sees it: the words that its name is about, and what the name says about them."""

import dataclasses
import functools
import re
from collections.abc import Iterable, Mapping
from itertools import islice

from traits.likeness.lexicon import reach, weight
from traits.likeness.vocabulary import AVERSIONS, DENIALS, ENDINGS, EXCLUSIVES, FONDNESS, IGNORED

WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]+|\d+")
REPLACED = (("e-mail", "email"), ("can't", "cannot"), ("n't", " not"), ("self-", "self"), ("-", " "))
FAVOURITE = re.compile(r"favou?rite (?:.*\s)?(?P<kind>\w+) (?:is|are) (?P<value>.+)")
LONGEST = 20
"""The number of words that are compared; names may be long, and comparing takes the product of both numbers."""
HOME = re.compile(r"(?P<kind>\blives?\b|\bhome is\b|\bwohnt\b|\blebt\b).*\bin (?P<value>(?:the )?\w+)")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading:
    """What a name says.

    words: the words that it is about, with what each says (0.1 to 1). everything: those and the concepts'.
    denies: it says that something is not so; denied: the word that it denies most of all. averse: it denies only by an
    aversion, which a statement of fact does not contradict. fond: it says that the person likes it. exclusive: it holds
    for nothing else. slot: the kind of something that one has one of, and which it is. reach: the marks of its words.
    """

    words: dict[str, float]
    everything: dict[str, float]
    category: str
    denies: bool
    averse: bool
    fond: bool
    exclusive: bool
    slot: tuple[str, str] | None
    denied: str
    reach: frozenset[str]


def spelled(text: str) -> list[str]:
    """Return the words of a text, in lower case; each CJK character is one."""
    text = text.casefold().replace("’", "'")
    for old, new in REPLACED:
        text = text.replace(old, new)
    return WORDS.findall(text)


@functools.lru_cache(maxsize=8192)
def read(name: str, category: str = "", concepts: tuple[str, ...] = ()) -> Reading:
    """Read a trait. An interest is something that the person likes unless its name says otherwise."""
    words = spelled(name)
    found = set(words)
    denials = sum(word in DENIALS for word in words)
    ended = bool(found & ENDINGS - {"given", "gave"}) or ("up" in found and bool(found & {"given", "gave"}))
    aversions = sum(word in AVERSIONS for word in words)
    denies = (denials + aversions + ended) % 2 == 1
    content = _weighed(word for word in words if word not in AVERSIONS | ENDINGS)
    return Reading(
        words=content,
        everything=_weighed(word for concept in concepts for word in spelled(concept)) | content,
        category=category,
        denies=denies,
        averse=denies and not denials and not ended,
        fond=not denies and (category == "Interest" or bool(found & FONDNESS)),
        exclusive=bool(found & EXCLUSIVES),
        slot=_slot(name.casefold()),
        denied=next((word for word in words[_end(words) :] if word in content), "") if ended else telling(content),
        reach=frozenset(mark for word in content for mark in reach(word)),
    )


def _weighed(words: Iterable[str]) -> dict[str, float]:
    telling_ones = dict.fromkeys(word for word in words if word not in IGNORED)
    return {word: weight(word) for word in islice(telling_ones, LONGEST)}


def telling(words: Mapping[str, float]) -> str:
    """Return the word that says most."""
    return max(words, key=lambda word: (words[word], word), default="")


def _end(words: list[str]) -> int:
    return next(at for at, word in enumerate(words) if word in ENDINGS)


def _slot(name: str) -> tuple[str, str] | None:
    match = FAVOURITE.search(name)
    if match:
        return match["kind"], match["value"]
    match = HOME.search(name)
    return ("home", match["value"]) if match else None
