"""``manage.py run``: everything in one terminal, for trying PTFI and for developing it."""

import contextlib
import hashlib
import http.client
import json
import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from rich.console import Console

from ptfi import embedded
from ptfi.embedded.processes import Child

DEFAULT_PORT = 8000
FIRST_PAGE_SECONDS = 60.0
LOOK_SECONDS = 0.5
DEMO_CONCEPTS = Path(settings.BASE_DIR) / "graph" / "demo" / "concepts.csv"


class Command(BaseCommand):
    """Migrates, loads the demo, and runs web server, events, projector and notifier until Ctrl-C."""

    help = "Prepare everything and run web server, events, projector and notifier until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the port option."""
        parser.add_argument("--port", default=os.environ.get("PORT") or None, help="default: 8000 or the next free")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until Ctrl-C or SIGTERM. Raises CommandError if the port is taken or no page appears."""
        self.console = Console(highlight=False, soft_wrap=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            port = _port(options["port"])
            self.prepare()
            with self.running(port) as children:
                self.console.print("Waiting for the first page …")
                _wait_for_page(port, children)
                self.greet(port)
                _tend(children)
        self.console.print("Stopped.")

    def prepare(self) -> None:
        """Bring database, static files and demo up to date."""
        self.console.print("Migrating the databases …")
        call_command("migrate", interactive=False, verbosity=0)
        if settings.EMBEDDED:
            call_command("grant_app_role", embedded.APPLICATION, verbosity=0)
        call_command("install_graph_schema", verbosity=0)
        _collect_static(self.console)
        self.console.print("Loading the demo …")
        call_command("load_demo", verbosity=0)
        call_command("import_concepts", str(DEMO_CONCEPTS), verbosity=0)
        try:
            call_command("publish_log_heads", verbosity=0)
        except (CommandError, SystemExit) as error:
            self.console.print(f"The heads of the logs are not published: {error}", markup=False)
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]

    @contextlib.contextmanager
    def running(self, port: int) -> Iterator[list[Child]]:
        """Run web server, events, projector and notifier while the block runs."""
        events = _next_free(port + 1)
        addresses = {"SITE_URL": f"http://localhost:{port}", "EVENTS_URL": f"http://localhost:{events}/events"}
        environment = addresses | dict(os.environ) | {"PTFI_EMBEDDED_ROLE": "application"}
        settings.SITE_URL_FILE.write_text(environment["SITE_URL"])
        manage = str(Path(settings.BASE_DIR) / "manage.py")
        children: list[Child] = []
        try:
            children.append(Child("projector", [sys.executable, manage, "project_graph"], environment))
            children.append(Child("notifier", [sys.executable, manage, "send_notices"], environment))
            serve = [sys.executable, manage, "serve"]
            children.append(Child("web server", [*serve, "web", "--port", str(port)], environment))
            children.append(Child("events", [*serve, "events", "--port", str(events)], environment))
            yield children
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            self.console.print("\nStopping …")
            for child in children:
                child.ask_to_stop()
            for child in children:
                child.stop()
            embedded.release()

    def greet(self, port: int) -> None:
        """Print the addresses and the demo's sign-ins."""
        lines = ["", f"PTFI is at http://localhost:{port}", ""]
        for sign_in in json.loads((Path(settings.DATA_DIR) / "demo-signins.json").read_text()):
            lines.append(f"  {sign_in['who']}: {sign_in['email']}  {sign_in['password']}")
            if "app_key" in sign_in:
                lines.append(f"    second step: the key {sign_in['app_key']} in an authenticator app, or one of these")
                lines.append(f"    codes, each once: {sign_in['recovery_codes']}")
        lines += ["", f"E-mails are written to {settings.DATA_DIR}/mail", "Ctrl-C ends everything.", ""]
        self.console.print("\n".join(lines), markup=False)


def _port(text: str | None) -> int:
    if text is None:
        return _next_free(DEFAULT_PORT)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise CommandError(f"{text!r} is no port: give a number from 1 to 65535.")
    if not embedded.is_free(int(text)):
        raise CommandError(f"Port {text} can't be used: another program has it, or it needs rights that you lack.")
    return int(text)


def _next_free(first: int) -> int:
    """The first free port from there on."""
    ports: Iterable[int] = chain(range(first, 65_536), range(DEFAULT_PORT, first))
    return next(port for port in ports if embedded.is_free(port))


def _collect_static(console: Console) -> None:
    found = [Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([])]
    facts = [f"{path} {status.st_mtime_ns} {status.st_size}" for path in sorted(found) if (status := path.stat())]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    stamp = Path(settings.STATIC_ROOT) / ".sources"
    if stamp.exists() and stamp.read_text() == digest:
        return
    console.print("Collecting the static files …")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest)


def _wait_for_page(port: int, children: list[Child]) -> None:
    deadline = time.monotonic() + FIRST_PAGE_SECONDS
    while not _answers(port):
        if time.monotonic() > deadline:
            raise CommandError(f"http://localhost:{port} shows no page after {FIRST_PAGE_SECONDS:.0f} s.")
        time.sleep(0.1)
        for child in children:
            child.tend()


def _answers(port: int) -> bool:
    page = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        page.request("GET", "/", headers={"Host": f"localhost:{port}"})
        return page.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        page.close()


def _tend(children: list[Child]) -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        for child in children:
            child.tend()
        embedded.ensure_supervisor()
