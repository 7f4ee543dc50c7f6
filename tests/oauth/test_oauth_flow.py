"""Asking a person to let a client in, what it then gets, and whatever somebody may try on the way."""

import base64
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Token
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ptfi.accounts.models import User
from ptfi.oauth.models import ClientAccess
from ptfi.oauth.scopes import INGEST, MANAGE_TRAITS, READ_TRAITS
from tests.support.account_pages import sign_in
from tests.support.cast import SignedIn
from tests.support.oauth import (
    ALL,
    AUTHORIZE,
    REDIRECT_URI,
    REVOKE,
    TOKEN,
    code_for,
    consent,
    consent_page,
    exchange,
    make_client,
    make_pipeline,
    pkce,
    question,
    refresh,
    sent_back,
    tokens_of,
    userinfo,
)
from tests.support.pages import Html

pytestmark = pytest.mark.django_db


def test_a_code_is_asked_for_allowed_and_exchanged(alice: User, client: Client) -> None:
    app, (verifier, challenge) = make_client(), pkce()
    address = question(app, challenge, nonce="n")
    asked = client.get(address)
    assert asked.status_code == 302
    assert asked["Location"].startswith("/accounts/login/?next=")
    sign_in(client, alice.email or "")
    back = consent(client, address)
    assert back["Location"].startswith(f"{REDIRECT_URI}?")
    assert sent_back(back)["state"] == "xyz"
    data = {"grant_type": "authorization_code", "client_id": app.pk, "redirect_uri": REDIRECT_URI}
    made = tokens_of(exchange(data | {"code": sent_back(back)["code"], "code_verifier": verifier}))
    assert (made["token_type"], made["expires_in"]) == ("Bearer", 600)
    assert set(made["scope"].split()) == set(ALL)
    said = userinfo(made["access_token"]).json()
    assert said == {"sub": str(alice.pk), "email": alice.email, "email_verified": True, "name": "Alice"}
    keys = jwt.PyJWKSet.from_dict(client.get("/.well-known/jwks.json").json())
    claims = jwt.decode(made["id_token"], keys.keys[0], audience=app.pk, issuer=settings.SITE_URL)
    assert (claims["sub"], claims["nonce"]) == (str(alice.pk), "n")


def test_nothing_is_kept_in_clear(alice: User, as_alice: Client) -> None:
    data = code_for(as_alice, make_client())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ptfi_cache WHERE position(%s in cache_key) > 0", [data["code"]])
        assert cursor.fetchone() == (0,)
    made = tokens_of(exchange(data))
    hashes = set(Token.objects.values_list("hash", flat=True))
    assert not hashes & {made["access_token"], made["refresh_token"], data["code"]}


def test_consent_can_be_narrowed(as_alice: Client) -> None:
    app = make_client()
    made = tokens_of(exchange(code_for(as_alice, app, ["openid", READ_TRAITS])))
    assert set(made["scope"].split()) == {"openid", READ_TRAITS}
    assert set(userinfo(made["access_token"]).json()) == {"sub"}
    widened = refresh(app, made["refresh_token"], scope=f"{READ_TRAITS} {MANAGE_TRAITS}")
    assert (widened.status_code, widened.json()["error"]) == (400, "invalid_scope")  # type: ignore[attr-defined]
    assert set(tokens_of(refresh(app, made["refresh_token"]))["scope"].split()) == {"openid", READ_TRAITS}


def test_the_question_is_in_words(alice: User, as_alice: Client) -> None:
    EmailAddress.objects.create(user=alice, email="second@example.com", verified=True)
    answer = consent_page(as_alice, question(make_client("Mirror & Co"), pkce()[1]))
    page = answer.content.decode()
    assert Html(answer).inline_code() == []
    for words in (
        "Mirror &amp; Co",
        "app.example.com",
        "See the part of your persona that you choose",
        "change your traits, within that part",
        "Don’t allow",
    ):
        assert words in page
    assert "persona:" not in page.replace('value="persona:', "")
    # The form ends up at the client, which a browser would not let it otherwise.
    assert "form-action 'self' https://app.example.com" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_refusing_consent_is_told_to_the_client(as_alice: Client) -> None:
    app = make_client()
    answer = consent(as_alice, question(app, pkce()[1]), action="cancel")
    assert sent_back(answer) == {"error": "access_denied", "state": "xyz"}
    assert not Token.objects.exists()


