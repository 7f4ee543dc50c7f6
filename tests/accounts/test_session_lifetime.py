"""Sessions end some time after their last use, and some days after signing in, whatever the browser keeps."""

import datetime as dt
import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ptfi.accounts.middleware import BEGAN, SEEN
from ptfi.accounts.models import User
from tests.support.cast import PASSWORD, SignedIn

pytestmark = pytest.mark.django_db
HOUR, DAY = 3_600, 86_400
PAGE = reverse("account_preferences")
API = "/v1/users/me/persona/traits/candidates"


def age(client: Client, **seconds: float) -> None:
    """Make the session's times older by so many seconds."""
    session = client.session
    for name, number in seconds.items():
        session[{"began": BEGAN, "seen": SEEN}[name]] -= number
    session.save()


def expires_in(client: Client) -> dt.timedelta:
    """What the table says, by which streams of events go as well."""
    return Session.objects.get(pk=client.session.session_key).expire_date - timezone.now()


@pytest.mark.parametrize(("seconds", "status"), [(71 * HOUR, 200), (73 * HOUR, 302)])
def test_a_session_ends_after_its_last_use(alice: User, signed_in: SignedIn, seconds: float, status: int) -> None:
    client = signed_in(alice)
    age(client, seen=seconds)
    assert client.get(PAGE).status_code == status
    assert client.get(PAGE).status_code == status


@pytest.mark.parametrize(("seconds", "status"), [(13.9 * DAY, 200), (14.1 * DAY, 302)])
def test_a_session_ends_some_days_after_signing_in(
    alice: User, signed_in: SignedIn, seconds: float, status: int
) -> None:
    client = signed_in(alice)
    age(client, began=seconds)
    assert client.get(PAGE).status_code == status


def test_use_prolongs_it_up_to_its_last_day(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    age(client, began=13.5 * DAY, seen=4 * HOUR)
    client.get(PAGE)
    assert dt.timedelta(hours=11) < expires_in(client) <= dt.timedelta(hours=12)
    age(client, began=-13.5 * DAY, seen=4 * HOUR)
    client.get(PAGE)
    assert dt.timedelta(hours=71) < expires_in(client) <= dt.timedelta(hours=72)


def test_it_is_not_written_at_each_request(alice: User, signed_in: SignedIn, django_assert_num_queries: Any) -> None:
    client = signed_in(alice)
    client.get(PAGE)
    before = client.session[SEEN]
    client.get(PAGE)
    assert client.session[SEEN] == before


def test_one_that_ends_with_the_browser_stays_so(alice: User, settings: Any) -> None:
    client = Client()
    client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    client.get(PAGE)
    assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == ""
    age(client, seen=73 * HOUR)
    assert client.get(PAGE).status_code == 302


def test_it_ends_for_the_api_as_well(alice: User) -> None:
    for ages in ({"seen": 73 * HOUR}, {"began": 14.1 * DAY}):
        client = Client()
        client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
        assert client.get(PAGE).status_code == client.get(API).status_code == 200
        age(client, **ages)
        assert client.get(API).status_code == 401, ages


def test_a_session_of_before_the_upgrade_goes_on(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    session = client.session
    del session[BEGAN], session[SEEN]
    session.save()
    assert client.get(PAGE).status_code == 200
    assert time.time() - client.session[BEGAN] < 60
