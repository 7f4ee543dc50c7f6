"""Where everybody needs a second step (REQUIRE_SECOND_STEP), nothing else opens before there is one."""

import re
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve, reverse

from ptfi.accounts.models import User
from ptfi.events.sessions import signed_in as streams_of
from tests.support.account_pages import code_of, note_use, reauthenticate, sign_in
from tests.support.cast import PASSWORD, SignedIn, make_candidate
from tests.support.isolation import STREAMED, routes
from tests.support.oauth import code_for, exchange, make_client, refresh, tokens_of
from tests.support.pages import Html, text_of

pytestmark = pytest.mark.django_db
SET_UP = "/accounts/second-step/"
ANSWERS = (
    *("/accounts/second-step/", "/accounts/2fa/", "/accounts/login/", "/accounts/logout/", "/accounts/reauthenticate/"),
    *("/accounts/invitation/", "/accounts/session/"),
    *("/accounts/email/", "/accounts/confirm-email/", "/accounts/password/", "/accounts/sessions/"),
    *("/accounts/activity/", "/identity/o/logout", "/identity/o/api/", "/.well-known/", "/favicon.ico"),
    *("/v1/schema", "/v1/docs"),
)
"""Where addresses begin that need no second step."""


@pytest.fixture(autouse=True)
def required(settings: Any) -> None:
    settings.REQUIRE_SECOND_STEP = True


@pytest.fixture
def client(alice: User) -> Client:
    """Alice with her password alone."""
    client = Client()
    sign_in(client, alice.email or "")
    return client


def addresses() -> list[str]:
    """Every address of the product, with what its parameters take."""
    found = {STREAMED: None}
    for route in routes(get_resolver()):
        parts = re.split(r"<[^>]+>|\(\?P<.+?\)", route.replace("\\", ""))
        filled = (value.join(parts) for value in (str(uuid.UUID(int=1)), "1", "csv", "traits"))
        found |= dict.fromkeys(each for each in filled if resolves(each))
    return list(found)


def resolves(address: str) -> bool:
    try:
        resolve(address)
    except Resolver404:
        return False
    return True


def set_up_app(client: Client) -> tuple[Any, str]:
    """The answer that has the recovery codes, and the app's secret."""
    reauthenticate(client)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    return client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}), secret


@pytest.mark.slow
@pytest.mark.parametrize("htmx", [False, pytest.param(True, marks=pytest.mark.long)])
def test_no_other_address_opens(client: Client, alice: User, htmx: bool) -> None:
    make_candidate(alice)
    headers = {"HX-Request": "true"} if htmx else {}
    seen = 0
    for address in addresses():
        for send in (client.get, client.post, client.head, client.options):
            if address.startswith(ANSWERS):
                continue
            answer = send(address, headers=headers)
            seen += 1
            if address.startswith("/v1/"):
                if send == client.head:
                    assert answer.status_code in (403, 405), address
                    continue
                code = answer.json()["error"]["code"]
                assert code in ("second_step_required", "method_not_allowed"), (address, code)
            elif htmx:
                assert (answer.content, answer.get("HX-Redirect")) == (b"", SET_UP), (address, answer.status_code)
            else:
                assert answer.status_code == 302, (address, answer.status_code)
                assert answer["Location"].startswith(SET_UP), address
    assert seen > 150


def test_what_is_needed_for_it_opens(client: Client) -> None:
    for name in ("account_second_step", "mfa_index", "account_reauthenticate", "account_email", "usersessions_list"):
        assert client.get(reverse(name)).status_code == 200, name
    assert client.get("/favicon.ico")["Location"].startswith("/static/")
    client.post(reverse("account_logout"))
    assert client.get("/review/")["Location"].startswith(reverse("account_login"))


def test_the_api_says_it_in_its_shape(client: Client, alice: User) -> None:
    answer = client.get(f"/v1/users/{alice.pk}/persona/traits/candidates")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "second_step_required"
    assert answer.json()["requestID"]


@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up_and_leads_back(client: Client, alice: User) -> None:
    asked = client.get("/review/?category=Skill")
    assert parse_qs(urlsplit(asked["Location"]).query) == {"next": ["/review/?category=Skill"]}
    page = client.get(asked["Location"])
    assert "Set up a second step" in text_of(page)
    assert "Everyone needs a second step here" in text_of(page)
    assert {reverse("mfa_activate_totp"), reverse("mfa_add_webauthn")} <= Html(page).links()
    codes, _ = set_up_app(client)
    assert Html(codes).link("Continue") == "/review/?category=Skill"
    assert client.get("/review/?category=Skill").status_code == 200
    assert client.get(f"/v1/users/{alice.pk}/persona/traits/candidates").status_code == 200
    assert client.get(SET_UP)["Location"] == "/"
    assert client.get(f"{SET_UP}?next=https://elsewhere.example/")["Location"] == "/"


def test_signing_in_with_a_step_is_enough(alice: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    client = Client()
    sign_in(client, alice.email or "")
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})["Location"] == "/"
    assert client.get("/review/").status_code == 200


