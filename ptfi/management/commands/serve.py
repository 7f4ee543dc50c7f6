"""``manage.py serve``: pages and API, or event streams, over HTTP or, with a certificate, HTTPS."""

import os
import resource
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ptfi.environment import NEEDED
from ptfi.web.server import tls
from ptfi.web.server.sockets import take_port

APPLICATIONS = {"web": ("rsgi", "ptfi.wsgi:gateway"), "events": ("asgi", "ptfi.asgi:application")}
STOP_SECONDS = 20
"""Seconds that running requests may take after SIGTERM."""


class Command(BaseCommand):
    """Serves until SIGTERM or Ctrl-C; running requests are completed first."""

    help = "Serve pages and API (web) or streams of events (events) until SIGTERM or Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what to serve, host, port and workers."""
        parser.add_argument("what", choices=sorted(APPLICATIONS))
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1, help="processes; one that dies is replaced (default: 1)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Replace this process by the server.

        Raises CommandError if the port or the certificate can't be used, or PTFI_PROCESS does not fit.
        """
        if not set(NEEDED[options["what"]]) <= set(NEEDED[settings.PROCESS]):
            raise CommandError(f"PTFI_PROCESS={settings.PROCESS} may lack secrets: for this, say {options['what']}.")
        try:
            tls.context()
            take_port(options["host"], options["port"])
        except tls.UnusableError as error:
            raise CommandError(str(error)) from None
        except (OSError, OverflowError) as error:
            raise CommandError(f"Port {options['port']} can't be used: {error}.") from None
        _allow_many_connections()
        os.execv(sys.executable, [sys.executable, "-m", "ptfi.web.server.granian_server", *_arguments(options)])  # noqa: S606  # nosec B606 (nothing to quote)


def _arguments(options: dict[str, Any]) -> list[str]:
    interface, application = APPLICATIONS[options["what"]]
    given = {
        "interface": interface,
        "host": options["host"],
        "port": options["port"],
        "workers": options["workers"],
        "workers-kill-timeout": STOP_SECONDS,
        "http": "1",
        "http1-buffer-size": 65_536,
        "http1-header-read-timeout": int(settings.WEB_HEAD_SECONDS * 1_000),
        "backlog": 2_048,
        # The limit counts connections, not requests: idle ones must not keep others out.
        "backpressure": 16_384,
        "log-level": "warning",
        **tls.options(),
    }
    flags = ["--no-ws", "--respawn-failed-workers"]
    return [*flags, *(each for name, value in given.items() for each in (f"--{name}", str(value))), application]


def _allow_many_connections() -> None:
    """Raise the limit of open files, often 1,024, because each connection takes one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
