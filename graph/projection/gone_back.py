"""People whose log went back: the graph was made from entries that the log no longer has.

Projecting again would heal the graph but destroy the only witness. Nothing of these people is projected until an
operator says that PostgreSQL was restored to the past (manage.py accept_restored_logs), or the log is put right. An
erasure of the whole log is no such case, as its receipt shows.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Mapping

import neo4j
from django.db.models import Max, Q
from django.utils import timezone

from graph import connection
from graph.nodes import MANAGED_BY
from graph.projection import outbox, writer
from graph.projection.outbox import Replay
from graph.projection.writer import CLEARING, Fence
from traits.models import Erasure, Persona
from traits.models.erasure import WHOLE

WENT_BACK = ~Q(went_back_at=None)
REASON = "The log went back: it lacks what the graph was made of"
SWEEP = 1_000
"""People whose logs are accepted together."""

logger = logging.getLogger(__name__)


def find(fences: Mapping[uuid.UUID, Fence | None], hashes: Mapping[uuid.UUID, str]) -> dict[uuid.UUID, Fence]:
    """People whose log has another entry, or none, where the graph stands; hashes: the log's at their fences."""
    found = {
        user_id: fence
        for user_id, fence in fences.items()
        if fence and fence.revision > 0 and fence.hash and fence.hash != hashes.get(user_id, "")
    }
    erased = _erased(found)
    return {user_id: fence for user_id, fence in found.items() if erased.get(user_id, 0) <= fence.generation}


def _erased(people: Mapping[uuid.UUID, Fence]) -> dict[uuid.UUID, int]:
    """The generation that began with the newest erasure of each person's whole log."""
    if not people:
        return {}
    receipts = Erasure.objects.filter(subject_id__in=list(people), kind__in=WHOLE).exclude(erased_at=None)
    return dict(receipts.order_by().values_list("subject_id").annotate(Max("generation")))


def alarm(people: Mapping[uuid.UUID, Fence]) -> None:
    """Stop projecting these people, and alert operators once."""
    for persona in Persona.objects.filter(pk__in=list(people), went_back_at=None):
        fence = people[persona.pk]
        logger.error(
            "The log of %s went back: the graph was made of it up to an entry %d that it does not have;"
            " it ends at revision %d. Nothing of it is projected until that is explained",
            persona.pk,
            fence.revision,
            persona.revision,
        )
    outbox.stop(list(people), REASON)


def accept(user_ids: list[uuid.UUID]) -> int:
    """Accept the logs of these people as they are now and project them from the start; returns their number.

    Raises GraphUnavailableError.
    """
    number = 0
    for start in range(0, len(user_ids), SWEEP):
        number += _accept(user_ids[start : start + SWEEP])
    return number


def _accept(user_ids: list[uuid.UUID]) -> int:
    people = Persona.objects.filter(WENT_BACK, pk__in=user_ids)
    fences = connection.write(lambda tx: writer.states(tx, user_ids))
    floors = {user_id: fence.generation for user_id, fence in fences.items() if fence}
    outbox.replay(Replay(*row, floors.get(row[0], 0)) for row in people.values_list("pk", "generation"))
    # The graph's fence is cleared first: after an interruption the same people are found again.
    rows = list(people.select_related("user"))
    connection.write(lambda tx: _forget(tx, rows))
    for persona in rows:
        logger.warning("The log of %s, which went back, was accepted as it is", persona.pk)
    return people.update(went_back_at=None, last_error="")


def _forget(tx: neo4j.ManagedTransaction, people: list[Persona]) -> None:
    rows = [
        {
            "id": str(persona.pk),
            "generation": persona.generation,
            "first": CLEARING,
            "joined": persona.user.date_joined.isoformat(),
        }
        for persona in people
    ]
    now = timezone.now().astimezone(dt.UTC).isoformat()
    tx.run(writer.OPEN, people=rows, now=now, ptfi=MANAGED_BY).consume()
