"""How fast the log reaches the graph: entries a second from a backlog, and the lag of one decision.

    python bench/projection.py [--entries 10000] [--people 100] [--decisions 100] [--workers 2]

Works in a data folder of its own (.data/bench, or PTFI_DATA_DIR) on the embedded services.
"""

import argparse
import datetime as dt
import os
import statistics
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PTFI_DATA_DIR", str(ROOT / ".data" / "bench"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")

from ptfi import embedded  # noqa: E402 (the settings need the services' addresses)

embedded.start()

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from graph import connection as graph_connection  # noqa: E402
from graph.management.commands.project_graph import project  # noqa: E402
from ptfi.accounts.models import User  # noqa: E402
from traits.decisions.inputs import Changes  # noqa: E402
from traits.decisions.traits import add_trait  # noqa: E402
from traits.evidence import own_piece  # noqa: E402
from traits.log import entries as log  # noqa: E402
from traits.log.snapshots import iso  # noqa: E402
from traits.models import Category, Decision, Origin, Persona, TraitStatus  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--decisions", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    project(threading.Event(), once=True, workers=1)
    backlog(options.entries, options.people)
    started = time.perf_counter()
    project(threading.Event(), once=True, workers=options.workers)
    seconds = time.perf_counter() - started
    sys.stdout.write(f"{options.entries} entries of {options.people} people: {options.entries / seconds:.0f}/s\n")
    lags = sorted(lag(options.decisions))
    worst = lags[int(len(lags) * 0.95)]
    sys.stdout.write(f"one decision: median {statistics.median(lags):.0f} ms, 95th percentile {worst:.0f} ms\n")
    graph_connection.drop_driver()


def person() -> tuple[User, Persona]:
    user = User.objects.create_user(f"{uuid.uuid4().hex}@example.org")
    return user, Persona.objects.create(user=user)


@transaction.atomic
def backlog(entries: int, people: int) -> None:
    """Confirm this many traits, each with two pieces of evidence and two concepts, without projecting them."""
    for number in range(people):
        user, persona = person()
        at = persona.next_moment()
        count = entries // people + (number < entries % people)
        log.append(persona, [change(place, at) for place in range(count)], actor=log.Actor(user_id=user.pk), at=at)


def change(place: int, at: dt.datetime) -> log.Change:
    trait_id, concepts = uuid.uuid4(), [f"concept {place % 50}", f"concept {place % 37}"]
    state = {
        "trait_id": str(trait_id),
        "name": f"Trait {place}",
        "description": "Said often, and in more than one place.",
        "category": Category.values[place % len(Category.values)],
        "origin": Origin.USER_DEFINED.value,
        "status": TraitStatus.ACTIVE.value,
        "confidence": 1.0,
        "user_confidence": 4,
        "notes": "",
        "concepts": list(dict.fromkeys(concepts)),
        "expression_contexts": ["work"],
        "evidence": [own_piece(trait_id, f"What was said about it, part {part}.") for part in "ab"],
    }
    times = dict.fromkeys(("created_at", "last_refined_at", "last_observed_at"), iso(at))
    state |= times | {"valid_from": None, "valid_to": None}
    return log.Change(decision=Decision.USER_ADDED, before={}, after={"trait": state}, trait_id=trait_id)


def lag(decisions: int) -> list[float]:
    """Milliseconds from each decision's response until it is in the graph, with a projector running."""
    projector = subprocess.Popen([sys.executable, ROOT / "manage.py", "project_graph"], env=dict(os.environ))
    user, _ = person()
    actor = log.Actor(user_id=user.pk)
    try:
        measured = []
        for number in range(decisions + 5):
            changes = Changes(name=f"Trait {number}", category=Category.INTEREST, concepts=["jazz"])
            add_trait(user=user, actor=actor, changes=changes, own_evidence=["As I said."])
            measured.append(wait_until_projected(user))
        return measured[5:]
    finally:
        projector.terminate()
        projector.wait()


def wait_until_projected(user: User) -> float:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        behind = True
        while behind:
            time.sleep(0.002)
            cursor.execute("SELECT projected_revision < revision FROM traits_persona WHERE user_id = %s", [user.pk])
            behind = cursor.fetchone()[0]
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
