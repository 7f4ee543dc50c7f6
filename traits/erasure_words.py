"""What erasures count, in words."""

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
LESS = {"candidates_less": ("suggestion", "suggestions"), "traits_less": ("trait", "traits")}
"""What loses some evidence and stays, in words."""


def in_words(counts: dict[str, int], words: dict[str, tuple[str, str]] = NAMES) -> list[str]:
    """“3 traits”, “1 suggestion” …; nothing for what there is none of."""
    return [f"{counts[kind]:,} {names[counts[kind] != 1]}" for kind, names in words.items() if counts.get(kind)]
