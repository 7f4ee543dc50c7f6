"""Registering clients, and who may call from where."""

from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ptfi.accounts.models import User
from ptfi.oauth import models
from ptfi.oauth.scopes import INGEST, USER_SCOPES
from tests.support.cast import SignedIn
from tests.support.oauth import (
    ORIGIN,
    REDIRECT_URI,
    TOKEN,
    code_for,
    exchange,
    make_client,
    make_pipeline,
    pipeline_token,
)

pytestmark = pytest.mark.django_db
CONNECTIONS = "/accounts/connections/"
DISCOVERY = "/.well-known/openid-configuration"
SPA = ("Mirror", "--spa", "--redirect-uri", REDIRECT_URI)


def create(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    """What the command printed: the name of each thing, and the thing."""
    call_command("create_oauth_client", *arguments)
    return dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())


def test_a_program_in_browsers(capsys: pytest.CaptureFixture[str]) -> None:
    printed = create(capsys, *SPA, "--redirect-uri", "http://localhost:3000/back")
    assert list(printed) == ["client id"]
    made = OAuthClient.objects.get(pk=printed["client id"])
    assert (made.type, made.get_scopes(), made.skip_consent) == ("public", list(USER_SCOPES), False)
    assert made.get_grant_types() == ["authorization_code", "refresh_token"]
    assert made.get_redirect_uris() == [REDIRECT_URI, "http://localhost:3000/back"]
    assert made.get_cors_origins() == [ORIGIN, "http://localhost:3000"]


def test_create_client_makes_the_pipelines_client(capsys: pytest.CaptureFixture[str]) -> None:
    printed = create(capsys, "Pipeline", "--pipeline", "--client-id", "pipeline")
    made = OAuthClient.objects.get(pk="pipeline")
    assert made.check_secret(printed["client secret"])
    assert printed["client secret"] not in made.secret
    assert (made.type, made.get_scopes(), made.get_grant_types()) == ("confidential", [INGEST], ["client_credentials"])


def test_a_web_app_and_where_it_is_told(
    capsys: pytest.CaptureFixture[str], sam: User, signed_in: SignedIn, settings: Any
) -> None:
    server = ("Server", "--web-app", "--redirect-uri", REDIRECT_URI, "--client-id", "server")
    with pytest.raises(CommandError, match="private networks"):
        create(capsys, *server, "--webhook", "https://10.0.0.1/hook")
    assert not OAuthClient.objects.exists()
    printed = create(capsys, *server, "--webhook", f"{ORIGIN}/hook")
    made, secret = OAuthClient.objects.get(), printed["webhook secret"]
    assert made.check_secret(printed["client secret"])
    assert (made.type, made.get_scopes()) == ("confidential", list(USER_SCOPES))
    assert made.get_grant_types() == ["authorization_code", "refresh_token"]
    assert secret.startswith("whsec_")
    assert create(capsys, *server, "--webhook", f"{ORIGIN}/other") == {"client id": "server"}
    hook = models.Webhook.objects.get()
    assert (hook.url, secret in str(vars(hook))) == (f"{ORIGIN}/other", False)
    assert create(capsys, *server, "--webhook", hook.url, "--new-webhook-secret")["webhook secret"] != secret
    page = signed_in(sam).get("/admin/allauth_idp_oidc/client/server/change/").content.decode()
    assert hook.url in page
    assert create(capsys, *server, "--webhook", "") == {"client id": "server"}
    assert not models.Webhook.objects.exists()
    settings.WEBHOOK_ENCRYPTION_KEYS = []
    with pytest.raises(CommandError, match="WEBHOOK_ENCRYPTION_KEYS"):
        create(capsys, *server, "--webhook", hook.url)
    with pytest.raises(CommandError, match="other kind"):
        create(capsys, "Pipeline", "--pipeline", "--client-id", "server")


