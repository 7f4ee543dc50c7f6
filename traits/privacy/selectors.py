"""Reads for the page where a person sees how much is held about them, where it came from, and what they had erased."""

import dataclasses
import uuid
from typing import Any

from django.db.models import Count

from ptfi.accounts.models import User
from ptfi.db import sql
from traits.erasure.sources import HELD, HELD_PIECES, source_name
from traits.ingest.blocklist import of_person, source_bar
from traits.models import Category, Erasure, ExtractedTraitCandidate, PersonaTrait

PAGE = 30
SOURCES = f"""
    WITH counted AS (
        SELECT name, coalesce(min(nullif(detail, '')), '') AS first, coalesce(max(nullif(detail, '')), '') AS last,
               count(DISTINCT id) AS pieces, count(DISTINCT candidate_id) AS suggestions, count(DISTINCT trait_id)
        FROM ({HELD}) AS held GROUP BY name
    )
    SELECT * FROM counted WHERE %(after)s = '' OR (-pieces, name COLLATE "C")
        > (SELECT -pieces, name COLLATE "C" FROM counted WHERE name = %(after)s)
    ORDER BY pieces DESC, name COLLATE "C" LIMIT %(limit)s
"""  # noqa: S608 (HELD is ours)
PLACES = f"""
    SELECT coalesce(min(nullif(detail, '')), ''), coalesce(max(nullif(detail, '')), '')
    FROM ({HELD}) AS held WHERE name = %(name)s
"""  # noqa: S608 (HELD is ours)
PIECES = f"""
    SELECT detail, content, count(*) OVER () FROM (
        SELECT DISTINCT piece->>'source_detail' AS detail, piece->>'content' AS content
        FROM ({HELD_PIECES}) AS held WHERE piece->>'source_package_id' = %(name)s
    ) AS pieces ORDER BY detail NULLS LAST, content LIMIT %(limit)s
"""  # noqa: S608 (HELD_PIECES is ours)
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sources:
    """Some of the sources, and the key to go on from; next is "" at the end."""

    rows: list[Source]
    next: str


def _title(name: str, first: str, last: str) -> str:
    """What people know a source by: its places where these are named, else its name."""
    return f"{first} … {last}" if first != last else first or name


def sources(user: User, after: str = "") -> Sources:
    """A page of the person's sources, those with most evidence first; a key that is not one starts at the beginning."""
    name = source_name(user, after) if after else None
    rows = sql.rows(SOURCES, {"user": user.pk, "after": name or "", "limit": PAGE + 1})
    found = [_source(user, *row) for row in rows[:PAGE]]
    return Sources(rows=found, next=found[-1].key if len(rows) > PAGE else "")


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
    return int(sql.value(f"SELECT count(DISTINCT name) FROM ({HELD}) AS held", {"user": user.pk}))  # noqa: S608


@dataclasses.dataclass(frozen=True, kw_only=True)
class CategoryHeld:
    """How much is held of a category, in numbers; barred: whether no suggestions of it are taken in."""

    category: str
    suggestions: int
    traits: int
    barred: bool


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


def receipts(user: User, after: str = "", limit: int = PAGE) -> tuple[list[Erasure], str]:
    """A page of the person's erasures, newest first, and the key to go on from; "" at the end."""
    rows = Erasure.objects.filter(subject_id=user.pk, user=user).order_by("-requested_at", "erasure_id")
    last = _receipt(user, after)
    if last:
        older = rows.filter(requested_at__lt=last.requested_at)
        rows = older | rows.filter(requested_at=last.requested_at, erasure_id__gt=last.pk)
    found = list(rows[: limit + 1])
    return found[:limit], str(found[limit - 1].pk) if len(found) > limit else ""


def _receipt(user: User, key: str) -> Erasure | None:
    try:
        return Erasure.objects.filter(user=user, pk=uuid.UUID(key)).first()
    except ValueError:
        return None
