"""Programs on the person's machine, which listen on any port, and apps that open a window for signing in."""

from urllib.parse import quote

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.support.cast import PASSWORD
from tests.support.oauth import consent, consent_page, exchange, make_client, pkce, question, sent_back

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_program_on_the_machine_may_listen_on_any_port(as_alice: Client, host: str) -> None:
    """RFC 8252, 7.3: it takes one that is free."""
    app = make_client(redirect_uris=[f"http://{host}:8080/cb"])
    for address in (f"http://{host}:53219/cb", f"http://{host}/cb"):
        verifier, challenge = pkce()
        asked = question(app, challenge, redirect_uri=address)
        code = sent_back(consent(as_alice, asked))["code"]
        data = {"grant_type": "authorization_code", "client_id": app.pk, "code": code, "redirect_uri": address}
        assert exchange(data | {"code_verifier": verifier}).status_code == 200
    for other in (
        f"http://{host}:53219/",
        f"http://{host}:53219/cb?a=b",
        f"https://{host}:8080/cb",
        f"http://{host}:x/cb",
    ):
        assert as_alice.get(question(app, pkce()[1], redirect_uri=other)).status_code == 400
    assert as_alice.get(question(app, pkce()[1], redirect_uri=f"http://a@{host}:53219/cb")).status_code == 400


@pytest.mark.parametrize("registered", ["http://localhost:3000/", "https://app.example.com:8443/"])
def test_other_ports_match_exactly(as_alice: Client, registered: str) -> None:
    app = make_client(redirect_uris=[registered])
    assert consent_page(as_alice, question(app, pkce()[1])).status_code == 200
    for other in (registered.replace("00/", "01/").replace("43/", "44/"), registered.removesuffix("/")):
        assert as_alice.get(question(app, pkce()[1], redirect_uri=other)).status_code == 400


POLICY = "Cross-Origin-Opener-Policy"


def test_a_window_that_an_app_opened_stays_tied_to_it(alice: User, client: Client) -> None:
    """Until it is back at the app, also while the person signs in; other pages are cut off."""
    app = make_client()
    asked = question(app, pkce()[1])
    away = client.get(asked)
    assert (away.status_code, away[POLICY]) == (302, "unsafe-none")
    page = client.get(away["Location"])
    assert (page.status_code, page[POLICY]) == (200, "unsafe-none")
    wrong = client.post(away["Location"], {"login": "alice@example.com", "password": "no", "next": asked})
    assert (wrong.status_code, wrong[POLICY]) == (200, "unsafe-none")
    signed_in = client.post(away["Location"], {"login": "alice@example.com", "password": PASSWORD, "next": asked})
    assert (signed_in.status_code, signed_in[POLICY]) == (302, "unsafe-none")
    page = client.get(signed_in["Location"])
    assert page[POLICY] == "unsafe-none"
    assert consent(client, asked)[POLICY] == "unsafe-none"


def test_a_second_step_on_the_way_to_an_app_stays_tied_to_it(alice: User, client: Client) -> None:
    TOTP.activate(alice, generate_totp_secret())
    asked = question(make_client(), pkce()[1])
    sent = client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD, "next": asked})
    assert (sent["Location"], sent[POLICY]) == (reverse("mfa_authenticate"), "unsafe-none")
    assert client.get(sent["Location"])[POLICY] == "unsafe-none"
    other = Client()
    other.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD, "next": "/review/"})
    assert other.get(reverse("mfa_authenticate"))[POLICY] == "same-origin"


def test_other_pages_are_tied_to_no_window(as_alice: Client, client: Client) -> None:
    goal = quote(question(make_client(), pkce()[1]))
    for address in (
        "/accounts/login/",
        "/accounts/login/?next=/review/",
        "/accounts/login/?next=//evil.example.com/identity/o/authorize",
    ):
        assert client.get(address)[POLICY] == "same-origin", address
    for address in ("/review/", f"/accounts/password/change/?next={goal}", "/identity/o/logout"):
        assert as_alice.get(address)[POLICY] == "same-origin", address
