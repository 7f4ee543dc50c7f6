"""The words for what erasures delete and what they leave."""

from collections.abc import Callable, Iterable

from django.utils.translation import gettext, ngettext

from ptfi.web.language import grouped
from traits.erasure.kept import KEPT, PIPELINE_NODES, nodes_stay
from traits.models.erasure import WHOLE

Words = Callable[[int], str]
"""The words for a number of one kind; the number is in the text, formatted for the page."""
NAMES: dict[str, Words] = {
    "candidates": lambda count: ngettext("%(number)s suggestion", "%(number)s suggestions", count),
    "changes": lambda count: ngettext(
        "%(number)s earlier version of a suggestion", "%(number)s earlier versions of suggestions", count
    ),
    "traits": lambda count: ngettext("%(number)s trait", "%(number)s traits", count),
    "evidence": lambda count: ngettext("%(number)s piece of evidence", "%(number)s pieces of evidence", count),
    "log_entries": lambda count: ngettext("%(number)s decision in your log", "%(number)s decisions in your log", count),
    "styles": lambda count: ngettext("%(number)s style setting", "%(number)s style settings", count),
    "suppressions": lambda count: ngettext("%(number)s blocked suggestion", "%(number)s blocked suggestions", count),
    "emails": lambda count: ngettext("%(number)s e-mail address", "%(number)s e-mail addresses", count),
    "sessions": lambda count: ngettext("%(number)s active session", "%(number)s active sessions", count),
    "apps": lambda count: ngettext("%(number)s connected app", "%(number)s connected apps", count),
}
"""The counts that pages show, in this order; others are not shown."""
LESS = {"candidates_less": "candidates", "traits_less": "traits", "log_entries": "log_entries"}
"""Counts of what stays but loses a part when a part of the persona is erased, and the name for it in NAMES."""
ORDER = ("account", "traits", "category", "source", "evidence", "decisions", "apps", "suggestions")
"""The order in which pages list what stays; anything else follows."""


def counted(name: str, number: int) -> str:
    """A count in words: “3 traits”."""
    return NAMES[name](number) % {"number": grouped(number)}


def in_words(counts: dict[str, int]) -> list[str]:
    """The counts in words, “3 traits”, “1 suggestion” …; zero counts are left out."""
    return [counted(name, counts[name]) for name in NAMES if counts.get(name)]


def said(kind: str, counts: dict[str, int], kept: dict[str, str]) -> dict[str, list[str]]:
    """The texts for pages: what is or was deleted, what stays but loses a part, and what stays and why."""
    less = [] if kind in WHOLE else [(LESS[name], counts[name]) for name in LESS if counts.get(name)]
    gone = {name: number for name, number in counts.items() if kind in WHOLE or name not in LESS}
    return {
        "counts": in_words(gone),
        "less": [counted(name, number) for name, number in less],
        "stays": list(_stays(kind, kept)),
    }


def _stays(kind: str, kept: dict[str, str]) -> Iterable[str]:
    """The reasons by their keys, whatever the receipt's wording; a key no longer in use is shown as stored."""
    texts = KEPT.get(kind, {})
    places = {name: place for place, name in enumerate(ORDER)}
    for name in sorted(kept, key=lambda name: places.get(name, len(ORDER))):
        number = kept[name].partition(" ")[0].replace(",", "")
        is_counted = name == PIPELINE_NODES and number.isdecimal()
        yield nodes_stay(int(number)) if is_counted else gettext(texts.get(name, kept[name]))
