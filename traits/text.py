"""Texts as people see them: the key that equal names share."""

import hashlib
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext

from traits.models import MAX_NAME


def _is_kept(char: str) -> bool:
    """Letters, digits, symbols and the marks that Indic vowels are; "C++" stays apart from "C"."""
    return unicodedata.category(char)[0] in "LNMS"


ASCII_KEPT = {code: " " for code in range(128) if not _is_kept(chr(code))}


def name_key(name: str) -> str:
    """What near-duplicates share: NFKC, case folded, white space and punctuation collapsed; at most 255 characters."""
    # Cut first: normalizing can make a text eighteen times as long, and no name that is stored is longer than this.
    name = name[:MAX_NAME]
    if name.isascii():
        return " ".join(name.translate(ASCII_KEPT).lower().split()) or " ".join(name.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(char if _is_kept(char) else " " for char in folded)
    key = " ".join(((kept.strip() and kept) or folded).split())
    if len(key) > MAX_NAME:
        key = key[: MAX_NAME - 65] + "#" + hashlib.sha256(key.encode()).hexdigest()
    return key


# They change the order in which everything after them is read; marks for one character are no harm.
BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and symbols by their category, which show nothing all the same.
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe0e\ufe0f\uffa0")


def shows_nothing(name: str) -> bool:
    """Whether a reader sees no name there: white space, characters of no width, nothing at all."""
    if name.isascii():
        return not name.strip()
    return all(char in BLANKS or unicodedata.category(char)[0] in "CZ" for char in name)


def name_fault(name: str) -> str:
    """Why a name, which is a line that others read, is refused for its characters; empty where it is not."""
    if name.isascii() and name.isprintable():
        return ""
    if any(char in BIDI_OVERRIDES or unicodedata.category(char) == "Cc" for char in name):
        return gettext("This contains a character that controls how text is shown, such as a line break.")
    return ""


def once_each(names: Iterable[str]) -> list[str]:
    """The names in order, each name key once, in its first spelling."""
    kept = dict[str, str]()
    for name in names:
        kept.setdefault(name_key(name), name)
    return list(kept.values())
