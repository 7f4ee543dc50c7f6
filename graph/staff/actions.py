"""What staff may do about the way of people's logs into the graph."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from graph.projection.lag import FAILING
from graph.projection.rebuild import start_over
from traits.models import Erasure, Persona
from traits.models.erasure import UNDER_WAY

MAX_PEOPLE = 1_000
"""People that one action takes."""
MAX_REBUILT = 20


@dataclass(frozen=True)
class ProjectionAction:
    """Something that staff do: what it is called, what it means, whom it takes, and what was done with how many."""

    name: str
    label: str
    meaning: str
    work: Callable[[QuerySet[Persona]], int]
    done: str
    most: int = MAX_PEOPLE


def retry(people: QuerySet[Persona]) -> int:
    """Have those of the people with whom it fails tried again immediately; returns how many."""
    return people.filter(FAILING).update(next_attempt_at=None)


def hold(people: QuerySet[Persona]) -> int:
    """Have nothing projected for these people until they are released; returns how many were not held before.

    What a projector has in hand already it still writes. Decisions go on, and wait.
    """
    return people.filter(held_at=None).update(held_at=timezone.now())


def release(people: QuerySet[Persona]) -> int:
    """Let go of those who are held; returns how many."""
    return people.exclude(held_at=None).update(held_at=None)


def retry_erasures(ids: Iterable[uuid.UUID]) -> int:
    """Have erasures that cannot go on tried again immediately; returns how many."""
    rows = Erasure.objects.filter(pk__in=list(ids), state__in=UNDER_WAY, attempts__gt=0)
    return rows.update(next_attempt_at=None)


def rebuild(people: QuerySet[Persona]) -> int:
    """Have the graph of these people drawn again from their whole logs; returns how many have one."""
    ids = list(people.filter(revision__gt=0).values_list("pk", flat=True))
    start_over(ids)
    return len(ids)


ACTIONS = {
    action.name: action
    for action in (
        ProjectionAction(
            "retry",
            "Try again now",
            "People with whom projecting failed wait longer each time. This ends the wait; the attempts stay.",
            retry,
            "is tried again now",
        ),
        ProjectionAction(
            "hold",
            "Hold",
            "Nothing more of these people goes into the graph until they are released. They can go on deciding; nothing"
            " is lost. Their pages say that the graph waits.",
            hold,
            "is held",
        ),
        ProjectionAction(
            "release",
            "Release",
            "What these people decided since they were held goes into the graph.",
            release,
            "is released",
        ),
        ProjectionAction(
            "rebuild",
            "Project from the start",
            "What PTFI wrote into the graph for these people is dropped, and their whole log is projected again by the"
            " projectors that run. Meanwhile their pictures are incomplete. Edges that others drew to PTFI's nodes go.",
            rebuild,
            "is projected from the start",
            MAX_REBUILT,
        ),
    )
}
