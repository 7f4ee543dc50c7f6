"""Projecting people from the start."""

import threading
import uuid

from django.db import transaction
from django.db.models import F

from graph.projection import erasure, outbox
from graph.projection.outbox import Replay
from graph.projection.projector import Projector
from traits.models import Persona


def start_over(user_ids: list[uuid.UUID]) -> None:
    """Make any running projector drop what PTFI wrote for these people and project their logs again."""
    with transaction.atomic():
        found = Persona.objects.filter(pk__in=user_ids).order_by("pk").values_list("pk", "generation")
        outbox.replay([Replay(*row) for row in found])
        erasure.repeat(user_ids)


def rebuild(user_id: uuid.UUID, stop: threading.Event) -> bool:
    """Drop what PTFI wrote for the person and project their log again; False if it can't be projected.

    If this process dies, any projector continues where it stopped. Raises GraphUnavailableError.
    """
    start_over([user_id])
    Projector(only=user_id).drain(stop)
    behind = Persona.objects.filter(user_id=user_id, projected_revision__lt=F("revision"))
    return not erasure.pending(user_id) and not behind.exists()
