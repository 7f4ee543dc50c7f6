"""The current sitting of a person, its progress, and what it brought."""

import dataclasses
import uuid
from collections import Counter

from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext

from ptfi.accounts.models import User
from traits.models import Decision, Persona, PersonaTrait, Sitting, UserRefinedTrait
from traits.models.log import PLACING, SETTLING, SUPPRESSING
from traits.review.order.recent import Recent
from traits.review.selectors import QueueFilters, candidates, queue
from traits.text import name_key, once_each

SIZE = 20
LEAST_SECONDS = 5.0
MOST_CONCEPTS = 6
"""Topics that are named and drawn, those that grew most."""


def start(user: User) -> Sitting | None:
    """Begin a sitting with the first of the recommended order; None if nothing waits."""
    rows = queue(user, QueueFilters(), limit=SIZE).rows
    if not rows:
        return None
    revision = Persona.objects.filter(user=user).values_list("revision", flat=True).first() or 0
    values = {"sitting_id": uuid.uuid4(), "candidate_ids": [row.candidate.pk for row in rows], "revision": revision}
    return Sitting.objects.update_or_create(user=user, defaults=values)[0]


def offer(waiting: int, recent: Recent) -> str:
    """Say how many suggestions the next sitting has and how long it takes; "" if nothing waits."""
    number = min(SIZE, waiting)
    if number < 2:
        return ""
    text = ngettext("Start with the surest · %(time)s", "Start with the %(number)s surest · %(time)s", number)
    return text % {"number": number, "time": about(number, recent)}


def about(number: int, recent: Recent) -> str:
    """Estimate how long so many decisions take, in words."""
    minutes = max(1, round(number * max(LEAST_SECONDS, recent.seconds_per_decision) / 60))
    return ngettext("about %(number)s minute", "about %(number)s minutes", minutes) % {"number": minutes}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a sitting is: decided of total. time_left: in words, "" at its end."""

    sitting: Sitting
    decided: int
    total: int
    time_left: str

    @property
    def is_over(self) -> bool:
        return self.decided == self.total

    @property
    def current(self) -> int:
        """The place of the suggestion that is next."""
        return min(self.decided + 1, self.total)


def progress(user: User, filters: QueueFilters, recent: Recent) -> Progress | None:
    """Return the progress of the sitting in the address; None if it has been replaced, or is not the person's."""
    sitting = Sitting.objects.filter(user=user, sitting_id=filters.sitting).first() if filters.sitting else None
    if sitting is None:
        return None
    total = len(sitting.candidate_ids)
    waiting = candidates(user, filters).count()
    time_left = gettext("%(time)s left") % {"time": about(waiting, recent)} if waiting else ""
    return Progress(sitting=sitting, decided=total - waiting, total=total, time_left=time_left)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Grown:
    """A topic of the persona: traits before the sitting, and now."""

    name: str
    before: int
    now: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gained:
    """What a sitting brought: its new traits and grown topics, and the number of other decisions."""

    traits: list[PersonaTrait]
    concepts: list[Grown]
    merged: int
    rejected: int
    snoozed: int


def gained(user: User, sitting: Sitting) -> Gained:
    """Read what became of the sitting's suggestions since it began."""
    entries = _newest(user, sitting)
    number = Counter(entry.user_decision for entry in entries)
    made = [entry for entry in entries if entry.user_decision in SETTLING and entry.user_decision not in SUPPRESSING]
    ids = {entry.trait_id_in_pkg for entry in made if entry.trait_id_in_pkg and entry.user_decision != Decision.MERGED}
    mine = PersonaTrait.objects.filter(user=user)
    traits = list(mine.filter(pk__in=ids).defer("evidence", "notes").order_by("sort_key", "pk"))
    return Gained(
        traits=traits,
        concepts=_grown(mine, traits),
        merged=number[Decision.MERGED],
        rejected=number[Decision.REJECTED] + number[Decision.REMOVED],
        snoozed=number[Decision.DEFERRED],
    )


def _newest(user: User, sitting: Sitting) -> list[UserRefinedTrait]:
    """Return the newest decision on each suggestion since the sitting began that was not undone."""
    rows = UserRefinedTrait.objects.filter(user=user, revision__gt=sitting.revision)
    undone = rows.exclude(undoes=None).values("undoes")
    about_them = rows.filter(original_candidate__in=sitting.candidate_ids, user_decision__in=PLACING)
    entries = about_them.exclude(pk__in=undone).defer("content").order_by("revision")
    return list({entry.original_candidate_id: entry for entry in entries}.values())


def _grown(mine: QuerySet[PersonaTrait], traits: list[PersonaTrait]) -> list[Grown]:
    names = once_each(name for trait in traits for name in trait.concepts)
    new, ids = Counter[str](), {trait.pk for trait in traits}
    now = Counter[str]()
    for pk, concepts in mine.exclude(concepts=[]).values_list("pk", "concepts"):
        keys = {name_key(name) for name in concepts}
        now.update(keys)
        new.update(keys if pk in ids else ())
    grown = [Grown(name=name, before=now[key] - new[key], now=now[key]) for name in names if now[key := name_key(name)]]
    return sorted(grown, key=lambda each: (each.before - each.now, -each.now))[:MOST_CONCEPTS]
