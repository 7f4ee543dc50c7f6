"""What a projector says of itself, for staff to see."""

import datetime as dt
import math
import os
import socket
import time
import uuid

from django.db.models import Q
from django.utils import timezone

from graph.models import ProjectorState

EVERY = 2.0
"""Seconds between two reports, at least, so that they cost nothing."""
KEPT = 86_400
"""Seconds for which a projector that was killed is still listed."""
REPORTED = ["seen_at", "people", "people_done", "entries_done", "waits_for", "last_error", "last_error_at"]
"""The columns that a later report changes."""


class Reporter:
    """The state of one projector; what is counted here is written by report.

    people: how many it has in hand. waits_for: which database is away, "" for none.
    """

    def __init__(self) -> None:
        self.people = self.people_done = self.entries_done = 0
        self.waits_for = ""
        self._id = uuid.uuid4()
        self._error = ""
        self._error_at: dt.datetime | None = None
        self._due = math.inf

    def begin(self) -> None:
        """Have it listed from now on: one that only drains is over before anybody looks."""
        self._due = 0.0

    def failed(self, kind: str) -> None:
        """Note an error; the text must hold nothing personal."""
        self._error, self._error_at = kind[:500], timezone.now()

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
        moment = timezone.now()
        state = ProjectorState(
            projector_id=self._id,
            host=socket.gethostname()[:255],
            pid=os.getpid(),
            started_at=moment,
            seen_at=moment,
            people=self.people,
            people_done=self.people_done,
            entries_done=self.entries_done,
            waits_for=self.waits_for,
            last_error=self._error,
            last_error_at=self._error_at,
        )
        ProjectorState.objects.bulk_create(
            [state], update_conflicts=True, unique_fields=["projector_id"], update_fields=REPORTED
        )

    def end(self) -> None:
        """Take this projector off the list, and those that have been gone for long."""
        gone = Q(seen_at__lt=timezone.now() - dt.timedelta(seconds=KEPT))
        ProjectorState.objects.filter(Q(pk=self._id) | gone).delete()