def test_a_repeat_brings_it_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    secret = create(capsys, "Pipeline", "--pipeline", "--client-id", "pipeline")["client secret"]
    assert create(capsys, "Renamed", "--pipeline", "--client-id", "pipeline") == {"client id": "pipeline"}
    made = OAuthClient.objects.get()
    assert (made.name, made.check_secret(secret)) == ("Renamed", True)
    newer = create(capsys, "Renamed", "--pipeline", "--client-id", "pipeline", "--new-secret")["client secret"]
    made.refresh_from_db()
    assert (made.check_secret(secret), made.check_secret(newer)) == (False, True)
    with pytest.raises(CommandError, match="other kind"):
        create(capsys, *SPA, "--client-id", "pipeline")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Mirror"], "required"),
        (["Mirror", "--spa"], "needs an address"),
        ([*SPA, "--pipeline"], "not allowed with"),
        ([*SPA, "--new-secret"], "goes with the other kinds"),
        (["Pipeline", "--pipeline", "--redirect-uri", REDIRECT_URI], "goes with the other kinds"),
        (["Pipeline", "--pipeline", "--origin", ORIGIN], "goes with --spa"),
        (["Server", "--web-app", "--redirect-uri", REDIRECT_URI, "--origin", ORIGIN], "goes with --spa"),
        ([*SPA, "--webhook", "https://app.example.com/hook"], "Only a confidential client"),
        ([*SPA, "--new-webhook-secret"], "goes with --webhook"),
        ([*SPA, "--client-id", "a b"], "A client id has"),
        ([*SPA, "--origin", f"{ORIGIN}/path"], "not an origin"),
        ([*SPA, "--origin", "https://APP.example.com"], "not an origin"),
        ([*SPA, "--origin", "null"], "must start with https|not an address"),
        (["  ", "--spa", "--redirect-uri", REDIRECT_URI], "A name has"),
        (["x" * 101, "--spa", "--redirect-uri", REDIRECT_URI], "A name has"),
        (["Mirror", "--spa", "--redirect-uri", "http://app.example.com/"], "must start with https"),
        (["Mirror", "--spa", "--redirect-uri", "http://localhost.evil.com/"], "must start with https"),
        (["Mirror", "--spa", "--redirect-uri", "javascript:alert(1)"], "address"),
        (["Mirror", "--spa", "--redirect-uri", "https://*.example.com/"], "to the letter"),
        (["Mirror", "--spa", "--redirect-uri", "https://app.example.com/#x"], "to the letter"),
        (["Mirror", "--spa", "--redirect-uri", "https://user@app.example.com/"], "to the letter"),
        (["Mirror", "--spa", "--redirect-uri", "https://app.example.com/%zz"], "to the letter"),
        (["Mirror", "--spa", "--redirect-uri", "https://app.example.com:x/"], "not an address"),
        (["Mirror", "--spa", "--redirect-uri", "http://[::2]/"], "to the letter"),
        (["Mirror", "--spa", "--redirect-uri", "http://evil.example.com/[::1]"], "must start with https"),
    ],
)
def test_wrong_combinations_are_refused(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        create(capsys, *arguments)
    assert not OAuthClient.objects.exists()


def allowed(response: Any) -> str | None:
    return response.headers.get("Access-Control-Allow-Origin")  # type: ignore[no-any-return]


@pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:3000"])
def test_registered_origins_may_call(client: Client, origin: str) -> None:
    make_client(redirect_uris=[f"{origin}/callback"])
    for path in ("/v1/anything", TOKEN, "/identity/o/api/revoke", "/identity/o/api/userinfo", DISCOVERY):
        answer = client.get(path, headers={"Origin": origin})
        assert allowed(answer) == origin
        assert "access-control-allow-credentials" not in answer.headers
        exposed = "Retry-After, RateLimit, RateLimit-Policy, X-Request-ID, Idempotent-Replayed"
        assert answer["Access-Control-Expose-Headers"] == exposed
        assert "origin" in answer["Vary"].lower()
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        before = client.options(path, headers=asks)
        assert (before.status_code, allowed(before), before["Access-Control-Max-Age"]) == (200, origin, "600")
        allowed_headers = set(before["Access-Control-Allow-Headers"].split(", "))
        assert {"authorization", "content-type", "content-encoding", "idempotency-key"} <= allowed_headers
        # Apps with tracing send these with every request.
        assert {"traceparent", "baggage", "sentry-trace", "x-request-id", "b3", "sw8", "x-instana-t"} <= allowed_headers
        assert "x-csrftoken" not in allowed_headers


def test_tokens_can_be_read_by_the_program(as_alice: Client) -> None:
    for app in (make_client(), make_client(redirect_uris=["http://localhost:3000/"])):
        origin = app.get_cors_origins()[0]
        answer = exchange(code_for(as_alice, app), headers={"Origin": origin})
        assert (answer.status_code, allowed(answer)) == (200, origin)


@pytest.mark.parametrize("origin", ["https://evil.example.com", "https://app.example.co", "null", f"{ORIGIN}/", "%"])
def test_other_origins_may_not(client: Client, origin: str) -> None:
    make_client()
    for path in ("/v1/anything", TOKEN, "/identity/o/api/userinfo"):
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert allowed(client.get(path, headers={"Origin": origin})) is None
        assert allowed(client.options(path, headers=asks)) is None


def test_pages_are_for_no_other_origin(as_alice: Client) -> None:
    make_client()
    for path in ("/review/", CONNECTIONS, "/identity/o/authorize", "/identity/o/logout", "/admin/"):
        assert allowed(as_alice.get(path, headers={"Origin": ORIGIN})) is None


@pytest.mark.parametrize("origin", ["", settings.SITE_URL, "http://localhost"])
def test_calls_of_our_own_pages_ask_nothing(client: Client, origin: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get("/v1/anything", headers={"Host": "localhost"} | ({"Origin": origin} if origin else {}))
    assert not [each for each in queries.captured_queries if "allauth_idp_oidc_client" in each["sql"]]


def test_the_admin_shows_no_secrets(alice: User, sam: User, signed_in: SignedIn) -> None:
    pipeline, secret = make_pipeline()
    pipeline_token()
    admin = signed_in(sam)
    address = f"/admin/allauth_idp_oidc/client/{pipeline.pk}/change/"
    page = admin.get(address).content.decode()
    assert pipeline.pk in page
    assert secret not in page
    assert pipeline.secret not in page
    assert admin.get("/admin/allauth_idp_oidc/token/").status_code == 404
    assert admin.get("/admin/allauth_idp_oidc/client/add/").status_code == 403
    User.objects.filter(pk=sam.pk).update(is_superuser=False)
    assert admin.get(address).status_code == 403


def test_the_admin_keeps_the_rules(sam: User, signed_in: SignedIn) -> None:
    app, admin = make_client(), signed_in(sam)
    address = f"/admin/allauth_idp_oidc/client/{app.pk}/change/"
    fields = {"name": "Mirror", "scopes": "openid", "redirect_uris": REDIRECT_URI, "cors_origins": ORIGIN}
    for wrong in ({"redirect_uris": "http://evil.example.com/"}, {"scopes": INGEST}, {"cors_origins": "*"}):
        assert admin.post(address, fields | wrong).status_code == 200
    app.refresh_from_db()
    assert app.get_scopes() == list(USER_SCOPES)
    assert admin.post(address, fields).status_code == 302
    app.refresh_from_db()
    assert app.get_scopes() == ["openid"]
