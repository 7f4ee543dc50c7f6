"""What a person decided last, in one query: the order learns from it, and the head of the queue shows parts of it."""

import dataclasses
import datetime as dt
import itertools
import statistics
import uuid
from functools import cached_property
from typing import NamedTuple

from django.db.models import F

from ptfi.accounts.models import User
from traits.models import ActorKind, Decision, UserRefinedTrait
from traits.models.log import NEVER_UNDONE, PLACING

LOOK_BACK = 300
"""Entries of the log that are read."""
STEP = 5
"""The order takes new decisions in after every so many entries, so that it stays the same in between."""
STRIP = 3
VISIT_PAUSE = dt.timedelta(minutes=30)
"""A visit ends with a pause of this length."""
PRIOR_SECONDS = 10.0
PRIOR_WEIGHT = 10
"""The time per decision before the person has made any, and how many of their own decisions it counts as."""
LONGEST_GAP = 120.0
PACED = 40
"""Decisions whose times count."""


class Entry(NamedTuple):
    """An entry of the log, with its suggestion's category, models, number of pieces, and name; None if it has none."""

    pk: uuid.UUID
    revision: int
    decision: str
    code: str
    actor_kind: str
    created_at: dt.datetime
    batch_id: uuid.UUID | None
    undoes: uuid.UUID | None
    candidate_id: uuid.UUID | None
    trait_id: uuid.UUID | None
    style_element: str | None
    category: str | None
    models: list[str] | None
    pieces: int | None
    name: str | None


COLUMNS = (
    "pk",
    "revision",
    "user_decision",
    "rejection_code",
    "actor_kind",
    "created_at",
    "batch_id",
    "undoes",
    "original_candidate_id",
    "trait_id_in_pkg",
    "style_element",
    "suggested_category",
    "suggested_models",
    "suggested_pieces",
    "suggested_name",
)


@dataclasses.dataclass(frozen=True)
class Recent:
    """The newest entries of a person's log, newest first."""

    entries: list[Entry]

    @property
    def revision(self) -> int:
        """The newest entry's revision; 0 before the first decision."""
        return self.entries[0].revision if self.entries else 0

    @property
    def step(self) -> int:
        """The revision up to which the order learns."""
        return self.revision - self.revision % STEP

    def is_new(self, candidate_id: uuid.UUID) -> bool:
        """Whether the order has not taken in the newest decision about this suggestion yet."""
        about = (entry.revision for entry in self.entries if entry.candidate_id == candidate_id)
        return next(about, 0) > self.step

    def standing(self, upto: int) -> list[Entry]:
        """Return the entries up to a revision that were not undone up to it, newest first, without those that undo."""
        read = [entry for entry in self.entries if entry.revision <= upto]
        undone = {entry.undoes for entry in read}
        return [entry for entry in read if entry.pk not in undone and entry.decision != Decision.UNDONE]

    @cached_property
    def strip(self) -> list[Entry]:
        """Return the person's last decisions about suggestions that can be undone, newest first, each batch once."""
        touched, shown = set[object](), dict[uuid.UUID, Entry]()
        for entry in self.standing(self.revision):
            things = {entry.trait_id, entry.candidate_id, entry.style_element} - {None}
            can_undo = not things & touched and entry.decision not in NEVER_UNDONE
            # The entries of a batch are undone together, so they don't block each other.
            if can_undo and entry.decision in PLACING and entry.actor_kind == ActorKind.PERSON:
                shown.setdefault(entry.batch_id or entry.pk, entry)
            if entry.batch_id is None or entry.batch_id not in shown:
                touched |= things
            if len(shown) > STRIP:
                break
        return list(shown.values())[:STRIP]

    def of_visit(self, now: dt.datetime) -> Entry | None:
        """Return the newest decision about suggestions that can be undone, if it belongs to the visit that goes on."""
        newest, last = next(iter(self.strip), None), now
        for entry in self.entries:
            if entry.actor_kind != ActorKind.PERSON:
                continue
            if last - entry.created_at > VISIT_PAUSE:
                return None
            if entry is newest:
                return newest
            last = entry.created_at
        return None

    def number_in(self, batch_id: uuid.UUID | None) -> int:
        """Return how many of the entries about suggestions belong to the batch."""
        return sum(1 for each in self.entries if batch_id and each.batch_id == batch_id and each.candidate_id)

    @cached_property
    def notes(self) -> set[uuid.UUID]:
        """Return the ids of rejections that only add a note to an earlier one."""
        found, newer = set[uuid.UUID](), dict[uuid.UUID, Entry]()
        for entry in self.standing(self.revision):
            if entry.candidate_id is None:
                continue
            before = newer.get(entry.candidate_id)
            if before and before.decision == entry.decision == Decision.REJECTED:
                found.add(before.pk)
            newer[entry.candidate_id] = entry
        return found

    @cached_property
    def seconds_per_decision(self) -> float:
        """The person's estimated time per decision."""
        return pace([entry.created_at for entry in self.entries if entry.actor_kind == ActorKind.PERSON])


def pace(times: list[dt.datetime]) -> float:
    """Estimate the seconds per decision: the person's median, mixed with a prior that loses weight slowly.

    times: of their decisions, newest first. Gaps over two minutes are pauses. The mixture never jumps, as each decision
    changes it a little only.
    """
    gaps = [(newer - older).total_seconds() for newer, older in itertools.pairwise(times[:PACED])]
    own = [gap for gap in gaps if 1 <= gap <= LONGEST_GAP]
    weight = len(own) / (len(own) + PRIOR_WEIGHT)
    return (1 - weight) * PRIOR_SECONDS + weight * statistics.median(own) if own else PRIOR_SECONDS


def recent(user: User) -> Recent:
    """Read the person's newest entries."""
    rows = UserRefinedTrait.objects.filter(user=user).annotate(
        suggested_category=F("original_candidate__trait_category"),
        suggested_models=F("original_candidate__originating_models"),
        suggested_pieces=F("original_candidate__evidence_count"),
        suggested_name=F("original_candidate__trait_name"),
    )
    return Recent([Entry(*row) for row in rows.order_by("-revision").values_list(*COLUMNS)[:LOOK_BACK]])
