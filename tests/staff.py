"""Staff at work in the Django admin."""

import importlib
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client

from ptfi.accounts.models import User
from tests.conftest import make_user

REASON = "T-17, she asked why."


def in_roles(user: User, *roles: str) -> User:
    """The person as staff with these roles, and no other right."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    return User.objects.get(pk=user.pk)


def give_reason(client: Client, address: str, reason: str = REASON) -> None:
    """Answer the page that asks why staff look; the session is not asked again about that person."""
    answer = client.post(address, {"access_reason": reason})
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"] == address


def staff_of(*roles: str, name: str = "Nour") -> User:
    """Somebody of the staff with these roles, as the migration made them; a flushed database gets them again."""
    user = make_user(name, is_staff=True)
    if not Group.objects.filter(name="moderator").exists():
        migration("0007_roles").make_roles(apps, None)
    user.groups.set(Group.objects.filter(name__in=roles))
    assert user.groups.count() == len(roles)
    return user


def migration(name: str) -> Any:
    return importlib.import_module(f"traits.migrations.{name}")
