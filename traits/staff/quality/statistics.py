"""Counting what became of the suggestions: by week, and only the weeks in which something may have changed."""

import datetime as dt
import time
from dataclasses import dataclass

from ptfi.db import sql
from ptfi.db.transactions import front_door
from traits.models import Erasure, Quality, QualityRefresh, QualityWaiting
from traits.models.log import SETTLING, TURNING
from traits.staff.sql import ALL, CHANGED, COUNT, SOME, WAITING

LOCK = 0x7175616C
"""The advisory lock of the one who counts."""
MARGIN = dt.timedelta(hours=1)
"""What was decided so long before the last count is looked at again: its transaction may have ended after it."""
WORK_MEMORY = "64MB"


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """What a count did; weeks is None where all of them were counted."""

    weeks: int | None
    seconds: float


def refresh(*, whole: bool = False) -> Refreshed | None:
    """Count the weeks in which something may have changed since the last time; None when somebody else is counting.

    All of them where nothing was counted yet, where something was erased since, and with whole. It reads what stood
    when it began and locks nothing but its own tables, so that decisions go on.
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
    # Nothing says in which weeks it had been decided on what is gone.
    if Erasure.objects.filter(erased_at__gte=since).exists():
        return None
    weeks = sql.rows(CHANGED, {"since": since, "deciding": list(SETTLING)})
    return sorted(week for (week,) in weeks)


def _count(weeks: list[dt.date] | None) -> None:
    counted = Quality.objects.all() if weeks is None else Quality.objects.filter(week__in=weeks)
    counted.delete()
    if weeks != []:
        sql.run(COUNT.format(stated=ALL if weeks is None else SOME), {"turning": list(TURNING), "weeks": weeks})
