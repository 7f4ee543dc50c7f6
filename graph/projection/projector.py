"""The projector carries the log into the graph, and is the graph's only writer. Any number may run concurrently."""

import contextlib
import itertools
import logging
import random
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db import connection as database
from neo4j.exceptions import ConstraintError, TransientError

from graph import connection, metrics
from graph.errors import GraphUnavailableError
from graph.mapping import Rows, ThingChange, rows_of
from graph.projection import erasure, installation, lost, outbox, refresh, shared_concepts, writer
from graph.projection.heartbeat import Reporter
from graph.projection.outbox import Claim, End
from graph.projection.writer import CLEARING, Fence, Window
from ptfi.db.wake import Bell
from ptfi.telemetry import trace

logger = logging.getLogger(__name__)

AWAY = (GraphUnavailableError, OperationalError, InterfaceError)
"""Temporary failures that no person's data causes: people keep their turn."""

LONGEST_WAIT = 2.0
"""Longest pause in seconds between two attempts to reach a database that is away."""
RACES = 5
"""How often a batch is retried after a conflict with another writer."""
ALL_SWEPT = object()
"""In the place of a step of the sweep: there are no more."""
LONGEST_IDLE = 5.0
"""Longest pause in seconds between two polls while nobody decides and wake-ups arrive."""
ERASE_POLL = 1.0
"""Seconds between two searches for erased people to be cleared, and for shared concepts that changed."""


