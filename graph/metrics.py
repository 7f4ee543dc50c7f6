"""Metrics of the graph per process; docs/operations.md describes each one."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import Counter, Histogram

from ptfi.telemetry.metrics import SECONDS

GRAPH = Histogram("ptfi_graph_seconds", "Time of a read or write of the graph.", ["kind"], buckets=SECONDS)
GRAPH_ERRORS = Counter("ptfi_graph_errors", "Reads and writes of the graph that failed.", ["kind"])
BATCHES = Histogram("ptfi_projector_batch_seconds", "Time of a batch of people, from its claim.", buckets=SECONDS)
PEOPLE = Counter("ptfi_projector_people", "People of all batches.")
FAILED = Counter("ptfi_projector_failures", "People who could not be projected, each time.")


@contextmanager
def measured(kind: str) -> Iterator[None]:
    """Measure a read or write of the graph."""
    started = perf_counter()
    try:
        yield
    except Exception:
        GRAPH_ERRORS.labels(kind).inc()
        raise
    finally:
        GRAPH.labels(kind).observe(perf_counter() - started)
