"""Projecting one person from the start."""

import threading
import uuid

from django.db import transaction
from django.db.models import F

from graph import erasing, outbox
from graph.outbox import Replay
from graph.projection import Projector
from traits.models import Persona


def rebuild(user_id: uuid.UUID, stop: threading.Event) -> bool:
    """Drop what PTFI wrote for the person and project their log again; False when it can't be projected.

    If this process dies, any projector goes on where it stopped. Raises GraphUnavailableError.
    """
    persona = Persona.objects.get(user_id=user_id)
    with transaction.atomic():
        outbox.replay([Replay(user_id, persona.generation)])
        erasing.repeat([user_id])
    Projector(only=user_id).drain(stop)
    behind = Persona.objects.filter(user_id=user_id, projected_revision__lt=F("revision"))
    return not erasing.pending(user_id) and not behind.exists()
