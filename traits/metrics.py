"""Metrics: decisions per process, and the queue and erasures as reported by web processes (docs/operations.md)."""

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from functools import cache, partial

from django.db import transaction
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import Counter

from ptfi.telemetry.state import STATE, Figures
from traits.models import CandidateStatus, Erasure, ExtractedTraitCandidate
from traits.models.erasure import UNDER_WAY

DECISIONS = Counter("ptfi_decisions", "Entries of the log, by kind of decision.", ["decision"])
QUEUE_SECONDS = 60.0
"""How long the queue's numbers are cached: computing them scans all undecided rows, which takes seconds for millions.
"""

_decision = cache(DECISIONS.labels)


def decided(decisions: Iterable[str]) -> None:
    """Count entries of the log when they are committed."""
    transaction.on_commit(partial(_count, Tally(decisions)))


def _count(decisions: "Tally[str]") -> None:
    for decision, number in decisions.items():
        _decision(decision).inc(number)


def erasures() -> Sequence[float]:
    """Return the number of erasures under way."""
    return (Erasure.objects.filter(state__in=UNDER_WAY).count(),)


def queue() -> Sequence[float]:
    """Return the number of suggestions to review, and the age of the oldest in seconds."""
    waiting = ExtractedTraitCandidate.objects.filter(status=CandidateStatus.CANDIDATE, held_reason="")
    found = waiting.aggregate(number=Count("*"), oldest=Min("created_at"))
    oldest = found["oldest"]
    return found["number"], max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0


OPEN_ERASURES = Figures({"ptfi_erasures_open": "Erasures that PostgreSQL or the graph has still to finish."}, erasures)
QUEUE = Figures(
    {
        "ptfi_queue_suggestions": "Suggestions that wait for a review.",
        "ptfi_queue_oldest_seconds": "Age of the oldest of them.",
    },
    queue,
    kept=QUEUE_SECONDS,
)


def register() -> None:
    """Register the metrics that web processes report."""
    STATE.register(OPEN_ERASURES)
    STATE.register(QUEUE)
