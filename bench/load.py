"""What many people who review at once get and cost: times by kind of request, decisions a second, memory, lag.

    python bench/load.py [--people 50] [--seconds 60] [--pause 1.0] [--workers 1]

Each person has a session of their own and does what the page does: opens the queue, opens a card, decides (out of ten:
seven confirmed, two rejected, one snoozed), opens the next. A page fetches cards ahead, one for each decision. Between
two requests they pause for --pause seconds on average (exponentially distributed; 0: not at all). Web server, events
process and projector run as in production, on the embedded PostgreSQL and graph; they share this machine with the load.
The exit status is 1 if a request failed, a decision is missing, or the graph does not equal the log in the end. Works
in a data folder of its own (.data/bench-load, or PTFI_DATA_DIR), which it empties.
"""

import argparse
import contextlib
import http.client
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PTFI_DATA_DIR", str(ROOT / ".data" / "bench-load"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")

from ptfi import embedded  # noqa: E402 (the settings need the services' addresses)

embedded.start()

import django  # noqa: E402

django.setup()

import psutil  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from bench.import_candidates import rows  # noqa: E402
from ptfi.accounts.models import User  # noqa: E402
from ptfi.web.forms import FIELD, new_key  # noqa: E402
from traits.ingest import batch as ingest  # noqa: E402
from traits.ingest.parsing import CandidateRecord, parse  # noqa: E402
from traits.models import Persona, UserRefinedTrait  # noqa: E402
from traits.review.selectors import QueueFilters, queue  # noqa: E402

WEB, EVENTS = 8013, 8014
EACH = 120
"""Suggestions per person: more than one person decides on in a minute."""
TOKEN = "x" * 32
HTMX = {"HX-Request": "true", "HX-Target": "open"}
SENT = {"HX-Request": "true", "HX-Target": "sent"}
"""Headers of the request for a card, and of a decision behind which the next card is shown already."""
DECISIONS = ["confirm"] * 7 + ["reject"] * 2 + ["snooze"]
KINDS = ("queue", "card", "decision")


class Person:
    """A person who reviews in a thread of their own; collects seconds by kind of request, and failures."""

    def __init__(self, user: User, pause: float) -> None:
        client = Client()
        client.force_login(user)
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        self.user, self.pause = user, pause
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.failed: list[str] = []
        found = queue(user, QueueFilters(), limit=EACH).rows
        self.waiting = [(row.candidate.pk, row.candidate.version) for row in reversed(found)]
        self.decided: list[uuid.UUID] = []

    def review(self, until: float) -> None:
        time.sleep(random.uniform(0, min(2 * self.pause, 2)))
        self.ask("queue", "/review/", {})
        while time.monotonic() < until and self.waiting:
            self.think()
            pk, version = self.waiting.pop()
            path = f"/review/{pk}/"
            self.ask("card", path, HTMX)
            self.think()
            decision = random.choice(DECISIONS)
            fields = {"version": version, "code": "not_me", "until": "evidence", FIELD: new_key(self.user)}
            if self.ask("decision", f"{path}{decision}/", SENT, fields):
                self.decided.append(pk)

    def think(self) -> None:
        if self.pause:
            time.sleep(random.expovariate(1 / self.pause))

    def ask(self, kind: str, path: str, more: dict[str, str], fields: dict[str, Any] | None = None) -> bool:
        """Send a request; returns whether the response was as expected."""
        headers = {"Cookie": f"{self.cookie}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN, **more}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        method = "POST" if fields else "GET"
        started = time.perf_counter()
        try:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", WEB, timeout=30)) as asking:
                asking.request(method, path, urlencode(fields) if fields else None, headers)
                answer = asking.getresponse()
                answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.failed.append(f"{kind}: {error!r}")
            return False
        self.seconds[kind].append(time.perf_counter() - started)
        if answer.status != 200:
            self.failed.append(f"{kind}: {answer.status}")
        return answer.status == 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=1, help="web processes")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    call_command("install_graph_schema", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    people = [Person(user, options.pause) for user in users(options.people)]
    with running(options.workers) as processes:
        lags, stop = list[float](), threading.Event()
        watcher = threading.Thread(target=watch, args=(lags, stop))
        watcher.start()
        took = review(people, options.seconds)
        last = time.monotonic()
        while behind():
            time.sleep(0.05)
        caught_up = time.monotonic() - last
        stop.set()
        watcher.join()
        report(people, took)
        sys.stdout.write(
            f"the graph's lag: median {statistics.median(lags):.2f} s, most {max(lags):.2f} s; "
            f"{caught_up:.2f} s after the last decision it had all of them\n"
        )
        memory(processes)
    sound(people)


def users(count: int) -> list[User]:
    """People with suggestions to review."""
    run = uuid.uuid4().hex[:8]
    parsed = [parse(row) for row in rows(count * EACH, count, run)]
    found = [row for row in parsed if isinstance(row, CandidateRecord)]
    for start in range(0, len(found), 1_000):
        ingest.apply(found[start : start + 1_000])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return list(User.objects.filter(external_id__startswith=f"bench:{run}:"))


@contextlib.contextmanager
def running(workers: int) -> Iterator[dict[str, psutil.Process]]:
    """Run web server, events process and projector; yields them by name."""
    serve = [sys.executable, "manage.py", "serve"]
    commands = {
        "web server": [*serve, "web", "--port", str(WEB), "--workers", str(workers)],
        "events": [*serve, "events", "--port", str(EVENTS)],
        "projector": [sys.executable, "manage.py", "project_graph"],
    }
    started = {name: subprocess.Popen(command, cwd=ROOT) for name, command in commands.items()}
    try:
        for port in (WEB, EVENTS):
            wait_for(port)
        yield {name: psutil.Process(process.pid) for name, process in started.items()}
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait(30)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            asking = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            asking.request("GET", "/readyz")
            if asking.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"port {port} does not answer")


