"""Carry decisions into the graph, until told to stop."""

import argparse
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.models import F
from neo4j.exceptions import Neo4jError

from graph.errors import GraphUnavailableError
from graph.projection.lag import went_back
from graph.projection.projector import Projector
from ptfi.db.wake import Bell
from ptfi.telemetry import exposition
from ptfi.web.server import tls
from traits.models import Erasure, ErasureState, Persona

LOOK_SECONDS = 0.5
"""Seconds between two checks that the workers are running."""


class Command(BaseCommand):
    help = "Carry decisions into the knowledge graph. Runs until SIGTERM or Ctrl-C; any number may run at once."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="project what there is, then exit")
        # While one waits for the graph, the other reads the log.
        parser.add_argument("--workers", type=int, default=2, help="how many work at once in this process (2)")
        parser.add_argument(
            "--heartbeat", type=Path, metavar="FILE", help="touch this file while it works, for a probe to look at"
        )
        parser.add_argument("--metrics-port", type=int, help="serve metrics there, to whoever can reach it")
        parser.add_argument("--metrics-address", default="127.0.0.1", help="of which interface (127.0.0.1)")

    def handle(
        self,
        *,
        once: bool,
        workers: int,
        heartbeat: Path | None,
        metrics_port: int | None,
        metrics_address: str,
        **_: Any,
    ) -> None:
        stop = threading.Event()
        if metrics_port:
            _serve_metrics(metrics_address, metrics_port)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            project(stop, once=once, workers=workers, beat=Heartbeat(heartbeat) if heartbeat else lambda: None)
        except GraphUnavailableError as error:
            raise CommandError(f"The graph is away ({type(error.__cause__ or error).__name__}).") from error
        except Neo4jError as error:
            raise CommandError(f"The graph refused ({error.code}).") from error
        gone = went_back() if once else 0
        if gone:
            raise CommandError(
                f"{gone} people's logs lack what the graph was made of, and are not projected. If PostgreSQL was"
                " restored to the past: manage.py accept_restored_logs. If not, manage.py verify_log."
            )
        behind = Persona.objects.filter(projected_revision__lt=F("revision")).count() if once else 0
        if behind:
            raise CommandError(f"{behind} people could not be projected; see last_error of their Persona rows.")
        if once and Erasure.objects.filter(state=ErasureState.ERASED).exists():
            raise CommandError("Not every erased person could be cleared; see last_error of their Erasure rows.")


class Heartbeat:
    """Touches a file when called, at most once per second. Raises CommandError if the file can't be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.due = 0.0
        try:
            self()
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror}.") from error

    def __call__(self) -> None:
        now = time.monotonic()
        if now >= self.due:
            self.path.touch()
            self.due = now + 1


def _serve_metrics(address: str, port: int) -> None:
    try:
        exposition.serve(address, port, tls.context())
    except tls.UnusableError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"Metrics can't be served at {address}:{port}: {error.strerror}.") from None


def project(stop: threading.Event, *, once: bool, workers: int, beat: Callable[[], None] = lambda: None) -> None:
    """Run this many workers until told to stop, or until nothing is left to do. Raises GraphUnavailableError."""
    if once:
        _work(workers, stop, lambda: Projector(beat=beat).drain(stop))
        return
    with Bell() as bell:
        _work(workers, stop, lambda: Projector(beat=beat, bell=bell).run(stop))


def _work(workers: int, stop: threading.Event, work: Callable[[], None]) -> None:
    def work_in_thread() -> None:
        try:
            work()
        finally:
            connections.close_all()

    if workers == 1:
        work()
        return
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work_in_thread) for _ in range(workers)]
        # With a time-out, because a signal that another thread catches does not wake this one, which handles it.
        while wait(futures, LOOK_SECONDS, FIRST_EXCEPTION).not_done:
            if any(future.exception() for future in futures if future.done()):
                # Whatever supervises this process starts it again with all of its workers.
                stop.set()
                wait(futures)
        for future in futures:
            future.result()
