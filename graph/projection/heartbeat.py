"""What a projector reports about itself, for staff."""

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
"""Shortest time in seconds between two reports, so that they cost next to nothing."""
KEPT = 86_400
"""Seconds for which a killed projector is still listed."""
REPORTED = ["seen_at", "people", "people_done", "entries_done", "waits_for", "last_error", "last_error_at"]
"""The columns that a later report changes."""


class Reporter:
    """The state of one projector; report() writes the counts.

    people: how many it is working on. waits_for: the database that is away, "" for none.
    """

    def __init__(self) -> None:
        self.people = self.people_done = self.entries_done = 0
        self.waits_for = ""
        self._id = uuid.uuid4()
        self._error = ""
        self._error_at: dt.datetime | None = None
        self._due = math.inf

    def begin(self) -> None:
        """List the projector from now on; one that only drains ends before anyone could look."""
        self._due = 0.0

    def failed(self, kind: str) -> None:
        """Record an error; the text must contain nothing personal."""
        self._error, self._error_at = kind[:500], timezone.now()

    def done(self, people: int, entries: int) -> None:
        """Count what was projected."""
        self.people_done += people
        self.entries_done += entries

    def report(self) -> None:
        """Write the state, unless that was a few seconds ago."""
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
        """Take this projector off the list, and those that ended long ago."""
        gone = Q(seen_at__lt=timezone.now() - dt.timedelta(seconds=KEPT))
        ProjectorState.objects.filter(Q(pk=self._id) | gone).delete()
