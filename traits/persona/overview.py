"""The persona in numbers, computed by the database: its contents, its growth, and how often each model was right."""

import bisect
import dataclasses
import datetime as dt
import itertools
from typing import Any

from django.db.models import Avg, Count, Min, Q
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.db import sql
from traits.confidence import DECILES, STRENGTH
from traits.models import (
    CandidateStatus,
    Decision,
    ExtractedTraitCandidate,
    PersonaTrait,
    TraitStatus,
    UserRefinedTrait,
)
from traits.models.log import COUNTING_TRAITS
from traits.persona.sql import GROWTH, RIGHT
from traits.review.selectors import tab_condition

MODELS = 6
"""How many models are shown; those with the most decided suggestions come first."""
ENOUGH = 10
"""Decided suggestions a model needs before the page says whether it is overconfident."""
OFF = 0.1
DRAWN = 5
"""Decided suggestions a band needs before it gets a bar: a share of fewer says little."""
AGREED = [CandidateStatus.CONFIRMED.value, CandidateStatus.REFINED.value]
# Step of the chart → the largest number of days that it is used for.
STEPS = (("day", 31), ("week", 730), ("month", 10**6))


@dataclasses.dataclass(frozen=True, kw_only=True)
class CategoryRow:
    """The number of traits in a category, relative to the largest category, and their average strength (0–1).

    strength: None if all of them are the person's own and unrated; such traits don't count in the average.
    """

    category: str
    number: int
    share: float
    strength: float | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Waiting:
    """Undecided suggestions. due: snoozed until a time that has passed; they are counted in review as well."""

    review: int
    later: int
    due: int
    next_due: dt.datetime | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Growth:
    """The number of traits at the end of each day, week or month (step), since the first decision."""

    step: str
    points: list[tuple[dt.date, int]]

    @property
    def most(self) -> int:
        return max((number for _, number in self.points), default=0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Band:
    """A confidence band of a model: its lower limit in per cent, and how many decided suggestions were accepted."""

    least: int
    agreed: int
    decided: int

    @property
    def share(self) -> float:
        return self.agreed / self.decided

    @property
    def is_drawn(self) -> bool:
        return self.decided >= DRAWN

    @property
    def most(self) -> int:
        return self.least + 100 // DECILES


@dataclasses.dataclass(frozen=True, kw_only=True)
class Model:
    """How often the person agreed with a model, by confidence; said is the model's average confidence (0–1)."""

    name: str
    bands: list[Band]
    said: float

    @property
    def decided(self) -> int:
        return sum(band.decided for band in self.bands)

    @property
    def agreed(self) -> int:
        return sum(band.agreed for band in self.bands)

    @property
    def share(self) -> float:
        return self.agreed / self.decided

    @property
    def verdict(self) -> str:
        """Compare the model's confidence with the person's decisions: "over", "under" or "right"; "" for too few."""
        if self.decided < ENOUGH:
            return ""
        if round(abs(self.said - self.share), 3) <= OFF:
            return "right"
        return "over" if self.said > self.share else "under"


def categories(user: User) -> list[CategoryRow]:
    """Return the categories of the persona, largest first."""
    rows = PersonaTrait.objects.filter(user=user).values("category")
    found = list(rows.annotate(number=Count("pk"), strength=Avg(STRENGTH)).order_by("-number", "category"))
    largest = found[0]["number"] if found else 1
    return [CategoryRow(share=row["number"] / largest, **row) for row in found]


def statuses(user: User) -> dict[str, int]:
    """Return the number of traits by status."""
    rows = PersonaTrait.objects.filter(user=user).values("status").order_by()
    number = {row["status"]: row["number"] for row in rows.annotate(number=Count("pk"))}
    return {status: number.get(status, 0) for status in TraitStatus.values}


def waiting(user: User) -> Waiting:
    """Count the undecided suggestions."""
    now = timezone.now()
    put_off = Q(status=CandidateStatus.AWAITING_REFINEMENT, held_reason="")
    found = ExtractedTraitCandidate.objects.filter(user=user).aggregate(
        review=Count("status", filter=tab_condition("review", now)),
        later=Count("status", filter=tab_condition("later", now)),
        due=Count("status", filter=put_off & Q(deferred_until__lte=now)),
        next_due=Min("deferred_until", filter=put_off & Q(deferred_until__gt=now)),
    )
    return Waiting(**found)


def growth(user: User) -> Growth | None:
    """Return the growth of the persona; None before the first decision."""
    first = UserRefinedTrait.objects.filter(user=user, revision=1).values_list("created_at", flat=True).first()
    if first is None:
        return None
    start, today = timezone.localdate(first), timezone.localdate()
    step = next(name for name, days in STEPS if (today - start).days <= days)
    since, differences = _differences(first, timezone.now())
    values: dict[str, Any] = {"since": since, "differences": differences, "removed": Decision.REMOVED.value}
    values |= {"user": user.pk, "step": step, "meant": [each.value for each in COUNTING_TRAITS]}
    changes = dict(sql.rows(GROWTH, values))
    _settle(user, changes, start, step)
    return Growth(step=step, points=_summed(changes, _begin(start, step), max(today, start), step))


def _differences(start: dt.datetime, end: dt.datetime) -> tuple[list[dt.datetime], list[dt.timedelta]]:
    """Return when the current time zone's difference from UTC changes, beginning with start, and the differences."""
    zone = timezone.get_current_timezone()

    def difference(moment: dt.datetime) -> dt.timedelta:
        return moment.astimezone(zone).utcoffset() or dt.timedelta()

    since, differences = [start.astimezone(dt.UTC)], [difference(start)]
    for day in range((end - start).days + 1):
        begin = since[0] + dt.timedelta(days=day)
        if difference(begin + dt.timedelta(days=1)) != (last := differences[-1]):
            minutes = [begin + dt.timedelta(minutes=each) for each in range(1, 24 * 60 + 1)]
            since.append(minutes[bisect.bisect_left(minutes, True, key=lambda at: difference(at) != last)])
            differences.append(difference(since[-1]))
    return since, differences


def _settle(user: User, changes: dict[dt.date, int], start: dt.date, step: str) -> None:
    """Subtract erased traits, on the day of the latest erasure: their log entries no longer say when they came."""
    erased = UserRefinedTrait.objects.filter(user=user, user_decision=Decision.EVIDENCE_ERASED).order_by("-revision")
    at = erased.values_list("created_at", flat=True).first()
    if at is not None:
        day = _begin(max(timezone.localdate(at), start), step)
        held = PersonaTrait.objects.filter(user=user).count()
        changes[day] = changes.get(day, 0) - (sum(changes.values()) - held)


def _summed(changes: dict[dt.date, int], start: dt.date, today: dt.date, step: str) -> list[tuple[dt.date, int]]:
    points, number, day = list[tuple[dt.date, int]](), 0, start
    while day <= today:
        number += int(changes.get(day, 0))
        points.append((day, number))
        day = _begin(day + dt.timedelta(days={"day": 1, "week": 7, "month": 31}[step]), step)
    return points


def _begin(day: dt.date, step: str) -> dt.date:
    """Return the first day of the week (Monday) or month that contains the day, as PostgreSQL's date_trunc does."""
    if step == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def models(user: User) -> tuple[list[Model], int]:
    """Return how often each model was right about the person, and the number of all models.

    A suggestion counts for each of its models. It counts as agreed if it was confirmed, with or without changes, or
    merged into a trait. Undecided suggestions don't count.
    """
    decided = [*AGREED, CandidateStatus.REJECTED.value]
    values: dict[str, Any] = {"user": user.pk, "agreed": AGREED, "decided": decided, "bands": DECILES}
    rows = sql.rows(RIGHT, values)
    found = [_model(name, list(each)) for name, each in itertools.groupby(rows, key=lambda row: row[0])]
    found.sort(key=lambda model: -model.decided)
    return found[:MODELS], len(found)


def _model(name: str, rows: list[tuple[str, int, int, int, float]]) -> Model:
    width = 100 // DECILES
    bands = [Band(least=band * width, agreed=agreed, decided=decided) for _, band, agreed, decided, _ in rows]
    return Model(name=name, bands=bands, said=sum(row[4] for row in rows) / sum(band.decided for band in bands))
