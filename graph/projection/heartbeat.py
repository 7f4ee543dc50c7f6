"""What a projector says of itself, for staff to see."""

import math
import os
import socket
import time
import uuid

from django.db import connection

EVERY = 2.0
"""Seconds between two reports, at least, so that they cost nothing."""
KEPT = 86_400
"""Seconds for which a projector that was killed is still listed."""
REPORT = """
INSERT INTO graph_projectorstate AS s (projector_id, host, pid, started_at, seen_at, people, people_done, entries_done,
    waits_for, last_error, last_error_at)
VALUES (%(id)s, %(host)s, %(pid)s, clock_timestamp(), clock_timestamp(), %(people)s, %(people_done)s, %(entries_done)s,
    %(waits_for)s, %(error)s, clock_timestamp() - make_interval(secs => %(error_age)s))
ON CONFLICT (projector_id) DO UPDATE SET seen_at = excluded.seen_at, people = excluded.people,
    people_done = excluded.people_done, entries_done = excluded.entries_done, waits_for = excluded.waits_for,
    last_error = excluded.last_error, last_error_at = excluded.last_error_at"""
CLEAN = """
DELETE FROM graph_projectorstate
WHERE projector_id = %s OR seen_at < clock_timestamp() - make_interval(secs => %s)"""


class Reporter:
    """The state of one projector; what is counted here is written by report.

    people: how many it has in hand. waits_for: which database is away, "" for none.
    """

    def __init__(self) -> None:
        self.people = self.people_done = self.entries_done = 0
        self.waits_for = ""
        self._id = uuid.uuid4()
        self._error, self._error_at = "", 0.0
        self._due = math.inf

    def begin(self) -> None:
        """Have it listed from now on: one that only drains is over before anybody looks."""
        self._due = 0.0

    def failed(self, kind: str) -> None:
        """Note an error; the text must hold nothing personal."""
        self._error, self._error_at = kind[:500], time.monotonic()

    def done(self, people: int, entries: int) -> None:
        """Count what was projected."""
        self.people_done += people
        self.entries_done += entries

    def report(self) -> None:
        """Write the state, if that was some seconds ago."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + EVERY
        values = {name: getattr(self, name) for name in ("people", "people_done", "entries_done", "waits_for")}
        values |= {"id": self._id, "host": socket.gethostname()[:255], "pid": os.getpid(), "error": self._error}
        values["error_age"] = now - self._error_at if self._error else None
        with connection.cursor() as cursor:
            cursor.execute(REPORT, values)

    def end(self) -> None:
        """Take this projector off the list, and those that have been gone for long."""
        with connection.cursor() as cursor:
            cursor.execute(CLEAN, [self._id, KEPT])
