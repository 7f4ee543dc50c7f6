"""Metrics of the requests that a process answers; traits and graph have their own (metrics.py).

docs/operations.md describes each metric. Labels are names from the code, here of views: none names a person or quotes
an address.
"""

from functools import cache

from prometheus_client import Counter, Histogram, disable_created_metrics

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NO_VIEW = "none"
"""For answers without a view: static files, unknown addresses."""

# When a series was created is of no use to anyone.
disable_created_metrics()  # type: ignore[no-untyped-call]
REQUESTS = Histogram(
    "ptfi_request_seconds", "Time to answer a request, by view and status class.", ["view", "status"], buckets=SECONDS
)
REFUSED = Counter("ptfi_refused_requests", "Requests that the server refused before any view saw them.", ["status"])

_request = cache(REQUESTS.labels)


def answered(view: str, status: int, seconds: float) -> None:
    _request(view, f"{status // 100}xx").observe(seconds)