def test_allowing_nothing_asks_again(as_alice: Client) -> None:
    answer = consent(as_alice, question(make_client(), pkce()[1]), scopes=[])
    assert answer.status_code == 422
    assert b"Choose at least one" in answer.content
    assert not Token.objects.exists()


def test_more_than_was_asked_is_not_given(as_alice: Client) -> None:
    address = question(make_client(), pkce()[1], [READ_TRAITS])
    assert consent(as_alice, address, [READ_TRAITS, MANAGE_TRAITS]).status_code == 422


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"scope": f"openid {INGEST}"}, "invalid_scope"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"claims": "[1]"}, "invalid_request"),
        ({"request": "x"}, "invalid_request"),
        ({"resource": "https://elsewhere.example.com"}, "invalid_target"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none"}, "consent_required"),
    ],
)
def test_what_the_client_is_told(as_alice: Client, changes: dict[str, str | None], error: str) -> None:
    told = sent_back(as_alice.get(question(make_client(), pkce()[1], **changes)))  # type: ignore[arg-type]
    assert (told["error"], told["state"]) == (error, "xyz")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"client_id": "\0"},
        {"redirect_uri": None},
        {"redirect_uri": "http://["},
        {"redirect_uri": f"{REDIRECT_URI}/"},
        {"redirect_uri": f"{REDIRECT_URI}?more=1"},
        {"redirect_uri": "https://app.example.com:8443/callback"},
        {"redirect_uri": "https://APP.example.com/callback"},
        {"redirect_uri": "https://evil.example.com/callback"},
    ],
)
def test_who_is_not_known_gets_no_answer(as_alice: Client, changes: dict[str, str | None]) -> None:
    answer = as_alice.get(question(make_client(), pkce()[1], **changes))  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert "That didn’t work" in answer.content.decode()
    assert Html(answer).inline_code() == []


@pytest.mark.parametrize("more", ["&x=%zz", "&code_challenge_method=plain", "&client_id=other", "&x=%00"])
def test_odd_questions_are_answered(as_alice: Client, more: str) -> None:
    assert as_alice.get(question(make_client(), pkce()[1]) + more).status_code == 400


def test_a_forged_or_foreign_form(as_alice: Client, alice: User) -> None:
    assert as_alice.post(AUTHORIZE, {"request": "forged", "action": "grant"}).status_code == 403
    sign_in(strict := Client(), alice.email or "")
    strict.handler.enforce_csrf_checks = True
    form = strict.get(question(make_client(), pkce()[1])).context["form"]
    refused = strict.post(AUTHORIZE, {"request": form.initial["request"], "scopes": [READ_TRAITS], "action": "grant"})
    assert refused.status_code == 403
    assert b"out of date" in refused.content
    assert not Token.objects.exists()


def test_a_client_may_send_people_by_post(client: Client) -> None:
    assert client.post(AUTHORIZE, {"client_id": "x"})["Location"].startswith(f"{AUTHORIZE}?client_id=x")


def test_nobody_is_asked_in_silence(as_alice: Client, client: Client) -> None:
    app, other = make_client(), make_client("Other")
    silent = question(app, pkce()[1], ["openid", READ_TRAITS], prompt="none")
    assert sent_back(client.get(silent))["error"] == "login_required"  # type: ignore[arg-type]
    tokens_of(exchange(code_for(as_alice, other)))
    assert sent_back(as_alice.get(silent))["error"] == "consent_required"  # type: ignore[arg-type]
    tokens_of(exchange(code_for(as_alice, app, ["openid", READ_TRAITS])))
    assert "code" in sent_back(as_alice.get(silent))  # type: ignore[arg-type]
    wider = question(app, pkce()[1], ["openid", MANAGE_TRAITS], prompt="none")
    assert sent_back(as_alice.get(wider))["error"] == "consent_required"  # type: ignore[arg-type]


def test_a_program_on_the_machine_asks_each_time(as_alice: Client) -> None:
    app = make_client(redirect_uris=["http://127.0.0.1:8080/"])
    tokens_of(exchange(code_for(as_alice, app)))
    silent = question(app, pkce()[1], prompt="none")
    assert sent_back(as_alice.get(silent))["error"] == "consent_required"  # type: ignore[arg-type]
    assert b"Access ends after 180 days at the latest" in as_alice.get(question(app, pkce()[1])).content


