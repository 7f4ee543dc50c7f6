"""Texts as people see them: the key that equal names share, and checks of names."""

import hashlib
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext

from traits.models import MAX_NAME


def _is_kept(char: str) -> bool:
    """Keep letters, digits, symbols and marks (such as Indic vowels), so that "C++" differs from "C"."""
    return unicodedata.category(char)[0] in "LNMS"


ASCII_KEPT = {code: " " for code in range(128) if not _is_kept(chr(code))}


def name_key(name: str) -> str:
    """Return the key that near-duplicates share, of at most 255 characters.

    It is NFKC normalized and case folded, with white space and punctuation collapsed.
    """
    # Cut first: normalizing can make a text eighteen times as long, and stored names are never longer than this.
    name = name[:MAX_NAME]
    if name.isascii():
        return " ".join(name.translate(ASCII_KEPT).lower().split()) or " ".join(name.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(char if _is_kept(char) else " " for char in folded)
    key = " ".join(((kept.strip() and kept) or folded).split())
    if len(key) > MAX_NAME:
        key = key[: MAX_NAME - 65] + "#" + hashlib.sha256(key.encode()).hexdigest()
    return key


# These reorder all of the text after them; marks that affect one character are harmless.
BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and symbols by category that are nevertheless invisible.
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe0e\ufe0f\uffa0")


def shows_nothing(name: str) -> bool:
    """Return whether a name is invisible: empty, white space, or characters without width."""
    if name.isascii():
        return not name.strip()
    return all(char in BLANKS or unicodedata.category(char)[0] in "CZ" for char in name)


def name_fault(name: str) -> str:
    """Return why a name's characters are refused; "" if they are fine. Names are single lines that others read."""
    if name.isascii() and name.isprintable():
        return ""
    if any(char in BIDI_OVERRIDES or unicodedata.category(char) == "Cc" for char in name):
        return gettext("This contains a character that controls how text is shown, such as a line break.")
    return ""


def once_each(names: Iterable[str]) -> list[str]:
    """Return the names in order, each name key once, in its first spelling."""
    kept = dict[str, str]()
    for name in names:
        kept.setdefault(name_key(name), name)
    return list(kept.values())
