"""Tina of support, and Alice's pages opened for her."""

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import SignedIn
from tests.support.on_behalf import page_of, start
from tests.support.staff import in_roles


@pytest.fixture
def tina(bob: User) -> User:
    """She works in support."""
    User.objects.filter(pk=bob.pk).update(email="tina@example.com", display_name="Tina")
    return in_roles(bob, "support")


@pytest.fixture
def support(tina: User, signed_in: SignedIn) -> Client:
    return signed_in(tina)


@pytest.fixture
def acting(support: Client, alice: User) -> Client:
    assert start(support, "alice@example.com")["Location"] == page_of(alice)
    return support
