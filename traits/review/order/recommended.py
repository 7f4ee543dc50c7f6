"""The recommended order: how likely the person confirms a suggestion, with the categories mixed (docs/review-order.md).

The order depends on the log up to a revision, and keys of pages contain that revision. So a list stays as it is while
one works through it.
"""

import dataclasses
import datetime as dt
import math
import uuid
from typing import Any, Self

from django.db import connection
from django.db.models import QuerySet

from ptfi.accounts.models import User
from ptfi.web import keyset
from traits.models import ExtractedTraitCandidate
from traits.models.candidates import SUPPORT
from traits.review.order.recent import Recent
from traits.review.order.sql import AFTER_KEY, AFTER_PASSED, RANKED
from traits.review.order.taste import Taste

SHORTLIST = 300
"""How many of the best supported suggestions are weighed, and more if the last ones are equal.

The others follow in the order of their support.
"""
WEIGHED = ("candidate_id", "trait_category", "confidence_score", "evidence_count", "originating_models",
           "created_at", "supporting_evidence")  # fmt: skip
LISTED = [field.column for field in ExtractedTraitCandidate._meta.concrete_fields
          if field.column not in ("search", "supporting_evidence")]  # fmt: skip
Rows = QuerySet[ExtractedTraitCandidate]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """A place in the recommended order. A key holds it, so that the next page follows, whatever was decided meanwhile.

    revision: what the order had learned from; least: the support of the last one on the shortlist; rank: the rank on
    the shortlist, None after it; support: of a suggestion after it.
    """

    revision: int
    least: float
    rank: float | None
    support: float
    created_at: dt.datetime
    pk: uuid.UUID

    @property
    def key(self) -> str:
        rank = "" if self.rank is None else repr(self.rank)
        parts = [str(self.revision), repr(self.least), rank, repr(self.support), self.created_at.isoformat()]
        return "_".join([*parts, str(self.pk)])

    @classmethod
    def read(cls, key: str) -> Self | None:
        """Return the place of a key; None for anything else."""
        try:
            revision, least, rank, support, created_at, pk = key.split("_")
            return cls(
                revision=keyset.number(revision),
                least=_finite(least),
                rank=_finite(rank) if rank else None,
                support=_finite(support),
                created_at=keyset.moment(created_at),
                pk=uuid.UUID(pk),
            )
        except (ValueError, OverflowError):
            return None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


@dataclasses.dataclass(frozen=True, kw_only=True)
class Passed:
    """A suggestion of the person that may have left the list; only_after: whether the page begins after it."""

    user: User
    pk: uuid.UUID
    only_after: bool = False

    @property
    def rows(self) -> Rows:
        return ExtractedTraitCandidate.objects.filter(user=self.user, pk=self.pk)


def page(rows: Rows, recent: Recent, *, after: Place | None, passed: Passed | None, size: int) -> keyset.Page[Any]:
    """Return a page of waiting suggestions in the recommended order; rows: those that match the filters.

    The page begins after a place, in the order that the place belongs to, or at the top. The rows have the attributes
    place, sources (None if it was not weighed), and is_behind: whether it comes after the suggestion passed.
    """
    taste = Taste(recent, after.revision if after else recent.step)
    found: list[Any] = []
    if after is None or after.rank is not None:
        found = _weighed(rows, taste, after, passed, size + 1)
    if len(found) <= size and (after or (found and found[0].listed >= SHORTLIST)):
        least = after.least if after else found[0].least
        found += _others(rows, least, after, size + 1 - len(found))
    for row in found:
        row.place = Place(
            revision=taste.revision,
            least=after.least if after else row.least,
            rank=row.rank,
            support=row.support,
            created_at=row.created_at,
            pk=row.pk,
        )
    return keyset.cut(found, size, lambda row: row.place.key)


def _weighed(rows: Rows, taste: Taste, after: Place | None, passed: Passed | None, limit: int) -> list[Any]:
    """Return those on the shortlist, which is as long as it was when the list began."""
    weights = rows.alias(weight=SUPPORT)
    if after:
        shortlist = _text(weights.filter(weight__gte=after.least))
    else:
        shortlist = f"{_text(weights.order_by('-weight'))} FETCH FIRST {SHORTLIST} ROWS WITH TIES"
    every = [shortlist, _text(passed.rows)] if passed else [shortlist]
    begin = AFTER_KEY if after else "true"
    statement = RANKED.format(
        # Not UNION ALL: the suggestion that was passed may be on the shortlist again.
        shortlist=" UNION ".join(f"({each})" for each in every),
        columns=", ".join(f"candidate.{column}" for column in LISTED),
        is_behind=AFTER_PASSED if passed else "false",
        after=AFTER_PASSED if passed and passed.only_after else begin,
    )
    one = passed.pk if passed else None
    place = {"rank": after.rank, "time": after.created_at, "id": after.pk} if after else {}
    values = taste.values(one) | place | {"limit": limit, "passed": one}
    return list(ExtractedTraitCandidate.objects.raw(statement, values))


def _text(rows: Rows) -> str:
    """Return the text of the statement for these rows."""
    statement = rows.values(*WEIGHED, support=SUPPORT).query.sql_with_params()
    operations: Any = connection.ops
    return str(operations.compose_sql(*statement)).replace("%", "%%")


def _others(rows: Rows, least: float, after: Place | None, limit: int) -> list[Any]:
    """Return those that are not on the shortlist, in the order of their support."""
    others = rows.annotate(support=SUPPORT).filter(support__lt=least)
    order = ("-support", "-created_at", "candidate_id")
    if after and after.rank is None:
        others = others.filter(keyset.condition(order, [after.support, after.created_at, after.pk]))
    found: list[Any] = list(others.order_by(*order)[:limit])
    for row in found:
        row.rank, row.sources, row.least, row.is_behind = None, None, least, True
    return found
