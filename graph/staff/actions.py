"""What staff may do about the way of people's logs into the graph."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from graph.projection import lag as standing
from graph.projection import rebuild as rebuilding
from traits.models import Persona

MAX_PEOPLE = 1_000
"""People that one action takes."""
MAX_REBUILT = 20


@dataclass(frozen=True)
class Action:
    """Something that staff do: what it is called, what it means, whom it takes, and what was done with how many."""

    name: str
    label: str
    meaning: str
    work: Callable[[QuerySet[Persona]], int]
    done: str
    most: int = MAX_PEOPLE


def _start_over(people: QuerySet[Persona]) -> int:
    ids = list(people.filter(revision__gt=0).values_list("pk", flat=True))
    rebuilding.start_over(ids)
    return len(ids)


ACTIONS = {
    action.name: action
    for action in (
        Action(
            "retry",
            "Try again now",
            "People with whom projecting failed wait longer each time. This ends the wait; the attempts stay.",
            standing.retry,
            "is tried again now",
        ),
        Action(
            "hold",
            "Hold",
            "Nothing more of these people goes into the graph until they are released. They can go on deciding; nothing"
            " is lost. Their pages say that the graph waits.",
            standing.hold,
            "is held",
        ),
        Action(
            "release",
            "Release",
            "What these people decided since they were held goes into the graph.",
            standing.release,
            "is released",
        ),
        Action(
            "rebuild",
            "Project from the start",
            "What PTFI wrote into the graph for these people is dropped, and their whole log is projected again by the"
            " projectors that run. Meanwhile their pictures are incomplete. Edges that others drew to PTFI's nodes go.",
            _start_over,
            "is projected from the start",
            MAX_REBUILT,
        ),
    )
}
