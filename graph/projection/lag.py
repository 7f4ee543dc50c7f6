"""How far the graph is behind the log, and for whom: for staff, probes and metrics."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Sum
from django.utils import timezone

from graph.models import GraphCheck, ProjectorState, Vocabulary
from graph.projection import gone_back
from graph.projection.heartbeat import KEPT
from traits.models import Erasure, Persona
from traits.models.erasure import UNDER_WAY

GONE = dt.timedelta(minutes=1)
"""A projector that was silent this long is gone; a single batch may take half of that."""
SHOWN = 20
BEHIND = Q(projected_revision__lt=F("revision"))
HELD = ~Q(held_at=None)
WENT_BACK = gone_back.WENT_BACK
FAILING = BEHIND & Q(attempts__gt=0)


@dataclass(frozen=True, slots=True)
class Behind:
    """For how many people and entries the graph is behind, and for how many seconds; failing: people it fails for."""

    people: int
    entries: int
    seconds: float
    failing: int

    @property
    def whole_seconds(self) -> int:
        return round(self.seconds)


@dataclass(frozen=True, slots=True)
class Lag:
    """What waits for the graph.

    held: people whom staff hold. went_back: people whose log lacks entries that the graph was made from. erasures:
    those in progress. concepts: whether shared concepts wait, too.
    """

    behind: Behind
    held: int
    went_back: int
    erasures: int
    failing_erasures: int
    concepts: bool


def behind() -> Behind:
    """How far the graph is behind the log now."""
    found = Persona.objects.filter(BEHIND).aggregate(
        people=Count("*"),
        entries=Sum(F("revision") - F("projected_revision")),
        oldest=Min("last_entry_at"),
        failing=Count("pk", filter=FAILING),
    )
    oldest = found["oldest"]
    seconds = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return Behind(found["people"], int(found["entries"] or 0), max(0.0, seconds), found["failing"])


def went_back() -> int:
    """People whose log went back."""
    return Persona.objects.filter(WENT_BACK).count()


def lag() -> Lag:
    """The state now."""
    erasures: dict[str, Any] = Erasure.objects.filter(state__in=UNDER_WAY).aggregate(
        number=Count("*"), failing=Count("pk", filter=Q(attempts__gt=0))
    )
    concepts = Vocabulary.objects.aggregate(behind=Max(F("revision") - F("projected_revision")))["behind"] or 0
    # A bitmap of two small indexes.
    stopped = Persona.objects.filter(HELD | WENT_BACK).aggregate(
        held=Count("pk", filter=HELD), went_back=Count("pk", filter=WENT_BACK)
    )
    return Lag(behind(), stopped["held"], stopped["went_back"], erasures["number"], erasures["failing"], concepts > 0)


def failing_erasures() -> list[Erasure]:
    """Erasures that fail, those with the most failures first."""
    rows = Erasure.objects.filter(state__in=UNDER_WAY, attempts__gt=0).order_by("-attempts", "requested_at", "pk")
    return list(rows[:SHOWN])


def projectors() -> list[ProjectorState]:
    """Projectors that work, and those that ended without a report in the last day."""
    rows = ProjectorState.objects.filter(seen_at__gt=timezone.now() - dt.timedelta(seconds=KEPT))
    return list(rows.order_by("-seen_at", "projector_id")[:SHOWN])


def last_check() -> GraphCheck | None:
    return GraphCheck.objects.first()
