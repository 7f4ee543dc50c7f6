"""Texts that people read and write: the form in which they are stored, and how they are cut, isolated and sorted.

Character classes come from the package `regex`, whose Unicode tables do not depend on the version of Python.
"""

import itertools
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import regex

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"
"""A text; lazy ones are translated when they are shown."""

MOST_MARKS = 16
"""Characters per letter, on average, in a shortened text; a letter can have any number of marks."""
MOST_SORTED = 400
"""Characters of a sort key, which an index must be able to hold."""

# What takes up room but shows nothing: fillers, and the blanks of Braille, music and hieroglyphs.
BLANK = r"\u115F\u2800\u3164\uFFA0\U00016FE4\U0001D159\U00013441\U00013442"
UNSEEN = r"\p{Default_Ignorable_Code_Point}\p{Cc}\uFFF9-\uFFFB"
TAG = r"\U000E0020-\U000E007F"
LOOSE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028"
    "\u2029\u202f\u205f\u3000\u00ad\u034f\u200b\u2060\ufeff\u115f\u2800\u3164\uffa0\U00016fe4\U0001d159\U00013441\U00013442"
)
"""What may be cut off at an end: white space, blanks and separators that nobody sees.

Other invisible characters, such as joiners, belong to the letter before them. Not a pattern: one that looks for the end
of each run of spaces takes the square of their number.
"""
_blank = regex.compile(rf"[{BLANK}]")
# The tags behind a black flag say which flag it is.
_unseen = regex.compile(rf"(\U0001F3F4[{TAG}]+)|[[{UNSEEN}]--[\s{TAG}]]|[{TAG}]+", regex.V1)
# Marks without a letter to stand on are hardly seen, and cannot be clicked.
_shown = regex.compile(rf"[^\s\p{{M}}{BLANK}{UNSEEN}]")
_spaces = regex.compile(r"\s{2,}|[\s--\p{Zs}]", regex.V1)
_wide = regex.compile(r"[\uFF01-\uFFEE]+")
_letter = regex.compile(r"\X")
_turning = regex.compile(r"[\p{bc=R}\p{bc=AL}\p{bc=AN}\u202A-\u202E\u2066-\u2069]")
_tag = regex.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(-[a-wyz0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?|x(-[a-z0-9]{1,8})+",
    regex.I | regex.A,
)
# Marks that a dictionary reads over: those of Latin, Greek, Cyrillic, Hebrew and Arabic letters, but й is no и.
_accents = regex.compile(
    r"(?<!\u0438)\u0306|[\u0300-\u0305\u0307-\u036F\u0483-\u0487\u0591-\u05C7\u064B-\u065F\u0670\u1AB0-\u1AFF"
    r"\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F]"
)
_apart = regex.compile(r"[\p{P}\p{Z}\s]+")
_symbol = regex.compile(r"(\p{S})")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
    | {chr(kana): chr(kana - 0x60) for kana in range(0x30A1, 0x30F7)}
)
ISOLATE, END = "\u2068", "\u2069"
OPENING = "\u2066\u2067\u2068"


def composed(text: str) -> str:
    """Return the form in which texts are stored, NFC."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def forms(text: str) -> set[str]:
    """Return the forms in which a text may be stored: earlier releases stored texts as they were sent."""
    return {text} if text.isascii() else {text, composed(text), unicodedata.normalize("NFD", text)}


def one_line(text: str) -> str:
    """Return the form in which names are stored: NFC, trimmed, and on one line.

    Runs of white space, line ends and tabs become one space. Other invisible characters stay, except at the ends.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return str(_spaces.sub(" ", composed(text).strip(LOOSE)))


def identifier(text: str) -> str:
    """Return the form in which ids from elsewhere are stored: without invisible characters and full-width forms."""
    wide = _wide.sub(lambda found: unicodedata.normalize("NFKC", found[0]), seen(text))
    return composed(" ".join(wide.split()))


def seen(text: str) -> str:
    """Return the text without invisible characters, with a space for each that only takes up room."""
    return text if text.isascii() and text.isprintable() else str(_unseen.sub(r"\1", _blank.sub(" ", text)))


def shows_nothing(text: str) -> bool:
    """Return whether a text is invisible: empty, white space, or characters that show nothing."""
    first = text[:1]
    return not (first.isascii() and first.isalnum()) and _shown.search(text) is None


def letters(text: str) -> Iterator[str]:
    """Return the letters of a text as people see them: each with its marks, flags and emoji as a whole."""
    return (found[0] for found in _letter.finditer(text))


def shorten(text: str, most: int) -> str:
    """Cut a text to this many letters as people see them, of which the last one is then an ellipsis."""
    if len(text) <= most:
        return text
    first = list(itertools.islice(letters(text), most + 1))
    if len(first) <= most and len(text) <= most * MOST_MARKS:
        return text
    kept = "".join(first[: most - 1])
    return kept[: most * MOST_MARKS].rstrip() + "…"


def isolated(text: str) -> str:
    """Isolate the text from the direction of the text around it, which it can't leave; most texts need nothing."""
    if _turning.search(text) is None:
        return text
    kept, depth = list[str](), 0
    for char in one_line(text):
        depth += (char in OPENING) - (char == END)
        if depth < 0:
            depth = 0
        else:
            kept.append(char)
    return ISOLATE + "".join(kept) + END * (depth + 1)


def language_tag(text: str) -> str:
    """Return the text if it is a well-formed BCP 47 tag, else ""."""
    return text if _tag.fullmatch(text) else ""


def sort_key(text: str) -> str:
    """Return the key that sorts texts as a dictionary does, whose characters are compared by number.

    Letters count first, then their accents, then capitals, small ones first. Punctuation counts as space, and symbols
    come before digits and letters. Databases and graphs store this key, because their own orders differ.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen(text)).casefold())
    plain = _accents.sub("", unicodedata.normalize("NFD", folded)).translate(_LETTERS)
    words = _symbol.sub(r"!\1", _apart.sub(" ", unicodedata.normalize("NFC", plain)).strip())
    return "\t".join((words, folded, composed(text).swapcase()))[:MOST_SORTED]
