"""The sort orders of the queue's lists, and one page of a list in its order."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import Case, F, Func, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.texts import Text
from ptfi.web import keyset
from ptfi.web.keyset import NONE, Page, Readers
from traits.models import Category, ExtractedTraitCandidate, Sitting
from traits.review.order import recommended
from traits.review.order.recent import Recent

RECOMMENDED = "recommended"
SORTS: dict[str, Text] = {
    RECOMMENDED: _("Recommended first"),
    "due": _("Next due first"),
    "newest": _("Newest first"),
    "certain": _("Most certain first"),
    "category": _("By category"),
}
"""The sort orders in an address, with their names."""
TABS = {"review": (RECOMMENDED, "newest", "certain", "category"), "later": ("due", "newest", "certain", "category")}
"""The orders that a tab offers, its default first; other tabs have only DECIDED."""
DECIDED = "decided"
SITTING = "sitting"
SITTING_PLACE = Func(
    Subquery(Sitting.objects.filter(user=OuterRef("user")).values("candidate_ids")),
    F("candidate_id"),
    function="array_position",
    output_field=IntegerField(),
)
NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
CATEGORY_PLACE = Case(
    *(When(trait_category=name, then=Value(place)) for place, name in enumerate(Category.values)),
    output_field=IntegerField(),
)
Rows = QuerySet[ExtractedTraitCandidate]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sort:
    """An order by columns; annotated: those that are expressions, with how a key of the list is read."""

    columns: Sequence[str]
    expressions: dict[str, Any] = dataclasses.field(default_factory=dict)
    annotated: Readers = dataclasses.field(default_factory=lambda: NONE)


COLUMNS = {
    "newest": Sort(columns=("-created_at", "candidate_id")),
    "certain": Sort(columns=("-confidence_score", "-created_at", "candidate_id")),
    "category": Sort(
        columns=("category_place", "-confidence_score", "-created_at", "candidate_id"),
        expressions={"category_place": CATEGORY_PLACE},
        annotated={"category_place": keyset.number},
    ),
    "due": Sort(
        columns=("due", "-created_at", "candidate_id"),
        expressions={"due": Coalesce("deferred_until", NEVER)},
        annotated={"due": keyset.moment},
    ),
    SITTING: Sort(
        columns=("sitting_place", "candidate_id"),
        expressions={"sitting_place": SITTING_PLACE},
        annotated={"sitting_place": keyset.number},
    ),
    DECIDED: Sort(columns=("-updated_at", "candidate_id")),
}


def offered(tab: str) -> list[tuple[str, Text]]:
    """Return the orders to choose from on a tab, with their names, the default first."""
    return [(name, SORTS[name]) for name in TABS.get(tab, ())]


def sort_of(tab: str, chosen: str) -> str:
    """Return the order of a tab's list: the chosen one if the tab offers it."""
    names = TABS.get(tab, (DECIDED,))
    return chosen if chosen in names else names[0]


def page(user: User, rows: Rows, sort: str, recent: Recent, *, after: str, passed: str, size: int) -> Page[Any]:
    """Return a page of the list, after a key or from the top.

    passed: the place of a suggestion, from place_of(). Each row's is_behind tells whether it comes after that one.
    """
    if sort == RECOMMENDED:
        return _recommended(user, rows, recent, after=after, passed=passed, size=size)
    how = COLUMNS[sort]
    rows = rows.annotate(**how.expressions)
    if (place := keyset.is_behind(rows, how.columns, passed, how.annotated)) is not None:
        rows = rows.annotate(is_behind=place)
    found: Page[Any] = keyset.page(rows, how.columns, after, size, how.annotated)
    for row in found.rows:
        row.is_behind = getattr(row, "is_behind", False)
    return found


def _recommended(user: User, rows: Rows, recent: Recent, *, after: str, passed: str, size: int) -> Page[Any]:
    """Return the page. Once the order has taken a decision in, the next suggestion is its first one again."""
    place = recommended.Place.read(after)
    pk = _id(passed or after)
    if pk is None or not recent.is_new(pk):
        return recommended.page(rows, recent, after=place, passed=None, size=size)
    one = recommended.Passed(user=user, pk=pk, only_after=bool(after and not place))
    return recommended.page(rows, recent, after=place, passed=one, size=size)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def place_of(candidate: ExtractedTraitCandidate, sort: str) -> str:
    """Return the suggestion's place in a list of waiting ones, also once it has left it; "" for other lists."""
    if sort == RECOMMENDED:
        return str(candidate.pk)
    if sort in (DECIDED, SITTING):
        return ""
    values: dict[str, Any] = {
        "category_place": Category.values.index(candidate.trait_category),
        "due": candidate.deferred_until or NEVER,
    }
    for name in COLUMNS[sort].expressions:
        setattr(candidate, name, values[name])
    return keyset.key_of(candidate, COLUMNS[sort].columns, COLUMNS[sort].annotated)
