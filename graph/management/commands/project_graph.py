"""Carry decisions into the graph, until told to stop."""

import argparse
import threading
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
from ptfi.management.workers import Heartbeat, add_worker_options, serve_metrics, stopped_by_signals
from traits.models import Erasure, ErasureState, Persona

LOOK_SECONDS = 0.5
"""Seconds between two checks that the workers are running."""


class Command(BaseCommand):
    help = "Carry decisions into the knowledge graph. Runs until SIGTERM or Ctrl-C; any number may run at once."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="project what there is, then exit")
        # While one waits for the graph, the other reads the log.
        parser.add_argument("--workers", type=int, default=2, help="how many work at once in this process (2)")
        add_worker_options(parser)

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
            serve_metrics(metrics_address, metrics_port)
        stopped_by_signals(stop)
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
