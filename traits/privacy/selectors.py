"""Reads for the page where a person sees how much is held about them, where it came from, and what they had erased."""

import dataclasses
from typing import Any

from django.db.models import Count

from ptfi.accounts.models import User
from ptfi.db import sql
from ptfi.web import keyset
from ptfi.web.keyset import PAGE, Page, cut
from traits.erasure.receipts import in_words
from traits.erasure.sources import source_name
from traits.ingest.blocklist import of_person, source_bar
from traits.models import Category, Erasure, ExtractedTraitCandidate, PersonaTrait
from traits.privacy.sql import NUMBER_OF_SOURCES, PIECES, PLACES, SOURCES

RECEIPTS_ORDER = ("-requested_at", "erasure_id")
SOME = 5
"""How many pieces of a source are shown before it is erased."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """Where evidence came from; key stands for the name in addresses; pieces, suggestions and traits are numbers.

    first and last: the least and the greatest of its places, in the order of letters.
    """

    key: str
    name: str
    first: str
    last: str
    pieces: int
    suggestions: int
    traits: int

    @property
    def title(self) -> str:
        return _title(self.name, self.first, self.last)

    @property
    def in_words(self) -> list[str]:
        return in_words({"evidence": self.pieces, "candidates": self.suggestions, "traits": self.traits})


def _title(name: str, first: str, last: str) -> str:
    """What people know a source by: its places where these are named, else its name."""
    return f"{first} … {last}" if first != last else first or name


def sources(user: User, after: str = "") -> Page[Source]:
    """A page of the person's sources, those with most evidence first; a key that is not one starts at the beginning."""
    name = source_name(user, after) if after else None
    rows = sql.rows(SOURCES, {"user": user.pk, "after": name or "", "limit": PAGE + 1})
    return cut([_source(user, *row) for row in rows], PAGE, lambda source: source.key)


def _source(user: User, name: str, first: str, last: str, pieces: int, suggestions: int, traits: int) -> Source:
    key = source_bar(user.pk, name)
    return Source(key=key, name=name, first=first, last=last, pieces=pieces, suggestions=suggestions, traits=traits)


def source_shown(user: User, name: str) -> dict[str, Any]:
    """What to know of the source with this name before it is erased: what to call it, and the first of its pieces.

    The same words at the same place count once, however many suggestions they stand in.
    """
    first, last = sql.rows(PLACES, {"user": user.pk, "name": name})[0]
    pieces = sql.rows(PIECES, {"user": user.pk, "name": name, "limit": SOME})
    some = [(detail, content) for detail, content, _ in pieces]
    return {"source": _title(name, first, last), "name": name, "some": some, "more": pieces[0][2] - len(some)}


def source_count(user: User) -> int:
    return int(sql.value(NUMBER_OF_SOURCES, {"user": user.pk}))


@dataclasses.dataclass(frozen=True, kw_only=True)
class CategoryHeld:
    """How much is held of a category, in numbers; barred: whether no suggestions of it are taken in."""

    category: str
    suggestions: int
    traits: int
    barred: bool

    @property
    def in_words(self) -> list[str]:
        return in_words({"candidates": self.suggestions, "traits": self.traits})


def categories(user: User) -> list[CategoryHeld]:
    """Those of the categories of which something is held, or that are kept away."""
    candidates = ExtractedTraitCandidate.objects.filter(user=user).values_list("trait_category")
    traits = PersonaTrait.objects.filter(user=user).values_list("category")
    suggested = dict(candidates.annotate(number=Count("pk")).order_by())
    held = dict(traits.annotate(number=Count("pk")).order_by())
    barred = of_person(user.pk).categories
    return [
        CategoryHeld(category=name, suggestions=suggested.get(name, 0), traits=held.get(name, 0), barred=name in barred)
        for name in Category.values
        if name in suggested or name in held or name in barred
    ]


def receipts(user: User, after: str = "", limit: int = PAGE) -> Page[Erasure]:
    """A page of the person's erasures, newest first."""
    return keyset.page(Erasure.objects.filter(subject_id=user.pk, user=user), RECEIPTS_ORDER, after, limit)
