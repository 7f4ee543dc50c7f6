"""Counts requests per minute and key across all processes: of the API, and of the token endpoint.

Each process counts for itself and reports to the database once per hundredth of the limit. Most requests therefore
write nothing, and a limit is exact up to what other processes have not reported yet: less than a hundredth each.
"""

import dataclasses
import hashlib
import secrets
import threading
import time

from ptfi.db import sql
from ptfi.db.prepared import fetch

WINDOW = 60
"""Seconds."""
BATCHES = 100
SWEEP_EVERY = 100
"""One in this many reports deletes the counts of past windows."""
REPORT = """
    INSERT INTO api_requestcount (key, number, ends_at) VALUES (%s, %s, to_timestamp(%s))
    ON CONFLICT (key) DO UPDATE SET number = api_requestcount.number + excluded.number RETURNING number
"""
# An hour, because clocks of hosts differ. Rows that another process is deleting are left to it.
SWEEP = """
    DELETE FROM api_requestcount WHERE key IN (
        SELECT key FROM api_requestcount WHERE ends_at < now() - interval '1 hour' LIMIT 1000 FOR UPDATE SKIP LOCKED)
"""


@dataclasses.dataclass(slots=True)
class Tally:
    """Requests of one window: counted here and not reported yet, and reported by all processes."""

    here: int = 0
    reported: int = 0


_lock = threading.Lock()
_window = 0
_tallies: dict[str, Tally] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class Allowance:
    """How many requests are left of a limit per minute, and the seconds until the next minute; refused: none was."""

    most: int
    left: int
    seconds: int
    refused: bool


def allowance(key: str, most: int) -> Allowance:
    """Count one request against `key`'s limit per minute, which is not 0, and return what is left of it."""
    now = int(time.time())
    number = _count(key, most, now // WINDOW)
    return Allowance(most, max(0, most - number), WINDOW - now % WINDOW, number > most)


def seconds_to_wait(key: str, most: int) -> int:
    """Count one request against `key`'s limit per minute (0:

    unlimited). Returns the seconds to wait, 0 if it is allowed.
    """
    counted = allowance(key, most) if most else None
    return counted.seconds if counted and counted.refused else 0


def _count(key: str, most: int, window: int) -> int:
    """How many requests this key has made in the window, including this one, as far as this process knows."""
    with _lock:
        tally = _tally(key, window)
        if tally.reported > most:
            return tally.reported
        tally.here += 1
        due = tally.here if tally.here >= most // BATCHES else 0
        tally.here -= due
    reported = _report(key, due, window) if due else 0
    with _lock:
        # Another thread may have received a later report.
        tally.reported = max(tally.reported, reported)
        return tally.reported + tally.here


def _tally(key: str, window: int) -> Tally:
    global _window
    if window != _window:
        _window = window
        _tallies.clear()
    return _tallies.setdefault(key, Tally())


def _report(key: str, number: int, window: int) -> int:
    """Add requests to the total of all processes and return it. No personal data is stored."""
    if not secrets.randbelow(SWEEP_EVERY):
        sql.run(SWEEP)
    name = hashlib.sha256(f"{window}:{key}".encode()).hexdigest()
    return int(fetch(REPORT, [name, number, (window + 1) * WINDOW])[0][0])
