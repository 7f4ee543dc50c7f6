"""How many decisions people need until most of what they will confirm is confirmed, by the order of the queue.

    python bench/review_order.py [--people 6] [--suggestions 120] [--seed 1] [--candidates FILE …] [--tune]

People of several kinds are simulated, with a fixed seed: what each of them confirms depends on how sure the models are,
on the sources, and on their kind. Half of the people of each kind are for tuning (--tune shows only them), the other
half is held out. They work through the product's own queue, and decide by its services. The figure is the number of
decisions until 80 % of all suggestions that the person will confirm are confirmed. The suggestions have the names,
categories and topics of tests/data/trait-pairs.jsonl, and the confidence, models and evidence of the demo's and the
tests' suggestions, and of files in the import format (--candidates). Works in a data folder of its own (.data/bench, or
PTFI_DATA_DIR) on the embedded services.
"""

import argparse
import dataclasses
import datetime as dt
import json
import math
import os
import random
import statistics
import sys
import uuid
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

from django.core.management import call_command  # noqa: E402

from ptfi.accounts.models import User  # noqa: E402
from traits import decisions  # noqa: E402
from traits.ingest import batch as ingest  # noqa: E402
from traits.ingest.parsing import CandidateRecord, parse  # noqa: E402
from traits.log.entries import Actor  # noqa: E402
from traits.models import ExtractedTraitCandidate  # noqa: E402
from traits.models.candidates import Category  # noqa: E402
from traits.review.selectors import QueueFilters, queue  # noqa: E402
from traits.text import name_key  # noqa: E402

NAMES = ROOT / "tests" / "data" / "trait-pairs.jsonl"
SHAPES = [ROOT / "traits" / "demo" / "candidates.jsonl", ROOT / "tests" / "data" / "candidates.jsonl"]
SHARE = 0.8
NOISE = 0.4
"""How much of what a person decides depends on what the data does not show; 1 is a coin with the odds that it shows."""
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
Row = dict[str, Any]
Leaning = Callable[[Row], float]
"""The log-odds that a kind of person adds to those of a suggestion."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of person: how much they go by the models' confidence (1 is as much as it says), and their leaning."""

    name: str
    trust: float
    leaning: Callable[[random.Random, list[str]], Leaning]


def steady(level: float) -> Callable[[random.Random, list[str]], Leaning]:
    return lambda _chance, _models: lambda _row: level


def distrusts(chance: random.Random, models: list[str]) -> Leaning:
    """Someone who rejects nearly all that one model says."""
    model = chance.choice(models[:3])
    return lambda row: -3.5 if model in row["originating_models"] else 0.8


def wants_evidence(_chance: random.Random, _models: list[str]) -> Leaning:
    """Someone who goes by the number of sources more than by what the models say."""
    return lambda row: 2.0 * (sources(row) - 2.0)


def selective(chance: random.Random, _models: list[str]) -> Leaning:
    """Someone who wants three categories only."""
    liked = chance.sample(Category.values, 3)
    return lambda row: 1.5 if row["trait_category"] in liked else -3.0


def opinionated(chance: random.Random, models: list[str]) -> Leaning:
    """Someone with an opinion of each category and of each model."""
    opinions = {name: chance.gauss(0, 1.5) for name in (*Category.values, *models)}
    return lambda row: (
        opinions[row["trait_category"]] + statistics.mean(opinions[name] for name in row["originating_models"])
    )


KINDS = [
    Kind("agreeable", 1.0, steady(0.3)),
    Kind("picky", 1.0, steady(-1.8)),
    Kind("wants evidence", 0.5, wants_evidence),
    Kind("distrusts one model", 1.0, distrusts),
    Kind("likes some categories", 0.7, selective),
    Kind("opinionated", 0.7, opinionated),
    Kind("random", 0.0, steady(0.0)),
]


def sources(row: Row) -> int:
    return len({piece["source_package_id"] for piece in row["supporting_evidence"]})


def shapes(more: list[Path]) -> list[Row]:
    """The suggestions whose confidence, models and evidence are used."""
    texts = [path.read_text("utf-8") for path in (*SHAPES, *more)]
    return [json.loads(line) for text in texts for line in text.splitlines() if line.strip()]


def named() -> list[Row]:
    """Traits with different names."""
    found: dict[str, Row] = {}
    for line in NAMES.read_text("utf-8").splitlines():
        pair = json.loads(line)
        for each in (pair["first"], pair["second"]):
            found.setdefault(name_key(each["name"]), each)
    return list(found.values())


def suggestions(chance: random.Random, number: int, models: list[Row], person: str) -> list[Row]:
    """A person's suggestions, in a random order of time."""
    rows = []
    for at, trait in enumerate(chance.sample(named(), number)):
        shape = chance.choice(models)
        pieces = [{**piece, "source_package_id": _again(person, piece)} for piece in shape["supporting_evidence"]]
        rows.append(
            {
                "candidate_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{person} {at}")),
                "user": {"external_id": person, "display_name": "Simulated"},
                "trait_name": trait["name"],
                "trait_description": trait["description"],
                "trait_category": trait["category"],
                "concepts": trait["concepts"],
                "confidence_score": shape["confidence_score"],
                "originating_models": shape["originating_models"],
                "supporting_evidence": pieces,
                "associated_feature_set_ids": [],
                "created_at": (START + dt.timedelta(minutes=at)).isoformat(),
            }
        )
    return rows


