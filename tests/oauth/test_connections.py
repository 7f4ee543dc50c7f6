"""Connected apps: their page, disconnecting, and the time of their last read."""

import datetime as dt
import re

import pytest
from allauth.idp.oidc.models import Token
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.oauth import grants, models
from ptfi.oauth.models import ClientAccess, record_access
from ptfi.oauth.scopes import READ_TRAITS
from ptfi.oauth.templatetags.moments import roughly_ago
from tests.support.cast import SignedIn
from tests.support.concurrency import at_once
from tests.support.oauth import (
    access_token,
    code_for,
    exchange,
    make_client,
    refresh,
    tokens_of,
    userinfo,
)
from tests.support.pages import Html

pytestmark = pytest.mark.django_db
CONNECTIONS = "/accounts/connections/"


def test_no_connected_apps(as_alice: Client) -> None:
    page = as_alice.get(CONNECTIONS).content.decode()
    assert "No connected apps yet" in page
    assert "Disconnect<" not in page


def test_connected_apps(alice: User, as_alice: Client) -> None:
    app = make_client("Mirror & Co")
    tokens_of(exchange(code_for(as_alice, app, ["openid", READ_TRAITS])))
    answer = as_alice.get(CONNECTIONS)
    page = re.sub(r"\s+", " ", answer.content.decode())
    assert Html(answer).inline_code() == []
    assert "Mirror &amp; Co" in page
    assert "See the part of your persona that you choose, and its history" in page
    assert "change your traits" not in page
    assert f"Connected on {timezone.now():%-d %B %Y}." in page
    assert "It hasn’t read your persona yet." in page
    ClientAccess.objects.update(last_read_at=timezone.now() - dt.timedelta(minutes=47))
    assert b"about 40 minutes ago" in as_alice.get(CONNECTIONS).content


def test_apps_whose_grant_has_run_out_are_not_listed(alice: User, as_alice: Client) -> None:
    access_token(alice, make_client(), seconds=-1)
    assert b"Mirror" not in as_alice.get(CONNECTIONS).content


def test_disconnecting_takes_everything_back(alice: User, as_alice: Client) -> None:
    app, kept = make_client(), make_client("Kept")
    made, under_way = tokens_of(exchange(code_for(as_alice, app))), code_for(as_alice, app)
    other = tokens_of(exchange(code_for(as_alice, kept)))
    answer = as_alice.post(CONNECTIONS, {"client": app.pk}, follow=True)
    assert "Disconnected “Mirror”." in answer.content.decode()
    assert b"Disconnect Mirror" not in answer.content
    assert userinfo(made["access_token"]).status_code == 401
    assert refresh(app, made["refresh_token"]).status_code == 400
    assert exchange(under_way).status_code == 400
    assert not Token.objects.filter(client=app).exists()
    assert userinfo(other["access_token"]).status_code == 200
    assert as_alice.post(CONNECTIONS, {"client": app.pk}).status_code == 404


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_disconnecting_while_tokens_are_refreshed(alice: User, as_alice: Client) -> None:
    app = make_client()
    made = [tokens_of(exchange(code_for(as_alice, app))) for _ in range(7)]

    def act(index: int) -> None:
        if index < 7:
            refresh(app, made[index]["refresh_token"])
        else:
            grants.disconnect(user=alice, client_id=app.pk)

    at_once(act)
    assert not Token.objects.exists()


@pytest.mark.parametrize("named", ["", "nobody", "\0", "x" * 5000])
def test_disconnecting_nothing(as_alice: Client, named: str) -> None:
    assert as_alice.post(CONNECTIONS, {"client": named}).status_code == 404


def test_what_is_alices_stays_hers(alice: User, bob: User, as_alice: Client, signed_in: SignedIn) -> None:
    app = make_client()
    made = tokens_of(exchange(code_for(as_alice, app)))
    as_bob = signed_in(bob)
    assert b"Mirror" not in as_bob.get(CONNECTIONS).content
    assert as_bob.post(CONNECTIONS, {"client": app.pk}).status_code == 404
    tokens_of(exchange(code_for(as_bob, app)))
    assert as_bob.post(CONNECTIONS, {"client": app.pk}).status_code == 302
    assert userinfo(made["access_token"]).status_code == 200
    assert b"Mirror" in as_alice.get(CONNECTIONS).content


def test_signed_out_people_are_asked_to_sign_in(client: Client) -> None:
    assert client.get(CONNECTIONS)["Location"].startswith("/accounts/login/")


def test_reads_are_noted_now_and_then(alice: User, as_alice: Client) -> None:
    app = make_client()
    tokens_of(exchange(code_for(as_alice, app)))
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            record_access(alice.pk, app.pk)
    assert len(queries) == 1
    first = ClientAccess.objects.get().last_read_at
    assert first
    # Another process, which remembers nothing, leaves it for ten minutes.
    models._recorded.clear()
    record_access(alice.pk, app.pk)
    assert ClientAccess.objects.get().last_read_at == first
    ClientAccess.objects.update(last_read_at=first - dt.timedelta(minutes=11))
    models._recorded.clear()
    record_access(alice.pk, app.pk)
    assert (ClientAccess.objects.get().last_read_at or first) > first
    grants.disconnect(user=alice, client_id=app.pk)
    models._recorded.clear()
    record_access(alice.pk, app.pk)
    assert not ClientAccess.objects.exists()


def test_connecting_again_is_noted_at_once(alice: User, as_alice: Client) -> None:
    app = make_client()
    for _ in range(2):
        tokens_of(exchange(code_for(as_alice, app)))
        record_access(alice.pk, app.pk)
        assert ClientAccess.objects.get().last_read_at
        grants.disconnect(user=alice, client_id=app.pk)


def test_what_is_remembered_is_bounded(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "MAX_RECORDED", 3)
    for number in range(10):
        record_access(alice.pk, str(number))
    assert len(models._recorded) <= 3


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (dt.timedelta(0), "less than 10 minutes ago"),
        (dt.timedelta(minutes=19), "about 10 minutes ago"),
        (dt.timedelta(minutes=61), "about 1 hour ago"),
        (dt.timedelta(hours=47), "about 1 day ago"),
        (dt.timedelta(days=9), "about 9 days ago"),
    ],
)
def test_moments_in_words(ago: dt.timedelta, words: str) -> None:
    assert roughly_ago(timezone.now() - ago) == words
