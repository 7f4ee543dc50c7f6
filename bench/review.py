"""What the review queue costs with few and with many pending suggestions: time, queries, bytes over the wire.

    python bench/review.py [--few 100] [--many 10000] [--runs 60]

Server time is measured in this process with all of Django's middleware, without a network. Each run opens the queue's
page and one card, and decides as HTMX does. The two people take turns, so that both are measured under the same load.
Works in a data folder of its own (.data/bench, or PTFI_DATA_DIR) on the embedded services.
"""

import argparse
import os
import statistics
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PTFI_DATA_DIR", str(ROOT / ".data" / "bench"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")

from ptfi import embedded  # noqa: E402 (the settings need the services' addresses)

embedded.start()

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench.import_candidates import rows  # noqa: E402
from ptfi.accounts.models import User  # noqa: E402
from ptfi.web.forms import FIELD, new_key  # noqa: E402
from traits.ingest import batch as ingest  # noqa: E402
from traits.ingest.parsing import CandidateRecord, parse  # noqa: E402
from traits.review.selectors import QueueFilters, queue  # noqa: E402

GZIP = {"Accept-Encoding": "gzip"}
HTMX = {**GZIP, "HX-Request": "true", "HX-Target": "open"}
SENT = HTMX | {"HX-Target": "sent"}
STEPS = ("page", "card", "decision")


def person(pending: int) -> User:
    """A person with this many suggestions to review."""
    run = uuid.uuid4().hex[:8]
    parsed = [parse(row) for row in rows(pending, 1, run)]
    found = [row for row in parsed if isinstance(row, CandidateRecord)]
    for start in range(0, len(found), 1_000):
        ingest.apply(found[start : start + 1_000])
    return User.objects.get(external_id=f"bench:{run}:0")


class Visit:
    """One person at the queue; collects milliseconds, bytes and queries by step."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, Client()
        self.client.force_login(user)
        self.figures: dict[tuple[str, str], list[float]] = defaultdict(list)

    def run(self, measure: Callable[[str, Callable[[], Any]], None]) -> None:
        first = queue(self.user, QueueFilters(), limit=1).rows[0].candidate
        path = f"/review/{first.pk}/"
        confirm = {"version": first.version, FIELD: new_key(self.user)}
        measure("page", lambda: self.client.get("/review/", headers=GZIP))
        measure("card", lambda: self.client.get(path, headers=HTMX))
        measure("decision", lambda: self.client.post(f"{path}confirm/", confirm, headers=SENT))

    def count(self, step: str, ask: Callable[[], Any]) -> None:
        with CaptureQueriesContext(connection) as queries:
            ask()
        self.figures[step, "queries"].append(len(queries))

    def time(self, step: str, ask: Callable[[], Any]) -> None:
        started = time.perf_counter()
        response = ask()
        self.figures[step, "ms"].append((time.perf_counter() - started) * 1_000)
        if response.status_code != 200:
            raise SystemExit(f"{step}: answered {response.status_code}")
        self.figures[step, "bytes"].append(len(response.content))

    def median(self, step: str, unit: str) -> float:
        return statistics.median(self.figures[step, unit])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=60)
    options = parser.parse_args()
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    few, many = Visit(person(options.few)), Visit(person(options.many))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE traits_extractedtraitcandidate")
    for visit in (few, many):
        for _ in range(3):
            visit.run(visit.count)
    for _ in range(min(options.runs, options.few - 4)):
        for visit in (few, many):
            visit.run(visit.time)
    report(few, many, options.few, options.many)


def report(few: Visit, many: Visit, less: int, more: int) -> None:
    line = "{:10}{:>12}{:>12}{:>12}{:>8}{:>12}{:>14}\n"
    heads = ("", f"{less}, ms", f"{more}, ms", "more, ms", "ratio", "queries", "gzip, bytes")
    sys.stdout.write(line.format(*heads))
    # "more" is the median of the turns' differences, because other load on the machine affects both sides of a turn.
    for step in STEPS:
        fast, slow = few.median(step, "ms"), many.median(step, "ms")
        queries, size = many.figures[step, "queries"][-1], many.median(step, "bytes")
        pairs = zip(few.figures[step, "ms"], many.figures[step, "ms"], strict=True)
        more_ms = statistics.median(second - first for first, second in pairs)
        numbers = (f"{fast:.1f}", f"{slow:.1f}", f"{more_ms:.1f}", f"{slow / fast:.2f}", queries, f"{size:.0f}")
        sys.stdout.write(line.format(step, *numbers))


if __name__ == "__main__":
    main()
