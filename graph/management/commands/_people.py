"""Which people a command works on."""

import uuid

from django.core.management.base import CommandError
from django.db.models import Q

from traits.models import Erasure, Persona


def people(name: str) -> list[uuid.UUID]:
    """The ids of everyone who has a log or was erased, or of the one person with this id or e-mail.

    Raises CommandError.
    """
    erased = Erasure.objects.exclude(erased_at=None).values("subject_id")
    personas = Persona.objects.filter(Q(revision__gt=0) | Q(user_id__in=erased)).order_by("user_id")
    if name:
        try:
            personas = personas.filter(user_id=uuid.UUID(name))
        except ValueError:
            personas = personas.filter(Q(user__email=name.lower()))
    ids = list(personas.values_list("user_id", flat=True))
    if name and not ids:
        raise CommandError("There is no such person, or nothing was ever decided for them.")
    return ids
