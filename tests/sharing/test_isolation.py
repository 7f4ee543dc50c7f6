"""Two apps of one person: the narrower one tries every address that the API answers, as it finds them by itself."""

import dataclasses
import json
import re
import uuid
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from django.urls import get_resolver

from ptfi.accounts.models import User
from ptfi.oauth.models import ClientAccess
from tests.support.api import Api
from tests.support.graph_helpers import project
from tests.support.isolation import MARKER, Theirs, routes
from tests.support.oauth import ALL, WHOLE, access_token, keep_grant, make_client
from traits.models import Category, ReadReceipt

pytestmark = [pytest.mark.slow, pytest.mark.graph, pytest.mark.django_db(transaction=True)]


def of_an_app(ids: list[uuid.UUID]) -> list[str]:
    """Every address of the API, for the token's person, once for each id where it takes another one."""
    routes_of = [route.replace("<str:user_id>", "me") for route in routes(get_resolver()) if route.startswith("/v1/")]
    found = list[str]()
    for route in routes_of:
        found += dict.fromkeys(str(pk).join(re.split(r"<[^>]+>", route)) for pk in ids)
    return found


def sent(api: Api, method: str, address: str, body: Any, headers: dict[str, str]) -> tuple[int, str]:
    """The status and the text of an answer, which may be of any kind."""
    content, named = b"" if body is None else json.dumps(body).encode(), api.headers | headers
    response: Any = api.client.generic(method, address, content, content_type="application/json", headers=named)
    text = b"".join(response) if response.streaming else response.content
    return response.status_code, text.decode().lower()


def test_an_app_sees_and_changes_nothing_outside_its_slice(alice: User) -> None:
    """Two apps of Alice: one with everything, one with everything but what all her things are."""
    theirs = Theirs(alice)
    project(theirs.user)
    wide, narrow = (Api(access_token(theirs.user, make_client(name=name), ALL)) for name in ("Wide", "Narrow"))
    others = [value for value in Category.values if value != "Interest"]
    terms = dataclasses.replace(WHOLE, categories=others, styles=False)
    keep_grant(theirs.user, OAuthClient.objects.get(name="Narrow"), terms)
    key, path = {"Idempotency-Key": "the same"}, f"/v1/users/me/persona/traits/{theirs.trait.pk}"
    assert sent(wide, "PATCH", path, {"refinedTraitName": f"Builds a {MARKER}"}, key)[0] == 200
    but = (ReadReceipt, ClientAccess)
    before, seen = theirs.rows(but), 0
    for address in of_an_app(theirs.ids):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            body = None if method == "GET" else {"refinedTraitName": "Taken over"}
            status, found = sent(narrow, method, address, body, {} if body is None else key)
            assert MARKER not in found, (method, address)
            assert status < 500, (method, address)
            things = [str(pk) for pk in theirs.ids if str(pk) in address and "/erasures/" not in address]
            assert not things or status in (400, 403, 404, 405), (method, address, status)
        seen += MARKER in sent(wide, "GET", address, None, {})[1]
    assert theirs.rows(but) == before
    assert seen > 5