def review(people: list[Person], seconds: float) -> float:
    """Let everyone review in parallel; returns the seconds that it took."""
    started = time.monotonic()
    threads = [threading.Thread(target=one.review, args=(started + seconds,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - started


def behind() -> float:
    """How many seconds the oldest unprojected decision has been waiting; 0 if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - min(l.created_at))::float"
            " FROM traits_persona p JOIN traits_userrefinedtrait l"
            " ON l.user_id = p.user_id AND l.revision = p.projected_revision + 1"
        )
        found = cursor.fetchone()[0]
    return 0.0 if found is None else max(found, 0.001)


def watch(lags: list[float], stop: threading.Event) -> None:
    """Measure the lag four times per second."""
    while not stop.wait(0.25):
        lags.append(behind())
    connection.close()


def report(people: list[Person], took: float) -> None:
    line = "{:10}{:>8}{:>10}{:>10}{:>10}{:>10}\n"
    sys.stdout.write(line.format("", "number", "p50, ms", "p95, ms", "p99, ms", "most, ms"))
    for kind in KINDS:
        found = sorted(second * 1_000 for one in people for second in one.seconds[kind])
        shares = (0.5, 0.95, 0.99, 1.0)
        numbers = [f"{found[min(len(found) - 1, int(len(found) * share))]:.0f}" for share in shares]
        sys.stdout.write(line.format(kind, len(found), *numbers))
    decisions = sum(len(one.decided) for one in people)
    failed = [text for one in people for text in one.failed]
    rate = f"{decisions / took:.1f} a second"
    sys.stdout.write(f"{decisions} decisions of {len(people)} people in {took:.0f} s, {rate}; ")
    sys.stdout.write(f"{len(failed)} failed {sorted(set(failed))[:5] or ''}\n")


def memory(processes: dict[str, psutil.Process]) -> None:
    """Print the resident memory of each process; PostgreSQL's is proportional, because its processes share buffers."""
    state = embedded.read_state(Path(settings.DATA_DIR))
    services = psutil.Process(state["pid"]).children()
    for process in services:
        command = process.cmdline()
        processes["graph" if "ptfi.embedded.graph_server" in command else "PostgreSQL"] = process
    found = []
    for name, process in processes.items():
        family = [process, *process.children(recursive=True)]
        size = sum(one.memory_full_info().pss if name == "PostgreSQL" else one.memory_info().rss for one in family)
        found.append(f"{name} {size / 2**20:.0f} MB ({len(family)})")
    sys.stdout.write(f"memory (processes): {', '.join(found)}\n")


def sound(people: list[Person]) -> None:
    """Exit with status 1 unless every request succeeded and every decision is in the log once and in the graph."""
    logged = list(UserRefinedTrait.objects.values_list("original_candidate_id", flat=True))
    decided = [pk for one in people for pk in one.decided]
    call_command("verify_log")
    call_command("check_graph")
    if any(one.failed for one in people) or sorted(logged) != sorted(decided) or not Persona.objects.exists():
        raise SystemExit("not all is well")


if __name__ == "__main__":
    main()
