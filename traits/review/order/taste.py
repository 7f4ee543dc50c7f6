"""What a person's decisions say about categories and models (docs/review-order.md)."""

import dataclasses
import json
import math
import uuid
from collections import Counter
from collections.abc import Collection, Iterable

from traits.models import SENSITIVE, Decision, RejectionCode
from traits.models.log import PLACING, SETTLING, SUPPRESSING, TURNING
from traits.review.order.recent import Entry, Recent

PRIOR = 6.0
"""Decisions that the person's overall rate counts as, for each kind of suggestion (the weight of a Beta prior)."""
OF_MODELS = 1.5
"""The weight of the models' mean effect: a suggestion of two models is as good as the one that the person distrusts."""
MOST_PIECES = 4
"""Suggestions with so much evidence or more are one kind."""
SPREAD = 0.2
"""The penalty per factor e of the place within the category; it mixes categories that are about equally likely."""
FIRST = 10
"""Before so many decisions the person is a beginner: sensitive suggestions come after the others."""
SENSITIVE_LATER = 10.0
MOST_KINDS = 200
VOTES = tuple(decision for decision in SETTLING if decision not in SUPPRESSING)


Kind = str | tuple[str, str]
"""What suggestions have in common: ("category", name), ("model", name), ("pieces", number), ("both", names)."""


@dataclasses.dataclass(frozen=True)
class Tally:
    """How many suggestions of a kind the person decided, and how many of these they confirmed or merged."""

    agreed: int = 0
    decided: int = 0


class Taste:
    """What the person's decisions up to a revision say about categories, models and the amount of evidence.

    Only the newest decision on each suggestion counts; what was reopened, or rejected as a duplicate, does not.
    since: suggestions that left the queue after that revision, with their categories.
    """

    def __init__(self, recent: Recent, revision: int) -> None:
        self.revision = revision
        self._agreed: Counter[Kind] = Counter()
        self._decided: Counter[Kind] = Counter()
        for entry in _newest_of_each(recent.standing(revision)):
            self._count(entry)
        later = _newest_of_each(recent.standing(recent.revision), (*PLACING, Decision.REOPENED))
        gone = (entry for entry in later if entry.revision > revision and entry.decision != Decision.REOPENED)
        self.since = {entry.candidate_id: entry.category or "" for entry in gone}

    def _count(self, entry: Entry) -> None:
        if entry.decision == Decision.REOPENED or entry.code == RejectionCode.DUPLICATE or entry.category is None:
            return
        kinds = ["all", *kinds_of(entry.category, entry.models or [], entry.pieces or 0)]
        self._decided.update(kinds)
        if entry.decision in VOTES:
            self._agreed.update(kinds)

    def of(self, kind: Kind) -> Tally:
        """Return the tally of a kind, or of everything ("all")."""
        return Tally(agreed=self._agreed[kind], decided=self._decided[kind])

    @property
    def is_new(self) -> bool:
        return self.of("all").decided < FIRST

    def values(self, passed: uuid.UUID | None) -> dict[str, str | float]:
        """Return the parameters of RANKED; passed: a suggestion that is ranked too, wherever it is."""
        effects: dict[str, dict[str, float]] = {"category": {}, "model": {}, "pieces": {}}
        for kind, _ in self._decided.most_common(MOST_KINDS):
            if isinstance(kind, tuple) and kind[0] in effects:
                effects[kind[0]][kind[1]] = self.effect(kind)
        if self.is_new:
            later = {name: effects["category"].get(name, 0.0) - SENSITIVE_LATER for name in map(str, SENSITIVE)}
            effects["category"] |= later
        texts = {name: json.dumps(each) for name, each in effects.items()}
        since = Counter(name for pk, name in self.since.items() if pk != passed)
        limits = {"of_models": OF_MODELS, "most_pieces": MOST_PIECES, "spread": SPREAD}
        return {**texts, "since": json.dumps(since), **limits}

    def effect(self, kind: Kind) -> float:
        """Return how much likelier than others the person confirms this kind, in log-odds (smoothed)."""
        overall = self.of("all")
        base = (overall.agreed + 1) / (overall.decided + 2)
        tally = self.of(kind)
        return _log_odds((tally.agreed + PRIOR * base) / (tally.decided + PRIOR)) - _log_odds(base)


def kinds_of(category: str, models: list[str], pieces: int) -> list[Kind]:
    """Return the kinds that a suggestion belongs to."""
    of_models = [("model", name) for name in models]
    both = [("both", f"{category} {name}") for name in models]
    return [("category", category), ("pieces", str(min(pieces, MOST_PIECES))), *of_models, *both]


def _newest_of_each(entries: Iterable[Entry], decisions: Collection[str] = TURNING) -> list[Entry]:
    """Return the newest entry about each suggestion that is one of the decisions; entries come newest first."""
    found = dict[object, Entry]()
    for entry in entries:
        if entry.decision in decisions and entry.candidate_id:
            found.setdefault(entry.candidate_id, entry)
    return list(found.values())


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))
