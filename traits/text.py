"""Texts as people see them: the key that equal names share."""

import hashlib
import unicodedata
from collections.abc import Iterable

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


def once_each(names: Iterable[str]) -> list[str]:
    """The names in order, each name key once, in its first spelling."""
    kept = dict[str, str]()
    for name in names:
        kept.setdefault(name_key(name), name)
    return list(kept.values())
