"""Which person a command is about."""

import contextlib
from uuid import UUID

from django.core.management.base import CommandError
from django.db.models import Q

from ptfi.accounts.models import User, known_as


def find(person: str) -> User:
    """Find the account with this e-mail, external id or UUID. Raises CommandError."""
    wanted = Q(email=person.strip().lower()) | known_as(person)
    with contextlib.suppress(ValueError):
        wanted |= Q(pk=UUID(person))
    found = list(User.objects.filter(wanted)[:2])
    if len(found) != 1:
        raise CommandError(f"{'No' if not found else 'More than one'} person goes by {person}.", returncode=2)
    return found[0]