def _again(person: str, piece: Row) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{person} {piece.get('source_package_id')}"))


def wanted(chance: random.Random, kind: Kind, rows: list[Row], models: list[str]) -> set[uuid.UUID]:
    """The ids of the suggestions that the person confirms."""
    leaning = kind.leaning(chance, models)
    found = set()
    for row in rows:
        score = min(max(row["confidence_score"], 0.03), 0.97)
        sure = math.log(score / (1 - score)) + 0.5 * math.log(max(sources(row), 1)) - 0.3
        luck = chance.random()
        hidden = NOISE * math.log(luck / (1 - luck))
        says = kind.trust * sure + leaning(row) if kind.trust else 0.0
        if says + hidden > 0:
            found.add(uuid.UUID(row["candidate_id"]))
    return found


def needed(order: list[uuid.UUID], confirmed: set[uuid.UUID]) -> int:
    """The decisions until SHARE of the confirmed ones are among those decided, in this order."""
    goal = math.ceil(SHARE * len(confirmed))
    places = [place for place, pk in enumerate(order, 1) if pk in confirmed]
    return places[goal - 1] if goal else 0


def newest(user: User) -> list[uuid.UUID]:
    return [row.candidate.pk for row in queue(user, QueueFilters(sort="newest"), limit=1_000).rows]


def recommended(user: User, confirmed: set[uuid.UUID]) -> list[uuid.UUID]:
    """Decide the queue's first suggestion again and again, until enough are confirmed."""
    goal, order = math.ceil(SHARE * len(confirmed)), list[uuid.UUID]()
    person: dict[str, Any] = {"user": user, "actor": Actor(user_id=user.pk)}
    while sum(pk in confirmed for pk in order) < goal:
        pk = queue(user, QueueFilters(), limit=1).rows[0].candidate.pk
        if pk in confirmed:
            decisions.confirm(**person, candidate_id=pk)
        else:
            decisions.reject(**person, candidate_id=pk, code="not_me")
        order.append(pk)
    return order


@dataclasses.dataclass(frozen=True)
class Result:
    kind: str
    held_out: bool
    waiting: int
    confirmed: int
    newest: int
    recommended: int

    @property
    def best(self) -> int:
        """With an order that knows the answers."""
        return math.ceil(SHARE * self.confirmed)


def simulate(kind: Kind, number: int, options: argparse.Namespace, models: list[Row]) -> Result:
    chance = random.Random(f"{options.seed} {kind.name} {number}")
    person = f"order:{uuid.uuid4().hex[:8]}:{number}"
    rows = suggestions(chance, options.suggestions, models, person)
    names = sorted({name for row in models for name in row["originating_models"]})
    confirmed = wanted(chance, kind, rows, names)
    parsed = [record for row in rows if isinstance(record := parse(row), CandidateRecord)]
    ingest.apply(parsed)
    user = User.objects.get(external_id=person)
    waiting = ExtractedTraitCandidate.objects.filter(user=user).count()
    before = needed(newest(user), confirmed)
    return Result(kind.name, number % 2 == 1, waiting, len(confirmed), before, len(recommended(user, confirmed)))


ALL = "all but the random"
"""Nothing can be learned from somebody who tosses a coin: they only show that the order does no harm."""
LINE = "{:24}{:>9}{:>11}{:>9}{:>13}{:>9}{:>10}\n"


def report(title: str, results: list[Result]) -> None:
    sys.stdout.write(f"\n{title}: decisions until {SHARE:.0%} of what is confirmed are confirmed\n")
    sys.stdout.write(LINE.format("kind", "people", "confirmed", "newest", "recommended", "fewer", "possible"))
    for name in [*dict.fromkeys(each.kind for each in results), ALL, "all"]:
        part = [each for each in results if name in (each.kind, "all") or (name == ALL and each.kind != "random")]
        old, new, best = (sum(getattr(each, what) for each in part) for what in ("newest", "recommended", "best"))
        agreed = sum(each.confirmed for each in part) / sum(each.waiting for each in part)
        shares = (f"{1 - new / old:.0%}", f"{1 - best / old:.0%}")
        sys.stdout.write(LINE.format(name, len(part), f"{agreed:.0%}", old, new, *shares))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=6, help="of each kind; half of them are held out")
    parser.add_argument("--suggestions", type=int, default=120, help="of each person")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--candidates", type=Path, nargs="*", default=[], help="more files in the import format")
    parser.add_argument("--tune", action="store_true", help="only the people for tuning")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    models = shapes(options.candidates)
    numbers = range(0, options.people, 2 if options.tune else 1)
    results = [simulate(kind, number, options, models) for kind in KINDS for number in numbers]
    report("for tuning", [each for each in results if not each.held_out])
    if not options.tune:
        report("held out", [each for each in results if each.held_out])


if __name__ == "__main__":
    main()
