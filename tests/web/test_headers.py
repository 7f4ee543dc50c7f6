"""What every answer tells browsers, at all addresses: no code but ours, no frames, no abilities that no page needs."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import get_resolver

from ptfi.accounts.models import User
from tests.support.cast import SignedIn
from tests.support.isolation import Theirs, routes
from tests.support.pages import Html
from tests.support.staff import REASON

pytestmark = pytest.mark.django_db
# Nothing inline, nothing evaluated, nobody else's; data: images are drawn by Bootstrap's own style sheet.
STRICT = {
    "default-src": {"'none'"},
    "object-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'"},
    "connect-src": {"'self'"},
    "media-src": {"'none'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
}
REQUIRED = {"default-src", "object-src", "base-uri", "frame-ancestors"}
ELSEWHERE = re.compile(rb"""<(?:script|link|img|iframe|source|use|image)\b[^>]*?(?:src|href)=["'](?:https?:)?//""")


def directives(response: HttpResponse) -> dict[str, set[str]]:
    parts = (part.split() for part in response["Content-Security-Policy"].split(";") if part.strip())
    return {name: set(values) for name, *values in parts}


def check(response: Any, address: str) -> None:
    found = directives(response)
    assert found.keys() >= REQUIRED, address
    for name, values in found.items():
        # The page that asks for consent may send its form on to the client's address.
        if not (name == "form-action" and address.startswith("/identity/")):
            assert values <= STRICT[name] | {"'none'"}, (address, name)
    assert response["X-Content-Type-Options"] == "nosniff", address
    assert response["Cross-Origin-Resource-Policy"] == "same-origin", address
    assert "camera=()" in response["Permissions-Policy"], address
    assert "cookie" not in response.headers, address
    if not response.streaming and response.content and response.get("Content-Type", "").startswith("text/html"):
        assert response["Referrer-Policy"] == "same-origin", address
        # An app may have opened the page that asks for consent in a window of its own.
        expected = "unsafe-none" if address.startswith("/identity/o/authorize") else "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == expected, address
        assert response["X-Frame-Options"] == "DENY", address
        assert Html(response).inline_code() == [], address
        assert not ELSEWHERE.search(response.content), address


def filled(route: str, ids: Mapping[str, object]) -> str:
    """The route's address; parameters that are not named stand for nothing that exists."""
    parts = re.split(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>.+?\)", route)
    names = [first or second for first, second in zip(parts[1::3], parts[2::3], strict=True)]
    return parts[0] + "".join(f"{ids.get(name, 1)}{text}" for name, text in zip(names, parts[3::3], strict=True))


@pytest.mark.slow
def test_no_address_lets_other_code_in(alice: User, signed_in: SignedIn) -> None:
    theirs, client, statuses = Theirs(alice), signed_in(alice), list[int]()
    ids = {"candidate_id": theirs.candidate.pk, "trait_id": theirs.trait.pk, "thing_id": theirs.trait.pk}
    ids |= {"action_id": theirs.ids[3], "erasure_id": theirs.ids[6], "evidence_id": theirs.ids[7]}
    for route in routes(get_resolver()):
        if route.startswith(("/admin", "/accounts/logout")):
            continue
        address = filled(route, ids)
        response = client.get(address)
        statuses.append(response.status_code)
        check(response, address)
    assert len(statuses) > 100
    assert statuses.count(200) > 50


def test_no_address_lets_other_code_in_before_one_signs_in(client: Client) -> None:
    for address in ("/", "/accounts/login/", "/accounts/signup/", "/nothing-here/", "/review/", "/v1/users/me/x"):
        check(client.get(address), address)
    for address in ("/healthz", "/metrics", "/favicon.ico", "/.well-known/openid-configuration"):
        check(client.get(address), address)
    refused = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert refused.status_code == 403
    check(refused, "/accounts/login/")


@pytest.mark.slow
def test_no_page_of_the_staff_lets_other_code_in(alice: User, sam: User, signed_in: SignedIn) -> None:
    theirs, client, opened = Theirs(alice), signed_in(sam), 0
    rows = {"accounts": alice.pk, "extractedtraitcandidate": theirs.candidate.pk, "userrefinedtrait": theirs.ids[3]}
    for route in routes(get_resolver()):
        if not route.startswith("/admin") or "logout" in route:
            continue
        row = next((pk for name, pk in rows.items() if f"/{name}/" in route), alice.pk)
        address = filled(route, {"object_id": row, "id": row, "app_label": "traits", "url": "nothing-here"})
        response = client.get(address)
        check(response, address)
        if not response.streaming and b'name="access_reason"' in response.content:
            response = client.post(address, {"access_reason": REASON})
            # A file comes as the answer itself.
            response = client.get(address) if response.status_code == 302 else response
            check(response, address)
        opened += response.status_code == 200
    assert opened > 10


def test_cookies_and_transport_in_production(client: Client, alice: User) -> None:
    secure = {
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_HSTS_PRELOAD": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
    }
    with override_settings(**secure):
        assert client.get("/accounts/login/")["Location"].startswith("https://")
        client = Client()
        page = client.get("/accounts/login/", secure=True)
        client.post("/accounts/login/", {"login": alice.email, "password": "a long sentence for tests"}, secure=True)
    assert page["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["secure"], name
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name


def test_every_answer_keeps_browsers_on_https(client: Client, settings: Any) -> None:
    """Those of probes, metrics and other origins' questions, too, which Django's own middleware does not see."""
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    for path in ("/", "/healthz", "/metrics", "/favicon.ico", "/v1/nothing", "/v1/docs"):
        assert "max-age=31536000; includeSubDomains" in client.get(path, secure=True)["Strict-Transport-Security"], path
        assert "Strict-Transport-Security" not in client.get(path).headers, path
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}
    assert "Strict-Transport-Security" in client.options("/v1/users/me/x", headers=asked, secure=True).headers


def test_no_request_is_traced(client: Client) -> None:
    for path in ("/", "/healthz", "/v1/docs", "/accounts/login/"):
        assert client.generic("TRACE", path).status_code == 405, path


def test_signing_out_clears_what_the_browser_kept(as_alice: Client) -> None:
    assert "Clear-Site-Data" not in as_alice.get("/accounts/preferences/").headers
    assert as_alice.post("/accounts/logout/")["Clear-Site-Data"] == '"cache"'
