"""How far the graph is behind, and for whom; what staff do about it."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from graph.models import GraphCheck, ProjectorState
from graph.projection.heartbeat import KEPT
from traits.models import Erasure, ErasureState, Persona

GONE = dt.timedelta(minutes=1)
"""A projector that said nothing for so long is gone; a single batch may take half of that."""
SHOWN = 20
BEHIND = Q(projected_revision__lt=F("revision"))
HELD = ~Q(held_at=None)
FAILING = BEHIND & Q(attempts__gt=0)
UNDER_WAY = (ErasureState.ERASING, ErasureState.ERASED)
LAG = """
SELECT b.people, b.entries, greatest(0, extract(epoch FROM clock_timestamp() - b.oldest))::bigint, b.failing,
    (SELECT count(*) FROM traits_persona WHERE held_at IS NOT NULL),
    e.number, e.failing,
    (SELECT coalesce(max(revision - projected_revision), 0) FROM graph_vocabulary) > 0
FROM (
    SELECT count(*) AS people, coalesce(sum(revision - projected_revision), 0)::bigint AS entries,
        coalesce(min(last_entry_at), clock_timestamp()) AS oldest, count(*) FILTER (WHERE attempts > 0) AS failing
    FROM traits_persona WHERE projected_revision < revision) AS b,
    (SELECT count(*) AS number, count(*) FILTER (WHERE attempts > 0) AS failing
    FROM traits_erasure WHERE state IN ('erasing', 'erased')) AS e"""


@dataclass(frozen=True, slots=True)
class Lag:
    """For how many people and entries the graph is behind, and since how many seconds.

    failing: people with whom it fails. held: people whom staff hold. erasures are those under way. concepts: whether
    the shared concepts wait, too.
    """

    people: int
    entries: int
    oldest_seconds: int
    failing: int
    held: int
    erasures: int
    failing_erasures: int
    concepts: bool

    @property
    def oldest(self) -> dt.timedelta:
        return dt.timedelta(seconds=self.oldest_seconds)


def lag() -> Lag:
    """How things stand now."""
    with connection.cursor() as cursor:
        cursor.execute(LAG)
        return Lag(*cursor.fetchone())


def failing_erasures() -> list[Erasure]:
    """Erasures that cannot go on, those that failed most often first."""
    rows = Erasure.objects.filter(state__in=UNDER_WAY, attempts__gt=0).order_by("-attempts", "requested_at", "pk")
    return list(rows[:SHOWN])


def projectors() -> list[ProjectorState]:
    """Those that work, and those that ended without a word in the last day."""
    rows = ProjectorState.objects.filter(seen_at__gt=timezone.now() - dt.timedelta(seconds=KEPT))
    return list(rows.order_by("-seen_at", "projector_id")[:SHOWN])


def last_check() -> GraphCheck | None:
    return GraphCheck.objects.first()


def retry(people: QuerySet[Persona]) -> int:
    """Have those of the people with whom it fails tried again at once; returns how many."""
    return people.filter(FAILING).update(next_attempt_at=None)


def hold(people: QuerySet[Persona]) -> int:
    """Have nothing projected for these people until they are released; returns how many were not held before.

    What a projector has in hand already it still writes. Decisions go on, and wait.
    """
    return people.filter(held_at=None).update(held_at=timezone.now())


def release(people: QuerySet[Persona]) -> int:
    """Let go of those who are held; returns how many."""
    return people.exclude(held_at=None).update(held_at=None)


def retry_erasures(ids: Iterable[uuid.UUID]) -> int:
    """Have erasures that cannot go on tried again at once; returns how many."""
    rows = Erasure.objects.filter(pk__in=list(ids), state__in=UNDER_WAY, attempts__gt=0)
    return rows.update(next_attempt_at=None)
