"""Staff who work in the Django admin."""

import importlib
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import make_user

REASON = "T-17, she asked why."


def make_roles() -> None:
    """Create the roles as the migrations do: tests that empty the tables remove them as well."""
    if not Group.objects.filter(name="moderator").exists():
        for module in ("0007_roles", "0010_quality", "0013_acting", "0020_looks_at_many", "0028_batches"):
            importlib.import_module(f"traits.migrations.{module}").make_roles(apps, None)


def in_roles(user: User, *roles: str) -> User:
    """Make the person staff with these roles and no other permission."""
    make_roles()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    assert user.groups.count() == len(roles)
    return User.objects.get(pk=user.pk)


def give_reason(client: Client, address: str, reason: str = REASON) -> None:
    """Fill in the page that asks staff for a reason; the session then has access to that person."""
    answer = client.post(address, {"access_reason": reason})
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"] == address


def file_of(client: Client, address: str, reason: str = REASON) -> str:
    """The file at the address, which asks for a reason first."""
    asked = client.get(address)
    assert not asked.streaming
    assert b'name="access_reason"' in asked.content
    answer: Any = client.post(address, {"access_reason": reason})
    assert answer["Content-Type"].startswith("text/csv")
    return b"".join(answer).decode("utf-8-sig")


def staff_of(*roles: str, name: str = "Nour") -> User:
    """A staff member with these roles."""
    return in_roles(make_user(name, is_staff=True), *roles)