def test_nobody_is_sent_to_by_the_pipeline(as_alice: Client) -> None:
    pipeline, _secret = make_pipeline()
    address = question(make_client(), pkce()[1], client_id=pipeline.pk, redirect_uri=REDIRECT_URI)
    assert as_alice.get(address).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_discovery_document(client: Client, host: str) -> None:
    said = client.get("/.well-known/openid-configuration", headers={"Host": host}).json()
    assert said["issuer"] == settings.SITE_URL
    addresses = [value for name, value in said.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(addresses) == 6
    assert all(address.startswith(f"{settings.SITE_URL}/") for address in addresses)
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["response_types_supported"] == ["code"]
    assert said["grant_types_supported"] == ["authorization_code", "refresh_token", "client_credentials"]
    assert {READ_TRAITS, MANAGE_TRAITS, INGEST} < set(said["scopes_supported"])
    assert "device_authorization_endpoint" not in said
    keys = client.get("/.well-known/jwks.json").json()["keys"]
    assert [sorted(key) for key in keys] == [["alg", "e", "key_ops", "kid", "kty", "n"]] or "d" not in keys[0]


@pytest.mark.parametrize("path", ["o/device", "o/api/device/code", "o/api/introspect", "o/api/clients"])
def test_what_is_not_offered(as_alice: Client, path: str) -> None:
    assert as_alice.post(f"/identity/{path}", {}).status_code == 404


@pytest.mark.parametrize("path", [TOKEN, REVOKE, "/identity/o/api/userinfo", "/identity/o/logout"])
@pytest.mark.parametrize("query", ["?x=%zz", "?x=%00", "?client_id=1&client_id=2", ""])
def test_odd_calls_are_answered(client: Client, path: str, query: str) -> None:
    for send in (client.get, client.post):
        assert send(path + query).status_code < 500
    assert (
        client.post(path, {"client_id": "\0", "token": "\0", "post_logout_redirect_uri": "http://["}).status_code < 500
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", [TOKEN, REVOKE])
def test_programs_are_told_in_json_what_cannot_be_read(client: Client, path: str) -> None:
    named = {"grant_type": "client_credentials", "token": "x"}
    null = {"Authorization": "Basic " + base64.b64encode(b"a\0:b").decode()}
    answers = [
        client.post(path, named, headers=null),
        client.post(path, "x", content_type="multipart/form-data"),
        client.post(path, "a=b", content_type="application/x-www-form-urlencoded; charset=utf-7"),
        client.post(path, {str(number): "1" for number in range(5_001)}),
    ]
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(400, "invalid_request")] * 4


def test_signing_out_from_an_app(as_alice: Client, client: Client) -> None:
    app = make_client()
    made = tokens_of(exchange(code_for(as_alice, app)))
    address = f"/identity/o/logout?client_id={app.pk}&post_logout_redirect_uri={REDIRECT_URI}&state=s"
    page = as_alice.get(address)
    assert b"sign out of PTFI" in page.content
    assert "form-action 'self' https://app.example.com" in page["Content-Security-Policy"]
    assert Html(page).inline_code() == []
    left = as_alice.get(f"/identity/o/logout?client_id={app.pk}&post_logout_redirect_uri=https://evil.example.com/")
    assert left.status_code == 400
    assert b"post_logout_redirect_uri" in left.content
    data = {"client_id": app.pk, "post_logout_redirect_uri": REDIRECT_URI, "action": "logout"}
    answer = as_alice.post("/identity/o/logout", data | {"csrfmiddlewaretoken": page.context["csrf_token"]})
    assert answer["Location"].startswith(REDIRECT_URI)
    assert userinfo(made["access_token"]).status_code == 401


def test_reading_writes_nothing_to_the_cache(as_alice: Client, client: Client) -> None:
    for browser, address in (
        (client, "/accounts/login/"),
        (as_alice, "/review/"),
        (as_alice, "/accounts/connections/"),
    ):
        browser.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(address)
        assert not [each for each in queries.captured_queries if "ptfi_cache" in each["sql"]], address


def test_attempts_are_counted_for_all_processes(client: Client) -> None:
    for _ in range(12):
        sign_in(client, "alice@example.com", "a guess")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ptfi_cache")
        assert cursor.fetchone() != (0,)


def test_the_access_of_one_is_not_the_others(bob: User, alice: User, signed_in: SignedIn) -> None:
    app = make_client()
    made = tokens_of(exchange(code_for(signed_in(alice), app)))
    assert userinfo(made["access_token"]).json()["sub"] == str(alice.pk)
    assert not ClientAccess.objects.filter(user=bob).exists()
    assert parse_qs(urlsplit(question(app, "x")).query)["client_id"] == [app.pk]
