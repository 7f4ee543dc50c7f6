"""Metrics of notices: what a sender did, and figures of the whole installation that web processes report."""

from collections.abc import Sequence

from prometheus_client import Counter

from ptfi.db import sql
from ptfi.telemetry.state import STATE, Figures
from traits.sharing.notices.outbox import delay
from traits.sharing.sql import FIGURES

SENT = Counter("ptfi_notices_acknowledged", "Messages that a receiver acknowledged, by event.", ["event"])
FAILED = Counter("ptfi_notices_failures", "Attempts without an acknowledgement, by reason.", ["reason"])
GIVEN_UP = Counter("ptfi_notices_given_up", "Messages that nobody acknowledged in time.")


def figures() -> Sequence[float]:
    """How many messages wait, the age of the oldest in seconds, and for how many seconds the sender is overdue."""
    ((waiting, oldest, overdue),) = sql.rows(FIGURES, {"delay": delay()})
    return waiting, oldest, overdue


WAITING = Figures(
    {
        "ptfi_notices_waiting": "Messages that wait for a receiver.",
        "ptfi_notices_oldest_seconds": "Age of the oldest of them.",
        "ptfi_notices_overdue_seconds": "For how long the sender is behind what is due.",
    },
    figures,
    kept=15.0,
)


def register() -> None:
    """Register the figures that web processes report."""
    STATE.register(WAITING)
