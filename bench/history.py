"""What the history, a past date, the overview, checking and downloading cost with a long log.

    python bench/history.py [--entries 100000] [--candidates 20000] [--traits 5000] [--runs 7]

Server time is measured in this process with all of Django's middleware, without a network. Works in a data folder of
its own (.data/bench, or PTFI_DATA_DIR) on the embedded services.
"""

import argparse
import datetime as dt
import itertools
import os
import resource
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
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
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from ptfi.accounts.models import User  # noqa: E402
from traits.decisions.candidates import new_trait  # noqa: E402
from traits.decisions.inputs import NO_CHANGES, NO_EVIDENCE  # noqa: E402
from traits.evidence import evidence_id  # noqa: E402
from traits.log import entries as log  # noqa: E402
from traits.log.snapshots import candidate_state, trait_state  # noqa: E402
from traits.log.verification import verify  # noqa: E402
from traits.models import (  # noqa: E402
    CandidateStatus,
    Category,
    Decision,
    ExtractedTraitCandidate,
    Persona,
    PersonaTrait,
    UserRefinedTrait,
)
from traits.text import name_key  # noqa: E402

BLOCK = 500
PAGES = {
    "history, newest": "/persona/history/",
    "history, in the middle": "/persona/history/?after={middle}",
    "history, a rare decision": "/persona/history/?decision=removed",
    "history, a decision never made": "/persona/history/?decision=merged",
    "history, a category never met": "/persona/history/?category=Other",
    "history, staff never acted": "/persona/history/?actor=staff",
    "history, one day": "/persona/history/?since={day}&until={day}",
    "past date": "/persona/past/?day={day}",
    "overview": "/persona/",
    "check, 5,000 entries": "/persona/history/check/?after={middle}",
}
FILES = {"download, JSON lines": "/persona/history/log.json", "download, CSV": "/persona/history/log.csv"}


def suggestions(user: User, number: int) -> list[ExtractedTraitCandidate]:
    """This many suggestions with three pieces of evidence each."""
    categories = [category for category in Category.values if category != Category.OTHER]
    made = []
    for place in range(number):
        pk, name = uuid.uuid4(), f"Trait number {place} of a long life"
        text = f"{name}: {'something that was said, and noted down. ' * 5}"
        piece: Any = {"type": "text_snippet", "source_package_id": str(pk), "source_detail": "journal", "verdict": ""}
        piece |= {"start_time": None, "end_time": None, "relevance_score": 0.7}
        pieces = [piece | {"content": f"{text}{each}"} for each in range(3)]
        row = ExtractedTraitCandidate(candidate_id=pk, user=user, trait_name=name, name_key=name_key(name))
        row.trait_category, row.trait_description = categories[place % len(categories)], "Because it was said. " * 5
        row.supporting_evidence = [{"evidence_id": evidence_id(pk, each), **each} for each in pieces]
        row.confidence_score, row.concepts = (place % 100) / 100, ["life", f"topic {place % 50}"]
        row.originating_models = [f"model-{place % 4}.v1", "text-analysis.v2"]
        made.append(row)
    return made


def changes(rows: list[ExtractedTraitCandidate], entries: int, traits: int, at: dt.datetime) -> Iterator[log.Change]:
    """Decide on each suggestion, remove a few of the traits, and edit the others repeatedly."""
    held = []
    for place, row in enumerate(rows):
        before = candidate_state(row)
        confirmed = place < traits + 10
        row.status = CandidateStatus.CONFIRMED if confirmed else CandidateStatus.REJECTED
        trait = new_trait(row, NO_CHANGES, NO_EVIDENCE, at, row.trait_name) if confirmed else None
        after = {"candidate": candidate_state(row), "trait": trait_state(trait) if trait else None}
        decision = Decision.CONFIRMED_ASIS if confirmed else Decision.REJECTED
        yield log.Change(
            decision=decision, before={"candidate": before}, after=after, trait_id=row.pk, candidate_id=row.pk
        )
        if trait:
            held.append((row, trait_state(trait)))
    for row, state in held[traits:]:
        row.status = CandidateStatus.REJECTED
        yield log.Change(decision=Decision.REMOVED, before={"trait": state}, after={}, trait_id=row.pk)
    for place, (row, state) in enumerate(itertools.islice(itertools.cycle(held[:traits]), entries - len(rows) - 10)):
        edited = state | {"notes": f"Thought about it for the {place}th time."}
        yield log.Change(decision=Decision.EDITED, before={"trait": state}, after={"trait": edited}, trait_id=row.pk)


@transaction.atomic
def person(entries: int, candidates: int, traits: int) -> User:
    """A person who made all these decisions within two years."""
    user = User.objects.create_user(f"{uuid.uuid4().hex}@example.org")
    persona, rows = Persona.objects.create(user=user), suggestions(user, candidates)
    start = timezone.now() - dt.timedelta(days=730)
    made = changes(rows, entries, traits, start)
    ExtractedTraitCandidate.objects.bulk_create(rows, batch_size=BLOCK)
    for number in range(0, entries, BLOCK):
        at = start + dt.timedelta(days=730 * number / entries)
        log.append(persona, itertools.islice(made, BLOCK), actor=log.Actor(user_id=user.pk), at=at)
    ExtractedTraitCandidate.objects.bulk_update(rows, ["status"], batch_size=BLOCK)
    held = [new_trait(row, NO_CHANGES, NO_EVIDENCE, start, row.trait_name) for row in rows[:traits]]
    for trait in held:
        trait.version, trait.name_key = persona.revision, name_key(trait.name)
    PersonaTrait.objects.bulk_create(held, batch_size=BLOCK)
    return user


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--candidates", type=int, default=20_000)
    parser.add_argument("--traits", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = person(options.entries, options.candidates, options.traits)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    client = Client()
    client.force_login(user)
    report(client, user, options.entries, options.runs)


def report(client: Client, user: User, entries: int, runs: int) -> None:
    day = timezone.localdate() - dt.timedelta(days=400)
    line = "{:34}{:>10}{:>10}{:>12}\n"
    sys.stdout.write(line.format(f"{entries} entries", "ms", "queries", "bytes"))
    for name, path in PAGES.items():
        address = path.format(middle=entries // 2, day=day)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        # Other requests clear the captured queries.
        number = len(queries)
        if response.status_code != 200:
            raise SystemExit(f"{address}: answered {response.status_code}")
        times = [timed(client, address) for _ in range(runs)]
        sys.stdout.write(line.format(name, f"{statistics.median(times):.0f}", number, len(response.content)))
    for name, path in FILES.items():
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        size = sum(map(len, client.get(path)))
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        sys.stdout.write(f"{name}: {time.perf_counter() - started:.1f} s, {size:,} bytes, {more} MB more memory\n")
    started = time.perf_counter()
    faults = list(verify(Persona.objects.get(user=user)))
    sys.stdout.write(f"checking all of it: {time.perf_counter() - started:.1f} s, {len(faults)} faults\n")
    if UserRefinedTrait.objects.filter(user=user).count() != entries:
        raise SystemExit("The log is not as long as it should be.")


def timed(client: Client, address: str) -> float:
    started = time.perf_counter()
    client.get(address)
    return (time.perf_counter() - started) * 1_000


if __name__ == "__main__":
    main()
