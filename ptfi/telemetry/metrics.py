"""What a process measures of the requests that it answers; traits and graph have their own (metrics.py).

docs/operations.md says what each metric is for. Labels are names out of the code, here of views: nothing names a
person or quotes an address.
"""

from functools import cache

from prometheus_client import Histogram, disable_created_metrics

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NO_VIEW = "none"
"""Of answers that no view gave: static files, addresses that do not exist."""

# The time at which each series began is nothing that anybody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]
REQUESTS = Histogram(
    "ptfi_request_seconds", "Time to answer a request, by view and status class.", ["view", "status"], buckets=SECONDS
)

_request = cache(REQUESTS.labels)


def answered(view: str, status: int, seconds: float) -> None:
    _request(view, f"{status // 100}xx").observe(seconds)
