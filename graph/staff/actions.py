"""Staff's actions on the projection of people's logs into the graph."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from graph.projection.lag import FAILING
from graph.projection.rebuild import start_over
from ptfi.texts import Text
from traits.models import Erasure, Persona
from traits.models.erasure import UNDER_WAY

MAX_PEOPLE = 1_000
"""The most people that one action accepts."""
MAX_REBUILT = 20


@dataclass(frozen=True)
class ProjectionAction:
    """An action of staff: its label, its meaning, the work, the notice afterwards, and the most people it accepts."""

    name: str
    label: Text
    meaning: Text
    work: Callable[[QuerySet[Persona]], int]
    done: Text
    most: int = MAX_PEOPLE


def retry(people: QuerySet[Persona]) -> int:
    """Retry failing people immediately; returns their number."""
    return people.filter(FAILING).update(next_attempt_at=None)


def hold(people: QuerySet[Persona]) -> int:
    """Pause the projection of these people until they are released; returns how many were not held before.

    A batch that a projector has already claimed is still written. People can go on deciding; their entries wait.
    """
    return people.filter(held_at=None).update(held_at=timezone.now())


def release(people: QuerySet[Persona]) -> int:
    """Resume the projection of those who are held; returns their number."""
    return people.exclude(held_at=None).update(held_at=None)


def retry_erasures(ids: Iterable[uuid.UUID]) -> int:
    """Retry failing erasures immediately; returns their number."""
    rows = Erasure.objects.filter(pk__in=list(ids), state__in=UNDER_WAY, attempts__gt=0)
    return rows.update(next_attempt_at=None)


def rebuild(people: QuerySet[Persona]) -> int:
    """Rebuild the graph of these people from their whole logs; returns how many have a log."""
    ids = list(people.filter(revision__gt=0).values_list("pk", flat=True))
    start_over(ids)
    return len(ids)


ACTIONS = {
    action.name: action
    for action in (
        ProjectionAction(
            "retry",
            _("Retry now"),
            _("The projection waits longer after each failure. This ends the wait. The count of attempts stays."),
            retry,
            ngettext_lazy("Retrying %(number)s person now.", "Retrying %(number)s people now.", "people"),
        ),
        ProjectionAction(
            "hold",
            _("Pause"),
            _(
                "Nothing more is projected for these people until they are resumed. They can go on deciding, and"
                " nothing is lost. Their pages say that the graph is waiting."
            ),
            hold,
            ngettext_lazy("Paused %(number)s person.", "Paused %(number)s people.", "people"),
        ),
        ProjectionAction(
            "release",
            _("Resume"),
            _("Everything these people have decided since they were paused will be projected."),
            release,
            ngettext_lazy("Resumed %(number)s person.", "Resumed %(number)s people.", "people"),
        ),
        ProjectionAction(
            "rebuild",
            _("Rebuild"),
            _(
                "Everything projected for these people is deleted from the graph, and their whole log is projected"
                " again. Until then their pictures are incomplete. Edges that others drew to the nodes are lost."
            ),
            rebuild,
            ngettext_lazy(
                "Rebuilding the graph of %(number)s person.", "Rebuilding the graph of %(number)s people.", "people"
            ),
            MAX_REBUILT,
        ),
    )
}
