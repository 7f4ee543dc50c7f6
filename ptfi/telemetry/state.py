"""What a web process says of PostgreSQL when it is asked: the graph's lag, the queue's age, the pool."""

import contextlib
import threading
import time
from collections.abc import Iterator

from django.db import Error, connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import REGISTRY, Collector

from ptfi.deadlines import run_within

SECONDS = 2.0
"""How long a look waits for PostgreSQL, and again for the queue's figures."""
QUEUE_SECONDS = 60.0
"""For how long the queue's figures are kept, which take a walk over all that waits: with millions, of seconds."""
BEHIND = """
SELECT count(*), coalesce(greatest(extract(epoch FROM clock_timestamp() - min(last_entry_at)), 0), 0)::float
FROM traits_persona WHERE projected_revision < revision"""
ERASURES = "SELECT count(*) FROM traits_erasure WHERE state IN ('erasing', 'erased')"
QUEUE = """
SELECT count(*), coalesce(greatest(extract(epoch FROM clock_timestamp() - min(created_at)), 0), 0)::float
FROM traits_extractedtraitcandidate WHERE status = 'candidate' AND held_reason = ''"""
POOL = {
    "ptfi_pool_connections": ("pool_size", "Connections of the pool."),
    "ptfi_pool_idle": ("pool_available", "Connections of the pool that nobody uses."),
    "ptfi_pool_waiting": ("requests_waiting", "Threads that wait for a connection."),
}
POOL_SUMS = {
    "ptfi_pool_requests": ("requests_num", "Connections asked for.", 1.0),
    "ptfi_pool_waits": ("requests_queued", "Connections that had to be waited for.", 1.0),
    "ptfi_pool_wait_seconds": ("requests_wait_ms", "Time spent waiting for connections.", 1_000.0),
    "ptfi_pool_errors": ("requests_errors", "Connections that were not got in time.", 1.0),
}
GAUGES = (
    ("ptfi_behind_people", "People whose newest decisions the graph does not show yet."),
    ("ptfi_behind_seconds", "Age of the oldest decision that the graph does not show yet."),
    ("ptfi_erasures_open", "Erasures that PostgreSQL or the graph has still to finish."),
    ("ptfi_queue_suggestions", "Suggestions that wait for a review."),
    ("ptfi_queue_oldest_seconds", "Age of the oldest of them."),
)


class State(Collector):
    """Asks PostgreSQL at each look; while it is away, only ptfi_database_up is there.

    The queue's figures are those of the last walk that ended: a long one must not make PostgreSQL look away.
    """

    def __init__(self) -> None:
        self._walking = threading.Lock()
        self._queue: tuple[float, ...] = ()
        self._due = 0.0

    def describe(self) -> list[Metric]:
        """Nothing ahead of time: registering must not ask."""
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            found = run_within(SECONDS, lambda: _rows(BEHIND, ERASURES), "metrics")
        except (Error, OSError):
            found = ()
        if found:
            with contextlib.suppress(Error, OSError):
                run_within(SECONDS, self._walk, "queue metrics")
            found = (*found, *self._queue)
        yield GaugeMetricFamily("ptfi_database_up", "Whether PostgreSQL answers.", value=float(bool(found)))
        for (name, words), value in zip(GAUGES, found, strict=False):
            yield GaugeMetricFamily(name, words, value=value)
        yield from _pool()

    def _walk(self) -> None:
        """Count what waits once the figures are old, in one thread at a time."""
        if time.monotonic() < self._due or not self._walking.acquire(blocking=False):
            return
        try:
            self._queue = _rows(QUEUE)
            self._due = time.monotonic() + QUEUE_SECONDS
        finally:
            self._walking.release()


def _rows(*statements: str) -> tuple[float, ...]:
    """The rows of statements that give one each, one after the other; this thread's connection is closed after."""
    found: list[float] = []
    try:
        for statement in statements:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                found += cursor.fetchone()
    finally:
        connection.close()
    return tuple(found)


def _pool() -> Iterator[Metric]:
    stats: dict[str, int] = connection.pool.get_stats()  # type: ignore[attr-defined]
    for name, (key, words) in POOL.items():
        yield GaugeMetricFamily(name, words, value=stats.get(key, 0))
    for name, (key, words, unit) in POOL_SUMS.items():
        yield CounterMetricFamily(name, words, value=stats.get(key, 0) / unit)


STATE = State()
REGISTRY.register(STATE)