@pytest.mark.parametrize("passwordless", [True, False])
def test_a_passkey_is_enough(alice: User, client: Client, passwordless: bool) -> None:
    """As allauth notes its use; tests/browser/test_passkeys.py has one in a browser."""
    key = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Laptop"})
    session = client.session
    use = {"method": "mfa", "at": 1.0, "id": key.pk, "type": "webauthn", "passwordless": passwordless}
    session["account_authentication_methods"] = [use]
    session.save()
    assert client.get("/review/").status_code == 200


def test_the_password_alone_replaces_no_step(client: Client, alice: User) -> None:
    """In a session from before the step: neither by new codes nor by another step, and none is removed."""
    key = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Laptop"})
    prove = f"{reverse('mfa_reauthenticate_webauthn')}?next="
    for settings_page in ("account_email", "account_change_password", "usersessions_list", "account_activity"):
        assert client.get(reverse(settings_page))["Location"].startswith(SET_UP)
    names = ("mfa_generate_recovery_codes", "mfa_activate_totp", "mfa_add_webauthn")
    for address in (*map(reverse, names), reverse("mfa_remove_webauthn", args=[key.pk])):
        for send in (client.get, client.post):
            assert send(address)["Location"].startswith(SET_UP), address
    assert list(Authenticator.objects.filter(user=alice)) == [key]
    note_use(client, key, at=time.time() - 301)
    for address in (*map(reverse, names), reverse("mfa_remove_webauthn", args=[key.pk])):
        for send in (client.get, client.post):
            assert send(address)["Location"].startswith(prove), address
    assert list(Authenticator.objects.filter(user=alice)) == [key]
    note_use(client, key)
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_recovery_codes_alone_are_none(client: Client, alice: User) -> None:
    RecoveryCodes.activate(alice)
    assert client.get("/review/")["Location"].startswith(SET_UP)


def test_a_session_of_before_has_to_use_the_step(client: Client, alice: User) -> None:
    """Whoever set the step up elsewhere need not be who has this session."""
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    page = client.get("/review/", follow=True)
    assert "Use your second step" in text_of(page)
    use = Html(page).link("Use it now")
    assert use == f"{reverse('mfa_reauthenticate')}?next=/review/"
    assert client.post(use, {"code": "000000"}).status_code == 200
    assert client.get("/review/").status_code == 302
    assert client.post(use, {"code": code_of(secret)})["Location"] == "/review/"
    assert client.get("/review/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_last_step_stays(client: Client, alice: User, settings: Any) -> None:
    set_up_app(client)
    for _ in range(2):
        answer = client.post(reverse("mfa_deactivate_totp"))
        assert "Add another one before you remove this one" in text_of(answer)
    key = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Laptop"})
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    note_use(client, key)
    remove = reverse("mfa_remove_webauthn", args=[key.pk])
    answer = client.post(remove)
    assert "Add another one before you remove this one" in text_of(answer)
    assert Authenticator.objects.filter(pk=key.pk).exists()
    settings.REQUIRE_SECOND_STEP = False
    assert client.post(remove).status_code == 302
    assert not Authenticator.objects.filter(user=alice).exists()


@pytest.mark.django_db(transaction=True)
def test_who_lost_the_step_sets_up_another_one(client: Client, alice: User) -> None:
    set_up_app(client)
    Authenticator.objects.filter(user=alice).delete()
    assert client.get("/review/")["Location"].startswith(SET_UP)


@pytest.mark.django_db(transaction=True)
def test_streams_of_events_open_with_it(client: Client, alice: User, settings: Any) -> None:
    """The events' process asks this of each session."""
    reauthenticate(client)

    def found() -> dict[str, uuid.UUID]:
        key = client.session.session_key
        assert key
        return streams_of({key})

    assert found() == {}
    settings.REQUIRE_SECOND_STEP = False
    assert list(found().values()) == [alice.pk]
    settings.REQUIRE_SECOND_STEP = True
    TOTP.activate(alice, generate_totp_secret())
    assert found() == {}
    Authenticator.objects.filter(user=alice).delete()
    set_up_app(client)
    assert list(found().values()) == [alice.pk]


def test_staff_are_led_there_as_well(sam: User, signed_in: SignedIn) -> None:
    client = Client()
    client.post(reverse("account_login"), {"login": sam.email, "password": PASSWORD})
    assert client.get("/admin/")["Location"] == f"{SET_UP}?next=%2Fadmin%2F"
    assert signed_in(sam).get("/admin/").status_code == 200


def test_apps_go_on_with_their_tokens_and_new_ones_wait(
    client: Client, alice: User, as_alice: Client, settings: Any
) -> None:
    settings.REQUIRE_SECOND_STEP = False
    app = make_client()
    tokens = tokens_of(exchange(code_for(as_alice, app)))
    settings.REQUIRE_SECOND_STEP = True
    authorization = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert Client().get(f"/v1/users/{alice.pk}/persona/traits", headers=authorization).status_code == 200
    assert refresh(app, tokens["refresh_token"]).status_code == 200
    asked = client.get("/identity/o/authorize?client_id=x&scope=openid")
    assert parse_qs(urlsplit(asked["Location"]).query)["next"] == ["/identity/o/authorize?client_id=x&scope=openid"]


@pytest.mark.usefixtures("alice")
def test_it_is_off_by_itself(settings: Any, client: Client) -> None:
    settings.REQUIRE_SECOND_STEP = False
    assert client.get("/review/").status_code == 200
    assert client.get(SET_UP)["Location"] == "/"
