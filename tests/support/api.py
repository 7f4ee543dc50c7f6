"""Calling the API as a client with an access token."""

from typing import Any

import orjson
from allauth.idp.oidc.models import Client as OAuthClient
from django.test import Client

from ptfi.accounts.models import User
from ptfi.oauth.scopes import EXPORT, MANAGE_TRAITS, READ_TRAITS
from tests.support.oauth import keep_grant, keep_token


def access_token(user: User | None, *scopes: str, seconds: int = 600) -> str:
    """A token of "an-app" that is valid for this many seconds (negative: expired for as long)."""
    client, _ = OAuthClient.objects.get_or_create(
        id="an-app", defaults={"name": "An app", "type": OAuthClient.Type.PUBLIC}
    )
    if user:
        keep_grant(user, client)
    return keep_token(client, scopes or (READ_TRAITS, MANAGE_TRAITS, EXPORT), user, seconds)


class Api:
    """A client with a token; calls return (status, JSON). The last response is kept."""

    def __init__(self, token: str = "") -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.response: Any = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        kind = headers.pop("content_type", "application/json")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.response = self.client.generic(
            method, f"/v1/{path}", content, content_type=kind, headers=self.headers | named
        )
        streamed = getattr(self.response, "streaming", False)
        content = b"".join(self.response) if streamed else self.response.content
        return self.response.status_code, orjson.loads(content) if content else None

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.call("GET", f"users/me/persona{path}", **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return self.call("POST", f"users/me/persona{path}", body, **headers)


def api_of(user: User | None, *scopes: str) -> Api:
    return Api(access_token(user, *scopes))
