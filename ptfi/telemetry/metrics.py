"""What a process counts and measures of itself; docs/operations.md says what each is for.

Labels are names out of the code: views, kinds of decisions. Nothing here names a person or quotes an address.
"""

from collections import Counter as Tally
from collections.abc import Iterable
from contextlib import contextmanager
from functools import cache, partial
from time import perf_counter
from typing import TYPE_CHECKING

from django.db import transaction
from prometheus_client import Counter, Histogram, disable_created_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NO_VIEW = "none"
"""Of answers that no view gave: static files, addresses that do not exist."""

# The time at which each series began is nothing that anybody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]
REQUESTS = Histogram(
    "ptfi_request_seconds", "Time to answer a request, by view and status class.", ["view", "status"], buckets=SECONDS
)
REFUSED = Counter("ptfi_refused_requests", "Requests that the server refused before any view saw them.", ["status"])
DECISIONS = Counter("ptfi_decisions", "Entries of the log, by kind of decision.", ["decision"])
GRAPH = Histogram("ptfi_graph_seconds", "Time of a read or write of the graph.", ["kind"], buckets=SECONDS)
GRAPH_ERRORS = Counter("ptfi_graph_errors", "Reads and writes of the graph that failed.", ["kind"])

_request = cache(REQUESTS.labels)
_decision = cache(DECISIONS.labels)


def answered(view: str, status: int, seconds: float) -> None:
    _request(view, f"{status // 100}xx").observe(seconds)


def decided(decisions: Iterable[str]) -> None:
    """Count entries of the log, once they are committed."""
    transaction.on_commit(partial(_count, Tally(decisions)))


def _count(decisions: "Tally[str]") -> None:
    for decision, number in decisions.items():
        _decision(decision).inc(number)


@contextmanager
def graph(kind: str) -> "Iterator[None]":
    """Measure a read or write of the graph."""
    started = perf_counter()
    try:
        yield
    except Exception:
        GRAPH_ERRORS.labels(kind).inc()
        raise
    finally:
        GRAPH.labels(kind).observe(perf_counter() - started)
