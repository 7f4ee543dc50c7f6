"""What may be sent in clear, and what caches may keep."""

import contextlib
import http.client
from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.support.api import api_of
from tests.support.oauth import USERINFO, access_token, make_client
from tests.support.serving import serving

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/v1/users/me/persona/traits/candidates", "/v1/ingest/candidates", "/v1/nothing", "/identity/o/api/token"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_programs_are_refused_in_clear(settings: Any, path: str, method: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client(headers={"Authorization": "Bearer anything"})
    refused = getattr(client, method)(path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "https_required")
    assert refused.json()["requestID"] == refused["X-Request-ID"]
    assert getattr(client, method)(path, secure=True).status_code in (400, 401, 404, 405)


def test_pages_and_documents_are_redirected(settings: Any, client: Client) -> None:
    settings.SECURE_SSL_REDIRECT = True
    for path in ("/accounts/login/", "/v1/docs", "/v1/schema", "/identity/o/authorize"):
        assert client.get(path)["Location"].startswith("https://"), path


def test_without_https_programs_are_answered(alice: User) -> None:
    """On this machine."""
    assert api_of(alice).get("/traits/candidates")[0] == 200


def test_no_cache_keeps_who_somebody_is(alice: User, client: Client) -> None:
    token = access_token(alice, make_client(), ("openid", "email"))
    answer = client.get(USERINFO, headers={"Authorization": f"Bearer {token}"})
    assert (answer.json()["email"], answer["Cache-Control"]) == (alice.email, "no-store")
    assert "no-store" in client.get(USERINFO)["Cache-Control"]


def test_no_cache_keeps_the_page_for_a_new_password(
    alice: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    client.post(reverse("account_reset_password"), {"email": alice.email})
    link = next(line for line in str(mailoutbox[0].body).splitlines() if "/reset/key/" in line)
    form = client.get("/accounts/" + link.split("/accounts/")[1].strip(), follow=True)
    assert b"password1" in form.content
    for page in (form, client.get(reverse("account_login")), client.get(reverse("account_signup"))):
        assert "no-store" in page["Cache-Control"]


HYPHENS = ["-" * 33, "- " * 120, "-" * 60 + "a", '-"" ' * 60, "-(" * 60, "!-" * 60, "a -b " * 50, "-x" * 100]


@pytest.mark.parametrize("text", HYPHENS)
def test_hyphens_are_looked_for(
    text: str, alice: User, as_alice: Client, sam: User, signed_in: Callable[[User], Client]
) -> None:
    text = text[:255]
    assert api_of(alice).client.get(
        "/v1/users/me/persona/traits/candidates", {"q": text}, headers=api_of(alice).headers
    ).status_code in (200, 400)
    assert as_alice.get("/review/", {"q": text}).status_code == 200
    # Staff's words are kept with the look, so they have a length.
    found = signed_in(sam).get("/admin/traits/extractedtraitcandidate/", {"q": text})
    assert found.status_code == (200 if len(text) <= 200 else 400)


def test_how_long_browsers_insist_on_https_is_a_setting() -> None:
    """For a careful start, and for a site whose other subdomains have no TLS."""
    careful = {"HSTS_SECONDS": "300", "HSTS_SUBDOMAINS": "0"}
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(serving(HTTPS="1", BEHIND_PROXY="1", **careful))
        asking = stack.enter_context(contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)))
        asking.request("GET", "/accounts/login/", headers={"X-Forwarded-Proto": "https"})
        assert asking.getresponse().headers["Strict-Transport-Security"] == "max-age=300"
