"""``manage.py serve``: pages and API, or the streams of events, over HTTP."""

import resource
import signal
from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.core.management.base import BaseCommand, CommandError
from uvicorn.supervisors import Multiprocess

from ptfi.web.server.connections import Connection, listening

APPLICATIONS = {"web": "ptfi.web.server.application:application", "events": "ptfi.asgi:application"}
STOP_SECONDS = 20
"""How long requests that were begun may take after SIGTERM."""


class Command(BaseCommand):
    """Serves until SIGTERM or Ctrl-C; requests that were begun are answered first."""

    help = "Serve pages and API (web) or streams of events (events) until SIGTERM or Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what to serve, and where."""
        parser.add_argument("what", choices=sorted(APPLICATIONS))
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1, help="processes; one that dies is replaced (default: 1)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve. Raises CommandError when the port cannot be used."""
        try:
            listener = listening(options["host"], options["port"])
        except (OSError, OverflowError) as error:
            raise CommandError(f"Port {options['port']} can't be used: {error}.") from None
        _allow_many_connections()
        # uvicorn raises the signal again once it has stopped; by then there is nothing left to end.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        config = _config(APPLICATIONS[options["what"]], options["workers"])
        if options["workers"] > 1:
            Multiprocess(config, [listener]).run()
        else:
            uvicorn.Server(config).run([listener])


def _config(application: str, workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=Connection,
        ws="none",
        workers=workers,
        # Ours writes the log, and trusts a proxy only where a setting says so.
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def _allow_many_connections() -> None:
    """Each connection is an open file, and the soft limit is often 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
