"""The token endpoint: each code and refresh token once, for its own client, for its time; and taking them back."""

import base64
import datetime as dt
from typing import Any

import pytest
from allauth.idp.oidc.models import Token
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.oauth.models import SpentToken
from ptfi.oauth.scopes import INGEST, MANAGE_TRAITS, READ_TRAITS
from tests.support.concurrency import at_once
from tests.support.oauth import (
    ALL,
    REVOKE,
    code_for,
    exchange,
    make_client,
    make_pipeline,
    refresh,
    tokens_of,
    userinfo,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "x" * 50}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "https://app.example.com/"}, "invalid_request"),
        ({"code": "made up"}, "invalid_grant"),
        ({"code": "\0"}, "invalid_request"),
        ({"code": ""}, "invalid_request"),
        ({"client_id": "nobody"}, "invalid_grant"),
        ({"client_id": ""}, "invalid_grant"),
        ({"grant_type": "openid"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unsupported_grant_type"),
        ({"resource": "nonsense"}, "invalid_target"),
        ({"resource": "http://["}, "invalid_request"),
    ],
)
def test_what_is_not_exchanged(as_alice: Client, changes: dict[str, str], error: str) -> None:
    answer: Any = exchange(code_for(as_alice, make_client()) | changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert not Token.objects.filter(type=Token.Type.ACCESS_TOKEN).exists()


def test_a_code_is_for_its_own_client(as_alice: Client) -> None:
    data = code_for(as_alice, make_client())
    pipeline, secret = make_pipeline()
    assert exchange(data | {"client_id": make_client("Other").pk}).status_code == 400
    basic = base64.b64encode(f"{pipeline.pk}:{secret}".encode()).decode()
    assert exchange(data, headers={"Authorization": f"Basic {basic}"}).status_code == 400
    tokens_of(exchange(data))


def test_a_code_runs_out(as_alice: Client) -> None:
    data = code_for(as_alice, make_client())
    Token.objects.update(expires_at=timezone.now())
    assert exchange(data).status_code == 400


@pytest.mark.slow
def test_a_second_exchange_of_a_code_revokes_its_tokens(as_alice: Client) -> None:
    data = code_for(as_alice, make_client())
    made = tokens_of(exchange(data))
    assert exchange(data).status_code == 400
    # A page that loads twice did that; later it is somebody else, and what they may have taken is revoked.
    assert userinfo(made["access_token"]).status_code == 200
    SpentToken.objects.update(spent_at=timezone.now() - dt.timedelta(seconds=6))
    assert exchange(data).status_code == 400
    assert userinfo(made["access_token"]).status_code == 401
    assert not Token.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_code_many_times_at_once(as_alice: Client) -> None:
    data = code_for(as_alice, make_client())
    answers = at_once(lambda _index: exchange(data))
    assert sorted(each.status_code for each in answers) == [200] + [400] * 7
    assert Token.objects.filter(type=Token.Type.ACCESS_TOKEN).count() == 1
    made = next(each for each in answers if each.status_code == 200)
    assert userinfo(tokens_of(made)["access_token"]).status_code == 200


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_refresh_token_many_times_at_once(as_alice: Client) -> None:
    app = make_client()
    made = tokens_of(exchange(code_for(as_alice, app)))
    answers = at_once(lambda _index: refresh(app, made["refresh_token"]))
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert Token.objects.filter(type=Token.Type.REFRESH_TOKEN).count() == 1
    again = tokens_of(refresh(app, tokens_of(answers[0])["refresh_token"]))
    assert userinfo(again["access_token"]).status_code == 200


def test_two_tabs_that_refresh_get_the_same_pair(as_alice: Client) -> None:
    app = make_client()
    first = tokens_of(exchange(code_for(as_alice, app)))
    answers = [refresh(app, first["refresh_token"]) for _ in range(3)]
    assert len({each.content for each in answers}) == 1
    second = tokens_of(answers[0])
    assert "no-store" in answers[1]["Cache-Control"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(value, ' '), '') FROM ptfi_cache")
        stored = cursor.fetchone()[0]
    for token in (first["refresh_token"], second["refresh_token"], second["access_token"]):
        assert token not in stored
    # Another client, and another question, are no repeat.
    assert refresh(make_client("Other"), first["refresh_token"]).status_code == 400
    assert userinfo(second["access_token"]).status_code == 200
    assert refresh(app, first["refresh_token"], scope="openid").status_code == 400
    assert userinfo(second["access_token"]).status_code == 401


@pytest.mark.parametrize("elsewhere", [{"REMOTE_ADDR": "198.51.100.7"}, {"HTTP_USER_AGENT": "Another"}])
def test_a_repeat_from_elsewhere_ends_the_consent(as_alice: Client, elsewhere: dict[str, str]) -> None:
    app = make_client()
    first = tokens_of(exchange(code_for(as_alice, app)))
    second = tokens_of(refresh(app, first["refresh_token"]))
    data = {"grant_type": "refresh_token", "client_id": app.pk, "refresh_token": first["refresh_token"]}
    assert exchange(data, **elsewhere).status_code == 400
    assert userinfo(second["access_token"]).status_code == 401
    assert refresh(app, second["refresh_token"]).status_code == 400


def test_a_repeat_brings_nothing_back_that_has_ended(as_alice: Client) -> None:
    app = make_client()
    first = tokens_of(exchange(code_for(as_alice, app)))
    tokens_of(refresh(app, first["refresh_token"]))
    as_alice.post("/accounts/connections/", {"client": app.pk})
    assert refresh(app, first["refresh_token"]).status_code == 400
    assert not Token.objects.exists()


def move_consent(days: float) -> None:
    """Into the past."""
    for row in Token.objects.filter(type=Token.Type.REFRESH_TOKEN):
        row.data["granted_at"] -= dt.timedelta(days=days).total_seconds()
        row.save()


def test_a_consent_ends_however_often_it_is_refreshed(as_alice: Client, settings: Any) -> None:
    app = make_client()
    made = tokens_of(exchange(code_for(as_alice, app)))
    move_consent(settings.GRANT_MAX_DAYS - 10)
    second = tokens_of(refresh(app, made["refresh_token"]))
    assert 9 * 86_400 < second["refresh_expires_in"] <= 10 * 86_400
    kept = Token.objects.get(type=Token.Type.REFRESH_TOKEN)
    assert kept.expires_at - timezone.now() < dt.timedelta(days=10)
    move_consent(10 - 1 / 1440)
    last = tokens_of(refresh(app, second["refresh_token"]))
    assert 0 < last["expires_in"] <= 60
    move_consent(1 / 1440)
    assert refresh(app, last["refresh_token"]).status_code == 400


@pytest.mark.slow
def test_a_refresh_token_rotates(as_alice: Client) -> None:
    app = make_client()
    first = tokens_of(exchange(code_for(as_alice, app)))
    second = tokens_of(refresh(app, first["refresh_token"]))
    assert second["refresh_token"] != first["refresh_token"]
    assert set(second["scope"].split()) == set(ALL)
    kept = Token.objects.get(type=Token.Type.REFRESH_TOKEN).expires_at
    assert dt.timedelta(days=29) < kept - timezone.now() <= dt.timedelta(days=30)


@pytest.mark.slow
def test_a_stolen_refresh_token_ends_its_family_only(as_alice: Client) -> None:
    app = make_client()
    first, elsewhere = (tokens_of(exchange(code_for(as_alice, app))) for _ in range(2))
    second = tokens_of(refresh(app, first["refresh_token"]))
    # Some seconds later it is no second tab.
    cache.clear()
    answer: Any = refresh(app, first["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert refresh(app, second["refresh_token"]).status_code == 400
    assert [userinfo(each["access_token"]).status_code for each in (first, second, elsewhere)] == [401, 401, 200]
    tokens_of(refresh(app, elsewhere["refresh_token"]))


def test_a_refresh_token_is_for_its_own_client_and_time(as_alice: Client) -> None:
    app = make_client()
    made = tokens_of(exchange(code_for(as_alice, app)))
    assert refresh(make_client("Other"), made["refresh_token"]).status_code == 400
    Token.objects.update(expires_at=timezone.now())
    assert refresh(app, made["refresh_token"]).status_code == 400
    assert userinfo(made["access_token"]).status_code == 401


@pytest.mark.slow
def test_who_may_not_sign_in_has_no_tokens(alice: User, as_alice: Client) -> None:
    app = make_client()
    made, data = tokens_of(exchange(code_for(as_alice, app))), code_for(as_alice, app)
    User.objects.update(is_active=False)
    assert exchange(data).status_code == 400
    assert refresh(app, made["refresh_token"]).status_code == 400
    assert userinfo(made["access_token"]).status_code == 401


def test_revoking_a_refresh_token_revokes_all_of_its_consent(as_alice: Client, client: Client) -> None:
    app = make_client()
    made, elsewhere = (tokens_of(exchange(code_for(as_alice, app))) for _ in range(2))
    other = make_client("Other")
    theirs = client.post(REVOKE, {"token": made["refresh_token"], "client_id": other.pk})
    assert (theirs.status_code, userinfo(made["access_token"]).status_code) == (400, 200)
    assert client.post(REVOKE, {"token": made["refresh_token"], "client_id": app.pk}).status_code == 200
    assert [userinfo(each["access_token"]).status_code for each in (made, elsewhere)] == [401, 200]
    assert refresh(app, made["refresh_token"]).status_code == 400


def test_revoking_an_access_token(as_alice: Client, client: Client) -> None:
    app = make_client()
    made = tokens_of(exchange(code_for(as_alice, app)))
    for token in (made["access_token"], "unknown"):
        assert client.post(REVOKE, {"token": token, "client_id": app.pk}).status_code == 200
    assert userinfo(made["access_token"]).status_code == 401
    tokens_of(refresh(app, made["refresh_token"]))
    assert client.post(REVOKE, {"token": "x"}).status_code == 401
    assert client.post(REVOKE, {"client_id": app.pk}).status_code == 400


def test_the_pipeline_by_itself() -> None:
    pipeline, secret = make_pipeline()
    data = {"grant_type": "client_credentials", "client_id": pipeline.pk, "client_secret": secret}
    for more in ({}, {"scope": INGEST}):
        made = tokens_of(exchange(data | more))
        assert (made["scope"], "refresh_token" in made) == (INGEST, False)
    for scope in (READ_TRAITS, f"{INGEST} {MANAGE_TRAITS}", "openid"):
        refused: Any = exchange(data | {"scope": scope})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")
    assert exchange(data | {"client_secret": "guessed"}).status_code == 401
    assert userinfo(made["access_token"]).status_code in (401, 403)


def test_a_program_in_browsers_is_nobody_by_itself() -> None:
    data = {"grant_type": "client_credentials", "client_id": make_client().pk, "client_secret": "x"}
    assert exchange(data).status_code == 401


def test_what_has_run_out_is_swept_up(as_alice: Client) -> None:
    app = make_client()
    made = tokens_of(exchange(code_for(as_alice, app)))
    past = timezone.now() - dt.timedelta(days=1)
    Token.objects.filter(type=Token.Type.ACCESS_TOKEN).update(expires_at=past)
    SpentToken.objects.update(expires_at=past)
    tokens_of(refresh(app, made["refresh_token"]))
    assert Token.objects.count() == 2
    assert SpentToken.objects.count() == 1
