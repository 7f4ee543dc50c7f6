"""The report on the quality of suggestions: rates, reasons and times, as counted by refresh_quality_statistics."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.db import sql
from ptfi.texts import Text
from ptfi.web.filters import Filters, choice, text
from traits.models import Category, Quality, QualityRefresh, QualityWaiting, RejectionCode
from traits.persona.overview import DRAWN, ENOUGH, OFF
from traits.staff.sql import of_models, totals

PERIODS = {"4": _("Last 4 weeks"), "13": _("Last 3 months"), "52": _("Last year"), "": _("All time")}
"""Number of weeks → label."""
MODELS = 50
"""How many models are shown, those with the most decided suggestions first; the CSV file contains all."""
CHOICES = 500
WEEKS_DRAWN = 60
"""Up to this number of weeks the chart has weekly points; beyond it, monthly ones."""
STALE = dt.timedelta(days=1)
OUTCOMES = ("confirmed", "changed", "merged", "rejected", "removed")
TIMES = {
    "within_hour": _("within 1 hour"),
    "within_day": _("within 1 day"),
    "within_week": _("within 1 week"),
    "within_month": _("within 4 weeks"),
    "over_month": _("more than 4 weeks"),
}
COUNTED = (*OUTCOMES, *RejectionCode.values, "said", *TIMES)
SUMS = ", ".join(f"sum({name})" for name in COUNTED)
TOTALS, MODEL_ROWS = totals(SUMS), of_models(SUMS, OUTCOMES, MODELS)
WHOLE, BY_WEEK, BY_CATEGORY, BY_BAND = 0b111, 0b011, 0b101, 0b110


@dataclasses.dataclass(frozen=True, kw_only=True)
class QualityFilters(Filters):
    """The filters; "" stands for everything."""

    period: str = choice(PERIODS)
    model: str = text()
    category: str = choice(Category.values)

    def values(self) -> dict[str, Any]:
        return {"model": self.model, "category": self.category, "since": self.since}

    @property
    def since(self) -> dt.date | None:
        """The Monday of the first week included."""
        if not self.period:
            return None
        today = timezone.now().astimezone(dt.UTC).date()
        return today - dt.timedelta(days=today.weekday(), weeks=int(self.period) - 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counts:
    """Decisions about a set of suggestions, with the columns of Quality. codes: the count of each rejection code."""

    confirmed: int
    changed: int
    merged: int
    rejected: int
    removed: int
    codes: dict[str, int]
    said: float
    within_hour: int
    within_day: int
    within_week: int
    within_month: int
    over_month: int

    @property
    def decided(self) -> int:
        return self.confirmed + self.changes + self.refused

    @property
    def changes(self) -> int:
        """Confirmed with changes, or merged into a trait."""
        return self.changed + self.merged

    @property
    def refused(self) -> int:
        """Rejected, or confirmed and removed later."""
        return self.rejected + self.removed

    @property
    def agreed(self) -> int:
        return self.confirmed + self.changes

    @property
    def share(self) -> float:
        return self.agreed / self.decided

    @property
    def average(self) -> float:
        """The average confidence."""
        return self.said / self.decided

    @property
    def is_drawn(self) -> bool:
        return self.decided >= DRAWN

    @property
    def verdict(self) -> str:
        """Compare the models' confidence with the decisions: "over", "under" or "right"; "" for too few."""
        if self.decided < ENOUGH:
            return ""
        if round(abs(self.average - self.share), 3) <= OFF:
            return "right"
        return "over" if self.average > self.share else "under"

    @property
    def rates(self) -> tuple[float, float, float]:
        """The shares confirmed as suggested, confirmed with changes, and rejected."""
        return self.confirmed / self.decided, self.changes / self.decided, self.refused / self.decided

    def reasons(self) -> list[tuple[str, int]]:
        """Return the reasons for rejections with their counts, most frequent first."""
        given = [(str(label), self.codes[code]) for code, label in RejectionCode.choices]
        silent = self.rejected - sum(number for _, number in given)
        given += [(gettext("No reason given"), silent), (gettext("Confirmed first, removed later"), self.removed)]
        return sorted((each for each in given if each[1]), key=lambda each: -each[1])

    def times(self) -> list[tuple[Text, int]]:
        return [(words, getattr(self, name)) for name, words in TIMES.items()]

    @property
    def timed(self) -> int:
        return sum(number for _, number in self.times())

    @property
    def half_within(self) -> Text:
        """The time within which half of them were decided, in words; "" if no time is known."""
        so_far = 0
        for words, number in self.times():
            so_far += number
            if number and 2 * so_far >= self.timed:
                return words
        return ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class QualityBand:
    """Suggestions in a confidence band, from least to most per cent."""

    least: int
    counts: Counts

    @property
    def most(self) -> int:
        return self.least + 10


