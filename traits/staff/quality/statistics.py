"""Counting the outcomes of suggestions by week, limited to weeks in which something may have changed."""

import datetime as dt
import time
from dataclasses import dataclass

from ptfi.db import sql
from ptfi.db.transactions import front_door
from traits.models import Erasure, Quality, QualityRefresh, QualityWaiting
from traits.models.log import SETTLING, TURNING
from traits.staff.sql import ALL, CHANGED, COUNT, SOME, WAITING

LOCK = 0x7175616C
"""Key of the advisory lock that prevents two counts at the same time."""
MARGIN = dt.timedelta(hours=1)
"""Overlap with the previous count: transactions that were open then may have committed after it."""
WORK_MEMORY = "64MB"


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """The outcome of a count; weeks is None if all were counted."""

    weeks: int | None
    seconds: float


def refresh(*, whole: bool = False) -> Refreshed | None:
    """Count the weeks in which something may have changed since the last count; None if another count is running.

    All weeks are counted the first time, after an erasure, and with whole. It reads a snapshot and locks only its own
    tables, so that decisions are not blocked.
    """
    began = time.monotonic()
    with front_door():
        if not sql.call("pg_try_advisory_xact_lock", LOCK):
            return None
        now = sql.call("clock_timestamp")
        sql.run(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        weeks = None if whole else _changed()
        _count(weeks)
        QualityWaiting.objects.all().delete()
        sql.run(WAITING)
        number = Quality.objects.values("week").distinct().count() if weeks is None else len(weeks)
        seconds = time.monotonic() - began
        QualityRefresh.objects.update_or_create(
            pk=1, defaults={"refreshed_at": now, "seconds": seconds, "weeks": number}
        )
    return Refreshed(weeks=None if weeks is None else len(weeks), seconds=seconds)


def _changed() -> list[dt.date] | None:
    last = QualityRefresh.objects.first()
    if last is None:
        return None
    since = last.refreshed_at - MARGIN
    # For erased suggestions it is unknown in which weeks they had been decided.
    if Erasure.objects.filter(erased_at__gte=since).exists():
        return None
    weeks = sql.rows(CHANGED, {"since": since, "deciding": list(SETTLING)})
    return sorted(week for (week,) in weeks)


def _count(weeks: list[dt.date] | None) -> None:
    counted = Quality.objects.all() if weeks is None else Quality.objects.filter(week__in=weeks)
    counted.delete()
    if weeks != []:
        sql.run(COUNT.format(stated=ALL if weeks is None else SOME), {"turning": list(TURNING), "weeks": weeks})
