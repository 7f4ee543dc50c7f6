"""Clients, tokens and the steps of the code flow."""

import base64
import dataclasses
import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.idp.oidc.models import Client as OAuthClient
from allauth.idp.oidc.models import Token
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.oauth.models import ClientAccess
from ptfi.oauth.registration import register_pipeline, register_spa
from ptfi.oauth.scopes import EXPORT, INGEST, MANAGE_TRAITS, READ_TRAITS
from tests.support.account_pages import reauthenticate
from traits.models import EVERYWHERE, Category, Grant
from traits.sharing.grants import MOST, Terms, put_grant

ORIGIN = "https://app.example.com"
REDIRECT_URI = f"{ORIGIN}/callback"
AUTHORIZE = "/identity/o/authorize"
TOKEN = "/identity/o/api/token"
REVOKE = "/identity/o/api/revoke"
USERINFO = "/identity/o/api/userinfo"
ALL = ("openid", "email", "profile", READ_TRAITS, MANAGE_TRAITS, EXPORT)


def make_client(
    name: str = "Mirror", redirect_uris: Sequence[str] = (REDIRECT_URI,), origins: Sequence[str] = ()
) -> OAuthClient:
    """A browser app."""
    return register_spa(name=name, redirect_uris=redirect_uris, origins=origins).client


def make_pipeline() -> tuple[OAuthClient, str]:
    """The pipeline's client and its secret."""
    made = register_pipeline(name="Pipeline")
    assert made.secret
    return made.client, made.secret


TICKS = {
    "share-categories": list(Category.values),
    "share-contexts": [EVERYWHERE],
    **{f"share-{name}": "on" for name in ("evidence", "styles")},
}
"""Everything that is ticked on the consent page besides the scopes."""
WHOLE = dataclasses.replace(MOST, suggest=False)
"""Everything that a grant can hold."""


def keep_grant(user: User, client: OAuthClient, terms: Terms = WHOLE) -> Grant:
    """Grant exactly this, as if the person had ticked it."""
    return put_grant(user=user, client_id=client.pk, terms=terms)


def keep_token(client: OAuthClient, scopes: Sequence[str], user: User | None, seconds: int = 600) -> str:
    value = secrets.token_urlsafe(32)
    token = Token(type=Token.Type.ACCESS_TOKEN, client=client, user=user)
    token.set_value(value)
    token.set_scopes(list(scopes))
    token.expires_at = timezone.now() + dt.timedelta(seconds=seconds)
    token.save()
    return value


def access_token(
    user: User, client: OAuthClient, scopes: Sequence[str] = (READ_TRAITS, MANAGE_TRAITS), seconds: int = 600
) -> str:
    """An access token as if the person had connected the client."""
    ClientAccess.objects.get_or_create(user=user, client=client)
    keep_grant(user, client)
    return keep_token(client, scopes, user, seconds)


def pipeline_token() -> str:
    """An access token of a new pipeline client."""
    return keep_token(make_pipeline()[0], [INGEST], None)


def pkce() -> tuple[str, str]:
    """A verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def question(client: OAuthClient, challenge: str, scopes: Sequence[str] = ALL, **changes: str | None) -> str:
    """The address to which the client sends people; a change to None omits a parameter."""
    asked: dict[str, str | None] = {
        "client_id": client.pk,
        "redirect_uri": client.get_redirect_uris()[0],
        "response_type": "code",
        "scope": " ".join(scopes),
        "state": "xyz",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    kept = {name: value for name, value in (asked | changes).items() if value is not None}
    return f"{AUTHORIZE}?{urlencode(kept)}"


def sent_back(response: HttpResponse) -> dict[str, str]:
    """The parameters for the client in the address to which the person is redirected."""
    assert response.status_code == 302, response.content
    return {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}


def consent_page(browser: Client, address: str) -> Any:
    """The consent page, after authenticating again if it asks for that."""
    page = browser.get(address)
    if page.status_code == 302 and page.headers["Location"].startswith(reverse("account_reauthenticate")):
        reauthenticate(browser)
        return browser.get(address)
    return page


def consent(browser: Client, address: str, scopes: Sequence[str] = ALL, action: str = "grant") -> HttpResponse:
    """Open the consent page and answer it."""
    page = consent_page(browser, address)
    assert page.status_code == 200, page.content
    form = page.context["form"]
    answer = {"request": form.initial["request"], "scopes": list(scopes), "action": action} | TICKS
    return browser.post(AUTHORIZE, answer)  # type: ignore[return-value]


def code_for(browser: Client, client: OAuthClient, scopes: Sequence[str] = ALL) -> dict[str, str]:
    """The data to exchange for tokens, after the person has given consent."""
    verifier, challenge = pkce()
    code = sent_back(consent(browser, question(client, challenge), scopes))["code"]
    return {
        "grant_type": "authorization_code",
        "client_id": client.pk,
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": client.get_redirect_uris()[0],
    }


def exchange(data: dict[str, str], **extra: Any) -> HttpResponse:
    return Client().post(TOKEN, data, **extra)  # type: ignore[return-value]


def tokens_of(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    made: dict[str, Any] = response.json()
    return made


def refresh(client: OAuthClient, refresh_token: str, **changes: str) -> HttpResponse:
    data = {"grant_type": "refresh_token", "client_id": client.pk, "refresh_token": refresh_token}
    return exchange(data | changes)


def userinfo(token: str) -> Any:
    return Client().get(USERINFO, headers={"Authorization": f"Bearer {token}"})
