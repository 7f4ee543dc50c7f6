"""Projecting people again whose graph was made by a release with another mapping."""

import uuid
from collections.abc import Iterator
from functools import partial

from graph import connection
from graph.projection import outbox, writer
from graph.projection.outbox import Replay
from traits.models import Persona

PEOPLE = 20
"""People who are looked at together, fewer than a projector claims at a time: new decisions never wait for them all.

Projectors go on only when there is nothing else to do.
"""


def replay_outdated(only: uuid.UUID | None) -> Iterator[bool]:
    """Replay the people whose graph an earlier version of the mapping made, a few at a time.

    Raises GraphUnavailableError.
    """
    people = Persona.objects.filter(went_back_at=None, projected_revision__gt=0).order_by("user_id")
    people = people.filter(user=only) if only else people
    last = uuid.UUID(int=0)
    while rows := list(people.filter(user_id__gt=last)[:PEOPLE]):
        last = rows[-1].user_id
        outdated = connection.write(partial(writer.outdated, user_ids=[persona.user_id for persona in rows]))
        outbox.replay([Replay(row.user_id, row.generation) for row in rows if row.user_id in set(outdated)])
        yield True
