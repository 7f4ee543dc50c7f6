"""Tell apps of changes to what they read, until told to stop."""

import argparse
import threading
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from ptfi.management.workers import Heartbeat, add_worker_options, serve_metrics, stopped_by_signals
from traits.sharing.notices import sender


class Command(BaseCommand):
    help = (
        "Tell apps of changes to what they read (webhooks). Runs until SIGTERM or Ctrl-C; any number may run at once."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due, then exit")
        parser.add_argument("--threads", type=int, default=8, help="how many messages are sent at once (8)")
        add_worker_options(parser)

    def handle(
        self,
        *,
        once: bool,
        threads: int,
        heartbeat: Path | None,
        metrics_port: int | None,
        metrics_address: str,
        **_: Any,
    ) -> None:
        if once:
            sender.send_all()
            return
        stop = threading.Event()
        if metrics_port:
            serve_metrics(metrics_address, metrics_port)
        stopped_by_signals(stop)
        sender.run(stop, threads=threads, beat=Heartbeat(heartbeat) if heartbeat else lambda: None)
