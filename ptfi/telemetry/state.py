"""What a web process says of PostgreSQL when it is asked: the graph's lag, the queue's age, the pool."""

import threading
import time
from collections.abc import Iterator

from django.db import Error, connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import REGISTRY, Collector

from ptfi.deadlines import run_within

SECONDS = 2.0
"""How long PostgreSQL may take for all of it."""
QUEUE_SECONDS = 60.0
"""For how long the queue's figures are kept, which take a walk over all that waits."""
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
    """Asks PostgreSQL at each look; while it is away, only ptfi_database_up is there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: tuple[float, tuple[float, ...]] = (0.0, ())

    def describe(self) -> list[Metric]:
        """Nothing ahead of time: registering must not ask."""
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            found = run_within(SECONDS, self._ask, "metrics")
        except (Error, OSError):
            found = ()
        yield GaugeMetricFamily("ptfi_database_up", "Whether PostgreSQL answers.", value=float(bool(found)))
        for (name, words), value in zip(GAUGES, found, strict=False):
            yield GaugeMetricFamily(name, words, value=value)
        yield from _pool()

    def _ask(self) -> tuple[float, ...]:
        try:
            return (*_row(BEHIND), *_row(ERASURES), *self._queued())
        finally:
            connection.close()

    def _queued(self) -> tuple[float, ...]:
        with self._lock:
            asked, kept = self._queue
            if not kept or time.monotonic() > asked + QUEUE_SECONDS:
                self._queue = (time.monotonic(), _row(QUEUE))
            return self._queue[1]


def _row(statement: str) -> tuple[float, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row: tuple[float, ...] = cursor.fetchone()
    return row


def _pool() -> Iterator[Metric]:
    stats: dict[str, int] = connection.pool.get_stats()  # type: ignore[attr-defined]
    for name, (key, words) in POOL.items():
        yield GaugeMetricFamily(name, words, value=stats.get(key, 0))
    for name, (key, words, unit) in POOL_SUMS.items():
        yield CounterMetricFamily(name, words, value=stats.get(key, 0) / unit)


STATE = State()
REGISTRY.register(STATE)
