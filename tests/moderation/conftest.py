"""Who moderates."""

import pytest
from django.test import Client

from tests.support.cast import SignedIn
from tests.support.staff import staff_of


@pytest.fixture
def moderator(db: None, signed_in: SignedIn) -> Client:
    return signed_in(staff_of("moderator"))
