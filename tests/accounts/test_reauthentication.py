"""Who has only a session cannot take the account over: changes of it want a fresh proof of identity."""

from http.cookies import SimpleCookie
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Token
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from ptfi.oauth.scopes import READ_TRAITS
from tests.support.account_pages import NEW_PASSWORD, age_sign_in, reauthenticate, sign_in
from tests.support.cast import PASSWORD
from tests.support.oauth import (
    AUTHORIZE,
    access_token,
    code_for,
    consent,
    exchange,
    make_client,
    pkce,
    question,
    sent_back,
    tokens_of,
)

pytestmark = pytest.mark.django_db
PROOF = reverse("account_reauthenticate")
SCOPES = ("openid", READ_TRAITS)


@pytest.fixture
def old_session(alice: User) -> Client:
    """Signed in more than five minutes ago."""
    client = Client()
    sign_in(client, alice.email or "")
    age_sign_in(client)
    return client


def change(client: Client, action: str, email: str) -> Any:
    return client.post(reverse("account_email"), {f"action_{action}": "", "email": email})


def addresses(user: User) -> list[tuple[str, bool]]:
    return list(EmailAddress.objects.filter(user=user).order_by("email").values_list("email", "primary"))


def test_addresses_do_not_change_without_a_fresh_proof(
    old_session: Client, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    EmailAddress.objects.create(user=alice, email="second@example.com", verified=True)
    before = addresses(alice)
    for action, email in (("add", "thief@example.com"), ("primary", "second@example.com"), ("remove", before[1][0])):
        assert change(old_session, action, email)["Location"].startswith(PROOF), action
    assert addresses(alice) == before
    assert mailoutbox == []


def test_what_was_asked_is_done_after_the_proof(old_session: Client, alice: User) -> None:
    asked = change(old_session, "add", "new@example.com")
    done = old_session.post(asked["Location"], {"password": PASSWORD})
    assert done["Location"] == reverse("account_email")
    assert ("new@example.com", False) in addresses(alice)


def test_the_removed_address_is_told(alice: User, client: Client, mailoutbox: list[EmailMessage]) -> None:
    EmailAddress.objects.create(user=alice, email="thief@example.com", verified=True)
    EmailAddress.objects.create(user=alice, email="stranger@example.com", verified=False)
    sign_in(client, "alice@example.com")
    for action, email in (("primary", "thief@example.com"), ("remove", "alice@example.com")):
        assert change(client, action, email)["Location"] == reverse("account_email")
    told = {(mail.to[0], mail.subject) for mail in mailoutbox}
    assert ("alice@example.com", "E-mail address removed") in told
    assert ("thief@example.com", "E-mail address removed") in told
    change(client, "remove", "stranger@example.com")
    assert all(mail.to != ["stranger@example.com"] for mail in mailoutbox)


def test_a_first_password_wants_a_fresh_proof(as_alice: Client, alice: User) -> None:
    """Of one who signs in by a passkey alone."""
    Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop"})
    alice.set_unusable_password()
    alice.save()
    as_alice.force_login(alice)
    new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    asked = as_alice.post(reverse("account_set_password"), new)
    assert asked["Location"].startswith("/accounts/2fa/webauthn/reauthenticate/")
    alice.refresh_from_db()
    assert not alice.has_usable_password()


def test_a_new_grant_wants_a_fresh_proof(old_session: Client) -> None:
    app = make_client()
    address = question(app, pkce()[1], SCOPES)
    assert old_session.get(address)["Location"].startswith(PROOF)
    reauthenticate(old_session)
    page = old_session.get(address)
    answer = {"request": page.context["form"].initial["request"], "scopes": SCOPES, "action": "grant"}
    age_sign_in(old_session)
    late = old_session.post(AUTHORIZE, answer)
    assert late["Location"].startswith(PROOF)
    assert not Token.objects.exists()
    back = old_session.post(late["Location"], {"password": PASSWORD})["Location"]
    assert sent_back(consent(old_session, back, SCOPES))["state"] == "xyz"


def test_refusing_wants_none(old_session: Client) -> None:
    reauthenticate(old_session)
    page = old_session.get(question(make_client(), pkce()[1], SCOPES))
    age_sign_in(old_session)
    answer = {"request": page.context["form"].initial["request"], "action": "cancel"}
    assert sent_back(old_session.post(AUTHORIZE, answer))["error"] == "access_denied"  # type: ignore[arg-type]


def test_the_same_grant_again_wants_none(old_session: Client) -> None:
    app = make_client()
    tokens_of(exchange(code_for(old_session, app, SCOPES)))
    age_sign_in(old_session)
    assert old_session.get(question(app, pkce()[1], SCOPES)).status_code == 200
    assert old_session.get(question(app, pkce()[1]))["Location"].startswith(PROOF)


def test_an_app_is_disconnected_without_one(old_session: Client, alice: User) -> None:
    """It only takes away."""
    app = make_client()
    access_token(alice, app)
    assert old_session.post(reverse("connected_apps"), {"client": app.pk})["Location"] == reverse("connected_apps")
    assert not Token.objects.exists()


def test_a_proof_gives_the_session_a_new_key(old_session: Client, alice: User) -> None:
    copied = Client()
    copied.cookies = SimpleCookie(old_session.cookies.output(header=""))
    assert copied.get(reverse("account_preferences")).status_code == 200
    reauthenticate(old_session)
    assert old_session.get(reverse("account_preferences")).status_code == 200
    assert copied.get(reverse("account_preferences")).status_code == 302
    known = UserSession.objects.get(user=alice)
    assert known.session_key == old_session.cookies[settings.SESSION_COOKIE_NAME].value


def test_other_sessions_are_ended_after_a_fresh_proof(old_session: Client, alice: User) -> None:
    other = Client()
    sign_in(other, alice.email or "")
    asked = old_session.post(reverse("usersessions_list"))
    assert asked["Location"].startswith(PROOF)
    assert other.get(reverse("account_preferences")).status_code == 200
    old_session.post(asked["Location"], {"password": PASSWORD})
    assert old_session.get(reverse("account_preferences")).status_code == 200
    assert other.get(reverse("account_preferences")).status_code == 302
