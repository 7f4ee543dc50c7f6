"""Whoever had the account for a minute does not stay in by an app: a new password ends what apps were granted."""

import re
from collections.abc import Callable

import pytest
from allauth.idp.oidc.models import Token
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from ptfi.oauth.models import ClientAccess
from ptfi.oauth.scopes import READ_TRAITS
from tests.support.account_pages import NEW_PASSWORD, sign_in
from tests.support.cast import PASSWORD, SignedIn
from tests.support.oauth import access_token, code_for, exchange, make_client, pipeline_token, refresh, tokens_of
from tests.support.pages import Html
from tests.support.staff import give_reason

pytestmark = pytest.mark.django_db
NEW = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}


Answers = Callable[[], tuple[int, int]]


@pytest.fixture
def connected(alice: User, bob: User) -> Answers:
    """Says what an app of Alice's gets by its access token and by its refresh token."""
    app, browser = make_client(), Client()
    sign_in(browser, alice.email or "")
    tokens = tokens_of(exchange(code_for(browser, app, ("openid", READ_TRAITS))))
    access_token(bob, app)
    pipeline_token()

    def answers() -> tuple[int, int]:
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        read = Client().get("/v1/users/me/persona/traits", headers=bearer).status_code
        return read, refresh(app, tokens["refresh_token"]).status_code

    return answers


def others_are_left() -> bool:
    """Bob's token and the pipeline's."""
    return Token.objects.count() == 2 and ClientAccess.objects.count() == 1


def test_a_changed_password_ends_them_unless_the_person_says_otherwise(connected: Answers, as_alice: Client) -> None:
    page = Html(as_alice.get(reverse("account_change_password")))
    assert page.has('input[name="disconnect_apps"][checked]')
    assert as_alice.post(reverse("account_change_password"), NEW | {"oldpassword": PASSWORD}).status_code == 302
    assert connected() == (200, 200)


def test_a_changed_password_ends_them(connected: Answers, as_alice: Client) -> None:
    data = NEW | {"oldpassword": PASSWORD, "disconnect_apps": "on"}
    assert as_alice.post(reverse("account_change_password"), data).status_code == 302
    assert connected() == (401, 400)
    assert others_are_left()


def test_a_refused_password_ends_nothing(connected: Answers, as_alice: Client) -> None:
    data = NEW | {"oldpassword": "not the password", "disconnect_apps": "on"}
    assert as_alice.post(reverse("account_change_password"), data).status_code == 200
    assert connected() == (200, 200)


def test_a_reset_password_ends_them(
    connected: Answers, alice: User, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    client.post(reverse("account_reset_password"), {"email": alice.email})
    link = re.search(r"https?://[^/]+(/\S+)", str(mailoutbox[0].body))
    assert link
    form = client.get(link[1])["Location"]
    assert "disconnects all apps" in Html(client.get(form)).text
    assert client.post(form, NEW).status_code == 302
    assert connected() == (401, 400)
    assert others_are_left()


def test_signing_out_everywhere_ends_them(connected: Answers, alice: User, client: Client) -> None:
    sign_in(client, alice.email or "")
    assert "disconnects all apps" in Html(client.get(reverse("usersessions_list"))).text
    assert client.post(reverse("usersessions_list")).status_code == 302
    assert connected() == (401, 400)
    assert others_are_left()
    assert client.get(reverse("account_preferences")).status_code == 200


def test_a_password_that_staff_set_ends_them(connected: Answers, alice: User, sam: User, signed_in: SignedIn) -> None:
    staff, page = signed_in(sam), f"/admin/accounts/user/{alice.pk}/password/"
    give_reason(staff, page)
    answer = staff.post(page, NEW | {"usable_password": "true"})
    assert answer.status_code == 302, answer.content
    assert connected() == (401, 400)
