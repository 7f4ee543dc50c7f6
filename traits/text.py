"""Names as people see them: the key that equal names share, and checks of names."""

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import regex
from django.utils.translation import gettext

from ptfi.texts import seen
from traits.models import MAX_NAME


class Spelling(NamedTuple):
    """The name of a suggestion, with the number of its pieces of evidence and its score, which make it the better one.

    pk: its id as text.
    """

    pieces: int
    score: float
    pk: str
    name: str


def best_spelling(own: Spelling, others: Iterable[Spelling]) -> Spelling:
    """Return the spelling with most evidence, then of the surest suggestion; of equals, one's own."""
    return max([own, *others], key=lambda each: (each.pieces, each.score, each is own, each.pk))


_between = regex.compile(r"[\p{P}\p{Z}\s]+")


def _ascii_kept(code: int) -> str | None:
    """Keep letters, digits and symbols, so that "C++" differs from "C"; control characters are dropped."""
    char = chr(code)
    if char.isprintable() and unicodedata.category(char)[0] in "LNS":
        return char.lower()
    return " " if char.isspace() or char.isprintable() else None


FORMER_ASCII_KEPT = {code: _ascii_kept(code) for code in range(128)}
ASCII_KEPT = FORMER_ASCII_KEPT | {ord("`"): " "}
# Letters and symbols that look like punctuation, and are typed instead of it.
LOOKALIKES = str.maketrans(
    dict.fromkeys("`\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb", "'")
    | dict.fromkeys("\u02ba\u02dd", '"')
    | dict.fromkeys("\u02d7\u2212", "-")
    | dict.fromkeys("\u2044\u2215", "/")
    | dict.fromkeys("\u2236\ua789", ":")
    | dict.fromkeys("\u2219\u22c5", "\u00b7")
    | {"\u2217": "*"}
)


def name_key(name: str) -> str:
    """Return the key that all spellings share that look the same, of at most 255 characters.

    It is NFKC normalized and case folded, without invisible characters, with white space and punctuation collapsed;
    what looks like punctuation counts as such.
    """
    # Cut first: normalizing can make a text eighteen times as long, and stored names are never longer than this.
    name = name[:MAX_NAME]
    if name.isascii():
        return _ascii_key(name, ASCII_KEPT)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen(name).translate(LOOKALIKES)).casefold())
    folded = folded.translate(LOOKALIKES)
    key = _between.sub(" ", folded).strip() or " ".join(folded.split())
    return _within(key)


def former_key(name: str) -> str:
    """Return the name key of releases that put a space for each invisible character, and kept selectors and lookalikes.

    Suppressions whose names were erased still have such keys.
    """
    name = name[:MAX_NAME]
    if name.isascii():
        return _ascii_key(name, FORMER_ASCII_KEPT)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(char if unicodedata.category(char)[0] in "LNMS" else " " for char in folded)
    return _within(" ".join(((kept.strip() and kept) or folded).split()))


def _ascii_key(name: str, kept: dict[int, str | None]) -> str:
    return " ".join(name.translate(kept).split()) or " ".join(name.lower().split())


def _within(key: str) -> str:
    if len(key) > MAX_NAME:
        key = key[: MAX_NAME - 65] + "#" + hashlib.sha256(key.encode()).hexdigest()
    return key


# These reorder all of the text after them; marks that affect one character are harmless.
BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def name_fault(name: str) -> str:
    """Return why a name's characters are refused; "" if they are fine. Names are single lines that others read."""
    if name.isascii() and name.isprintable():
        return ""
    if any(char in BIDI_OVERRIDES or unicodedata.category(char) == "Cc" for char in name):
        return gettext("This contains a character that controls how text is shown.")
    return ""


def once_each(names: Iterable[str]) -> list[str]:
    """Return the names in order, each name key once, in its first spelling."""
    kept = dict[str, str]()
    for name in names:
        kept.setdefault(name_key(name), name)
    return list(kept.values())