class Projector:
    """One worker.

    Attributes: only: the one person it serves (None: everyone); beat: called at each turn of `run`; bell: rings when
    somebody decided (None: `run` has to poll all the time).
    """

    def __init__(
        self,
        only: uuid.UUID | None = None,
        beat: Callable[[], None] = lambda: None,
        bell: Bell | None = None,
    ) -> None:
        self.only, self.beat, self.bell = only, beat, bell
        self._held: list[Claim] = []
        self._reporter = Reporter()
        self._sweep: Iterator[object] = iter(())
        self._refresh: Iterator[object] = iter(())
        self._erased_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Project until told to stop, waiting for databases that are away."""
        wait, idle, ready = 0.0, 0.0, False
        self._reporter.begin()
        while not stop.is_set():
            self.beat()
            try:
                self._reporter.report()
                if not ready:
                    self.prepare()
                    ready = True
                busy = self._turn()
                idle = 0.0 if busy else self._rest(idle, stop)
                wait = self._back(wait)
            except AWAY as error:
                # Whichever database was away may have come back with less data.
                ready, wait = False, self._away(error, wait)
                stop.wait(wait)
        self._let_go()
        with contextlib.suppress(*AWAY):
            self._reporter.end()

    def _turn(self) -> bool:
        """Do some of everything there is to do; returns whether there may be more. Raises GraphUnavailableError."""
        swept = next(self._sweep, ALL_SWEPT)
        if time.monotonic() > self._erased_at + ERASE_POLL:
            self.share()
            self.erase()
        return bool(self.batch()) or next(self._refresh, False) is True or swept is not ALL_SWEPT

    def _rest(self, idle: float, stop: threading.Event) -> float:
        """Wait for somebody to decide, longer than the last time; returns for how long, 0 if somebody did."""
        shortest = settings.PROJECTOR_POLL_SECONDS
        if self.bell is None:
            stop.wait(shortest)
            return 0.0
        idle = min(max(LONGEST_IDLE, shortest), idle * 2 or shortest) if self.bell.listening else shortest
        return 0.0 if self.bell.wait(idle, stop) else idle

    def drain(self, stop: threading.Event) -> None:
        """Clear and project until only people are left for whom it fails. Raises GraphUnavailableError."""
        self.prepare()
        for _ in self._sweep:
            pass
        while not stop.is_set():
            if not self.share() + self.erase() + self.batch():
                if next(self._refresh, False):
                    continue
                if not self._waiting():
                    return
                stop.wait(settings.PROJECTOR_POLL_SECONDS)

    def _waiting(self) -> bool:
        concepts = self.only is None and shared_concepts.waiting()
        return concepts or outbox.waiting(self.only) or erasure.waiting(self.only)

    def prepare(self) -> None:
        """Install the schema where it is missing and, with each batch, look for people and concepts that the graph
        lost. Afterwards, people whose graph an earlier release made are projected again.
        """
        installation.ensure()
        concepts = shared_concepts.repair_lost() if self.only is None else ()
        self._sweep = itertools.chain(erasure.repeat_lost(self.only), lost.replay_lost(self.only), concepts)
        self._refresh = refresh.replay_outdated(self.only)

    def share(self) -> int:
        """Carry shared concepts into the graph if any changed; returns how often. Raises GraphUnavailableError."""
        if self.only is not None:
            return 0
        try:
            return int(shared_concepts.project())
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 (it is tried again when its lease is over, and people go on)
            logger.error("The shared concepts could not be projected: %s", _reason(error))
            self._reporter.failed(_reason(error))
            return 0

    def erase(self) -> int:
        """Continue an erasure of a part, or clear a person's graph;

        returns how many there were. Raises GraphUnavailableError.
        """
        if erasure.go_on(self.only):
            return 1
        person = erasure.claim(settings.PROJECTOR_LEASE_SECONDS, self.only)
        if person is None:
            self._erased_at = time.monotonic()
            return 0
        try:
            erasure.clear(person)
        except (*AWAY, ConstraintError, TransientError) as error:
            erasure.release(person)
            if isinstance(error, AWAY):
                raise
        except Exception as error:  # noqa: BLE001 (it is kept with the erasure, and the others go on)
            logger.error("The graph of %s could not be cleared: %s", person, _reason(error))
            self._reporter.failed(_reason(error))
            erasure.failed(person, _reason(error))
        return 1

    def batch(self) -> int:
        """Project a batch of people; returns their number. Raises GraphUnavailableError."""
        self._let_go()
        trace.begin(trace.BATCH)
        self._held = outbox.claim(settings.PROJECTOR_LEASE_SECONDS, self.only)
        count = len(self._held)
        self._reporter.people = count
        if count:
            self._reporter.report()
            metrics.PEOPLE.inc(count)
            with metrics.BATCHES.time():
                self._carry()
            self._reporter.people = 0
        return count

    def _carry(self) -> None:
        """Project the people whom this projector holds. Raises GraphUnavailableError."""
        windows = self._windows()
        try:
            self._project(windows)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 (whose fault it is shows when each is tried alone)
            logger.warning("A batch of %d failed (%s); trying one by one", len(windows), _reason(error))
            self._project_singly(windows)
        self._let_go()

    def _windows(self) -> list[tuple[Claim, Window]]:
        ends = outbox.window_ends(self._held)
        outbox.release(claim for claim in self._held if claim.user_id not in ends)
        self._held = [claim for claim in self._held if claim.user_id in ends]
        changes = outbox.changes(self._held, ends)
        windows = []
        for claim in self._held:
            mine = changes.get(claim.user_id, [])
            try:
                rows = rows_of(mine)
            except Exception as error:  # noqa: BLE001 (a state that can't be read must not stop the others)
                self._failed(claim, error)
                continue
            windows.append((claim, _window(claim, ends[claim.user_id], mine, rows)))
        return windows

    def _project_singly(self, windows: list[tuple[Claim, Window]]) -> None:
        for claim, window in windows:
            try:
                self._project([(claim, window)])
            except AWAY:
                raise
            except Exception as error:
                if not installation.can_write():
                    # The graph refuses everything, for example with a full disk: no person's data causes it.
                    raise GraphUnavailableError from error
                self._failed(claim, error)

    def _project(self, windows: list[tuple[Claim, Window]]) -> None:
        windows = lost.without_gone_back(windows)
        if not windows:
            return
        stopped = _write([window for _, window in windows])
        hashes = lost.hashes_of(stopped)
        done, clearing = [], []
        missed = dict[uuid.UUID, tuple[int, Fence | None]]()
        for claim, window in windows:
            if claim.user_id not in stopped:
                done.append((claim, window.to, window.hash))
                continue
            fence = stopped[claim.user_id]
            if fence == Fence(claim.generation, CLEARING) and not claim.since:
                clearing.append((claim.user_id, claim.generation))
            elif fence and lost.holds(fence, claim.generation, claim.since, hashes[claim.user_id]):
                done.append((claim, fence.revision, fence.hash))
            else:
                missed[claim.user_id] = (claim.generation, fence)
        lost.mend(missed, hashes)
        shared_concepts.tie_people({window.user_id: window.concepts() for _, window in windows})
        outbox.done(done)
        self._reporter.done(len(done), sum(max(0, upto - claim.since) for claim, upto, _ in done))
        if clearing:
            _clear(clearing)

    def _failed(self, claim: Claim, error: Exception) -> None:
        metrics.FAILED.inc()
        logger.error("Person %s could not be projected: %s", claim.user_id, _reason(error))
        self._reporter.failed(_reason(error))
        outbox.failed(claim, _reason(error))

    def _let_go(self) -> None:
        outbox.release(self._held)
        self._held = []

    def _away(self, error: Exception, wait: float) -> float:
        which = "The graph" if isinstance(error, GraphUnavailableError) else "PostgreSQL"
        if not wait:
            logger.warning("%s is away (%s); waiting for it", which, _reason(error.__cause__ or error))
        self._reporter.waits_for = which.replace("The", "the")
        if which == "PostgreSQL":
            database.close()
        return min(LONGEST_WAIT, wait * 2 or settings.PROJECTOR_POLL_SECONDS)

    def _back(self, wait: float) -> float:
        if wait:
            logger.info("Everything is back; projecting goes on")
            self._reporter.waits_for = ""
        return 0.0


def _window(claim: Claim, end: End, changes: list[ThingChange], rows: Rows) -> Window:
    ends = (claim.since, end.since_hash, end.upto, end.hash)
    return Window(claim.user_id, claim.generation, *ends, claim.joined, changes, rows)


def _write(windows: Sequence[Window]) -> dict[uuid.UUID, Fence | None]:
    for race in range(RACES):
        try:
            return connection.write(lambda tx: writer.write(tx, windows))
        except (ConstraintError, TransientError):
            time.sleep(random.uniform(0, 0.05 * 2**race))  # noqa: S311 (so that two do not meet again)
    return connection.write(lambda tx: writer.write(tx, windows))


def _clear(people: list[tuple[uuid.UUID, int]]) -> None:
    while not connection.write(lambda tx: writer.clear(tx, people)):
        pass


def _reason(error: BaseException) -> str:
    """What failed and where, without the message, which may quote personal texts."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    code = getattr(error, "code", None) or getattr(error, "sqlstate", None)
    return f"{type(error).__name__}{f' {code}' if code else ''}{place}"