@dataclasses.dataclass(frozen=True, kw_only=True)
class CategoryWaiting:
    """Undecided suggestions in a category."""

    category: str
    waiting: int
    put_off: int
    held: int
    oldest_at: dt.datetime | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """The numbers for a set of filters. step: "week" or "month", of the points. erased: decided and erased since."""

    total: Counts | None
    points: list[tuple[dt.date, Counts | None]]
    step: str
    categories: list[tuple[str, Counts]]
    bands: list[QualityBand]
    erased: int
    models: list[tuple[str, Counts]]
    more_models: int
    waiting: list[CategoryWaiting]

    @property
    def oldest(self) -> CategoryWaiting | None:
        rows = [row for row in self.waiting if row.oldest_at]
        return min(rows, key=lambda row: str(row.oldest_at)) if rows else None

    @property
    def enough_bands(self) -> bool:
        """Whether there is enough data to draw the curve."""
        return any(band.counts.is_drawn for band in self.bands)

    @property
    def number_waiting(self) -> int:
        return sum(row.waiting for row in self.waiting)


def report(filters: QualityFilters) -> Report:
    """Return the report for the filters, from the latest count."""
    rows = sql.rows(TOTALS, filters.values())
    parts: dict[int, list[tuple[Any, Counts]]] = {kind: [] for kind in (WHOLE, BY_WEEK, BY_CATEGORY, BY_BAND)}
    for kind, week, category, band, *sums in rows:
        if sums[0] is not None:
            key = {WHOLE: None, BY_WEEK: week, BY_CATEGORY: category, BY_BAND: band}[kind]
            parts[kind].append((key, _counts(sums)))
    models = sql.rows(MODEL_ROWS, filters.values())
    bands = [
        QualityBand(least=10 * band, counts=counts) for band, counts in sorted(parts[BY_BAND], key=_first) if band >= 0
    ]
    points, step = _points(parts[BY_WEEK])
    return Report(
        total=parts[WHOLE][0][1] if parts[WHOLE] else None,
        points=points,
        step=step,
        categories=sorted(((c, n) for c, n in parts[BY_CATEGORY] if c), key=lambda row: -row[1].decided),
        bands=bands,
        erased=sum(counts.decided for category, counts in parts[BY_CATEGORY] if not category),
        models=[(name, _counts(sums)) for name, *sums, _ in models],
        more_models=max(0, models[0][-1] - MODELS) if models else 0,
        waiting=_waiting(filters),
    )


def models() -> list[str]:
    """Return the models that the filter offers, by name."""
    names = Quality.objects.exclude(model="").order_by("model").values_list("model", flat=True).distinct()
    return list(names[:CHOICES])


def last_refresh() -> QualityRefresh | None:
    return QualityRefresh.objects.first()


def rows(filters: QualityFilters) -> Iterator[Any]:
    """Return week, model, category, band and the columns COUNTED; without a model filter, the rows of every model."""
    found = Quality.objects.filter(**({"week__gte": filters.since} if filters.since else {}))
    if filters.model:
        found = found.filter(model=filters.model)
    if filters.category:
        found = found.filter(category=filters.category)
    found = found.order_by("week", "model", "category", "band")
    return found.values_list("week", "model", "category", "band", *COUNTED, named=True).iterator()


def _first(row: tuple[Any, Counts]) -> Any:
    return row[0]


def _counts(sums: list[Any]) -> Counts:
    values = dict(zip(COUNTED, sums, strict=True))
    codes = {code: values.pop(code) for code in RejectionCode.values}
    return Counts(codes=codes, **values)


def _points(found: list[tuple[Any, Counts]]) -> tuple[list[tuple[dt.date, Counts | None]], str]:
    """Return a point per week from the first to the last, None without decisions; per month for long periods."""
    weeks = {week: counts for week, counts in found if counts.decided}
    if not weeks:
        return [], "week"
    first, last = min(weeks), max(weeks)
    if (last - first).days <= 7 * WEEKS_DRAWN:
        days = [first + dt.timedelta(days=day) for day in range(0, (last - first).days + 1, 7)]
        return [(day, weeks.get(day)) for day in days], "week"
    months: dict[dt.date, Counts | None] = {}
    for day in range((last - first).days + 1):
        months.setdefault((first + dt.timedelta(days=day)).replace(day=1))
    for week, counts in weeks.items():
        month = week.replace(day=1)
        months[month] = _sum(months[month], counts)
    return list(months.items()), "month"


def _sum(one: Counts | None, other: Counts) -> Counts:
    if one is None:
        return other
    codes = {code: one.codes[code] + other.codes[code] for code in RejectionCode.values}
    names = [name for name in COUNTED if name not in codes]
    return Counts(codes=codes, **{name: getattr(one, name) + getattr(other, name) for name in names})


def _waiting(filters: QualityFilters) -> list[CategoryWaiting]:
    rows = QualityWaiting.objects.filter(model=filters.model)
    if filters.category:
        rows = rows.filter(category=filters.category)
    found = rows.order_by(F("waiting").desc(), "category").values("category", "waiting", "put_off", "held", "oldest_at")
    return [CategoryWaiting(**row) for row in found]
