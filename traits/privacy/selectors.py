"""Reads for My data: how much is stored about the person, its sources, and past erasures."""

import dataclasses
from typing import Any

from django.db.models import Count

from ptfi.accounts.models import User
from ptfi.db import sql
from ptfi.texts import composed
from ptfi.web import keyset
from ptfi.web.keyset import PAGE, Page, cut
from traits.erasure.receipts import in_words
from traits.erasure.sources import source_name
from traits.ingest.blocklist import of_person, source_bar
from traits.models import Category, Erasure, ExtractedTraitCandidate, PersonaTrait
from traits.privacy.sql import NUMBER_OF_SOURCES, PIECES, PLACES, SOURCES

RECEIPTS_ORDER = ("-requested_at", "erasure_id")
SOME = 5
"""The number of a source's pieces shown before it is erased."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """A source of evidence; key replaces the name in URLs; pieces, suggestions and traits are counts.

    first and last: the alphabetically first and last of the places inside it.
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
    """Return the name people know a source by: its places if there are any, else its technical name."""
    return f"{first} … {last}" if first != last else first or name


def sources(user: User, after: str = "") -> Page[Source]:
    """Return a page of the person's sources, those with most evidence first; an unknown key starts at the beginning."""
    name = source_name(user, after) if after else None
    rows = sql.rows(SOURCES, {"user": user.pk, "after": composed(name or ""), "limit": PAGE + 1})
    return cut([_source(user, *row) for row in rows], PAGE, lambda source: source.key)


def _source(user: User, name: str, first: str, last: str, pieces: int, suggestions: int, traits: int) -> Source:
    key = source_bar(user.pk, name)
    return Source(key=key, name=name, first=first, last=last, pieces=pieces, suggestions=suggestions, traits=traits)


def source_shown(user: User, name: str) -> dict[str, Any]:
    """Return the context for the page that erases a source: its title and the first of its pieces.

    The same words at the same place count once, however many suggestions quote them.
    """
    name = composed(name)
    first, last = sql.rows(PLACES, {"user": user.pk, "name": name})[0]
    pieces = sql.rows(PIECES, {"user": user.pk, "name": name, "limit": SOME})
    some = [(detail, content) for detail, content, _ in pieces]
    return {"source": _title(name, first, last), "name": name, "some": some, "more": pieces[0][2] - len(some)}


def source_count(user: User) -> int:
    return int(sql.value(NUMBER_OF_SOURCES, {"user": user.pk}))


@dataclasses.dataclass(frozen=True, kw_only=True)
class CategoryHeld:
    """How much is stored of a category. barred: whether suggestions of this category are blocked."""

    category: str
    suggestions: int
    traits: int
    barred: bool

    @property
    def in_words(self) -> list[str]:
        return in_words({"candidates": self.suggestions, "traits": self.traits})


def categories(user: User) -> list[CategoryHeld]:
    """Return the categories of which something is stored, or which are blocked."""
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
    """Return a page of the person's erasures, newest first."""
    return keyset.page(Erasure.objects.filter(subject_id=user.pk, user=user), RECEIPTS_ORDER, after, limit)
