"""Staff enter with a second step; nobody else does, at any address of the admin."""

import time
import uuid

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.support.account_pages import code_of
from tests.support.cast import PASSWORD, SignedIn
from tests.support.pages import text_of
from tests.support.staff import give_reason
from tests.support.staff_pages import admin_addresses

pytestmark = pytest.mark.django_db


def addresses() -> list[str]:
    """Whatever row they name: nobody comes as far as looking for it."""
    rows = {f"{model._meta.app_label}.{model._meta.model_name}": "1" for model in admin.site._registry}
    ids = ("user_id", "person_id", "candidate_id", "trait_id", "action_id", "erasure_id")
    return admin_addresses(rows, dict.fromkeys(ids, str(uuid.UUID(int=1))) | {"object_id": "1", "content_type_id": "1"})


def sign_in(email: str) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    return client


@pytest.mark.slow
@pytest.mark.parametrize("setup", ["nothing", "recovery codes alone", "a step that was not used"])
def test_no_address_opens_without_a_second_step(sam: User, setup: str) -> None:
    if setup == "recovery codes alone":
        RecoveryCodes.activate(sam)
    elif setup == "a step that was not used":
        TOTP.activate(sam, generate_totp_secret())
    client = Client()
    client.force_login(sam)
    for address in addresses():
        for ask in (client.get, client.post):
            answer = ask(address)
            shut = answer.status_code == 302 and answer["Location"].startswith(("/admin/login/", "/admin/?", "/admin/"))
            assert shut or address == "/admin/login/", f"{address}: {answer.status_code}"
    page = client.get("/admin/", follow=True)
    assert page.status_code == 403
    assert "a stolen password must not be enough" in text_of(page)
    assert ("Use it now" in text_of(page)) == (setup == "a step that was not used")


@pytest.mark.slow
def test_people_have_no_way_in(as_alice: Client, alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    for address in addresses():
        assert as_alice.get(address, follow=True).status_code == 403, address


def test_signing_in_with_an_app_opens_it(sam: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(sam, secret)
    client = sign_in("sam@example.com")
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    answer = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.filter(user=sam).delete()
    assert client.get("/admin/").status_code == 302


def test_the_step_is_asked_for_again_after_half_a_day(sam: User, signed_in: SignedIn) -> None:
    client = signed_in(sam)
    session = client.session
    (record,) = session["account_authentication_methods"]
    for seconds, status in ((11.9 * 3600, 200), (12.1 * 3600, 403)):
        session["account_authentication_methods"] = [{**record, "at": time.time() - seconds}]
        session.save()
        assert client.get("/admin/", follow=True).status_code == status
    Authenticator.objects.filter(user=sam).delete()
    secret = generate_totp_secret()
    TOTP.activate(sam, secret)
    page = client.get("/admin/", follow=True)
    assert "more than 12 hours ago" in text_of(page)
    client.post(reverse("mfa_reauthenticate"), {"code": code_of(secret)})
    assert client.get("/admin/").status_code == 200


def test_a_step_set_up_in_this_session_is_used_once_and_leads_back(sam: User) -> None:
    client = sign_in("sam@example.com")
    page = client.get("/admin/traits/persona/", follow=True)
    assert reverse("mfa_activate_totp") in page.content.decode()
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    codes = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}).context["codes"]
    page = client.get("/admin/traits/persona/", follow=True)
    use = f"{reverse('mfa_reauthenticate')}?next=/admin/traits/persona/"
    assert use in page.content.decode()
    assert client.post(use, {"code": codes[0]})["Location"] == "/admin/traits/persona/"
    assert client.get("/admin/traits/persona/").status_code == 200


def test_staff_without_a_role_see_an_empty_house(bob: User, signed_in: SignedIn) -> None:
    bob.is_staff = True
    bob.save()
    client = signed_in(bob)
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/traits/persona/").status_code == 403
    assert "You have no role yet" in client.get("/admin/").content.decode()


def test_the_way_back_is_a_page_of_ours(sam: User, signed_in: SignedIn) -> None:
    client = signed_in(sam)
    for goal in ("https://elsewhere.example/", "//elsewhere.example/", "nonsense", "a:b", "%00", "((("):
        assert client.get(f"/admin/login/?next={goal}")["Location"] == "/admin/", goal
    assert client.get("/admin/login/?next=/admin/traits/persona/")["Location"] == "/admin/traits/persona/"


def test_passwords_change_on_the_products_own_page(sam: User, signed_in: SignedIn) -> None:
    assert signed_in(sam).get("/admin/password_change/")["Location"] == reverse("account_change_password")


def test_what_was_done_with_an_account_names_no_person(alice: User, sam: User, signed_in: SignedIn) -> None:
    client = signed_in(sam)
    form = {"display_name": "Alice Again", "time_zone": "UTC", "is_active": "on"}
    give_reason(client, f"/admin/accounts/user/{alice.pk}/change/")
    client.post(f"/admin/accounts/user/{alice.pk}/change/", form)
    new = {"email": "new@example.com", "usable_password": "true", "password1": "a long way home", "password2": ""}
    client.post("/admin/accounts/user/add/", new | {"password2": new["password1"]})
    kept = str(list(LogEntry.objects.values_list("object_repr", "change_message")))
    assert str(alice.pk) in kept
    assert "Alice" not in kept
    assert "new@example.com" not in kept
