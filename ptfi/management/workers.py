"""What the commands share that run until they are told to stop: options, a heartbeat, metrics, signals."""

import argparse
import signal
import threading
import time
from pathlib import Path

from django.core.management.base import CommandError

from ptfi.telemetry import exposition
from ptfi.web.server import tls


def add_worker_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the heartbeat and the metrics."""
    parser.add_argument(
        "--heartbeat", type=Path, metavar="FILE", help="touch this file while it works, for a probe to look at"
    )
    parser.add_argument("--metrics-port", type=int, help="serve metrics there, to whoever can reach it")
    parser.add_argument("--metrics-address", default="127.0.0.1", help="of which interface (127.0.0.1)")


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


def serve_metrics(address: str, port: int) -> None:
    """Serve this process's metrics. Raises CommandError."""
    try:
        exposition.serve(address, port, tls.context())
    except tls.UnusableError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"Metrics can't be served at {address}:{port}: {error.strerror}.") from None


def stopped_by_signals(stop: threading.Event) -> None:
    """Set the event on SIGTERM and Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
