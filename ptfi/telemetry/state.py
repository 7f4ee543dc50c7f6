"""PostgreSQL's metrics on a web process: the pool, and figures that the apps register."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from django.db import Error, connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ptfi.deadlines import run_within

SECONDS = 2.0
"""Seconds that a scrape waits for PostgreSQL, and again for each set of cached figures."""
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


class Figures:
    """Gauges whose values come from PostgreSQL: their names with help texts, and the query for the values, in that
    order.

    kept: seconds for which values are cached; 0 asks at each scrape. Cached ones may take longer than a scrape waits:
    it then reports the previous values.
    """

    def __init__(self, gauges: dict[str, str], ask: Callable[[], Sequence[float]], kept: float = 0.0) -> None:
        self.gauges, self.ask, self.kept = gauges, ask, kept
        self.values: Sequence[float] = ()
        self._due = 0.0
        self._asking = threading.Lock()

    def refresh(self) -> None:
        """Refresh the values once they are old, in one thread at a time, and close that thread's connection."""
        if time.monotonic() < self._due or not self._asking.acquire(blocking=False):
            return
        try:
            self.values = self.ask()
            self._due = time.monotonic() + self.kept
        finally:
            self._asking.release()
            connection.close()

    def metrics(self, values: Sequence[float]) -> Iterator[Metric]:
        for (name, words), value in zip(self.gauges.items(), values, strict=False):
            yield GaugeMetricFamily(name, words, value=value)


class State(Collector):
    """Asks PostgreSQL at each scrape; while it is away, only ptfi_database_up is reported."""

    def __init__(self) -> None:
        self._figures: list[Figures] = []

    def register(self, figures: Figures) -> None:
        """Report these figures, too."""
        self._figures.append(figures)

    def describe(self) -> list[Metric]:
        """Nothing in advance: registering must not query."""
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            found = run_within(SECONDS, self._ask, "metrics")
        except (Error, OSError):
            found = None
        yield GaugeMetricFamily("ptfi_database_up", "Whether PostgreSQL answers.", value=float(found is not None))
        if found is not None:
            for figures in self._figures:
                yield from figures.metrics(found[figures] if figures in found else _kept(figures))
        yield from _pool()

    def _ask(self) -> dict[Figures, Sequence[float]]:
        """The values that are asked for at each scrape; closes this thread's connection."""
        try:
            connection.ensure_connection()
            return {figures: figures.ask() for figures in self._figures if not figures.kept}
        finally:
            connection.close()


def _kept(figures: Figures) -> Sequence[float]:
    with contextlib.suppress(Error, OSError):
        run_within(SECONDS, figures.refresh, "kept metrics")
    return figures.values


def _pool() -> Iterator[Metric]:
    stats: dict[str, int] = connection.pool.get_stats()  # type: ignore[attr-defined]
    for name, (key, words) in POOL.items():
        yield GaugeMetricFamily(name, words, value=stats.get(key, 0))
    for name, (key, words, unit) in POOL_SUMS.items():
        yield CounterMetricFamily(name, words, value=stats.get(key, 0) / unit)


STATE = State()
"""Only web processes register it (middleware.py); others would report the same figures twice."""
