"""What erasures count, in words."""

from traits.models.erasure import WHOLE

NAMES = {
    "candidates": ("suggestion", "suggestions"),
    "traits": ("trait", "traits"),
    "evidence": ("piece of evidence", "pieces of evidence"),
    "log_entries": ("decision in your log", "decisions in your log"),
    "styles": ("element of style", "elements of style"),
    "suppressions": ("name that is not suggested again", "names that are not suggested again"),
    "emails": ("e-mail address", "e-mail addresses"),
    "sessions": ("session that is signed in", "sessions that are signed in"),
    "apps": ("connected app", "connected apps"),
}
"""What receipts count, in words, in the order of the pages; what is not named here is not shown."""
LESS = {
    "candidates_less": ("suggestion", "suggestions"),
    "traits_less": ("trait", "traits"),
    "log_entries": ("decision in your log", "decisions in your log"),
}
"""What stays without what goes, where a part is erased."""
ORDER = ("account", "traits", "category", "source", "evidence", "decisions", "apps", "suggestions")
"""In which order pages say what stays; the rest comes after these."""


def in_words(counts: dict[str, int], words: dict[str, tuple[str, str]] = NAMES) -> list[str]:
    """“3 traits”, “1 suggestion” …; nothing for what there is none of."""
    return [f"{counts[kind]:,} {names[counts[kind] != 1]}" for kind, names in words.items() if counts.get(kind)]


def said(kind: str, counts: dict[str, int], kept: dict[str, str]) -> dict[str, list[str]]:
    """What goes or went, what stays without it, and what stays and why, for pages."""
    less = {} if kind in WHOLE else {name: counts.get(name, 0) for name in LESS}
    gone = {name: number for name, number in counts.items() if name not in less}
    places = {name: place for place, name in enumerate(ORDER)}
    stays = sorted(kept, key=lambda name: places.get(name, len(ORDER)))
    return {"counts": in_words(gone), "less": in_words(less, LESS), "stays": [kept[name] for name in stays]}
