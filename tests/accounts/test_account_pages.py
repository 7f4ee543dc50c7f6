"""Every account page and the accounts in the admin: how they render, and who may use them."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import get_resolver, reverse

from ptfi.accounts.models import User
from tests.support.account_pages import NEW_PASSWORD, reauthenticate, sign_in
from tests.support.pages import Html
from tests.support.staff import give_reason

pytestmark = pytest.mark.django_db

SIGNED_OUT = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_confirm_login_code",
    "account_inactive",
    "account_logout",
    "mfa_authenticate",
    "mfa_login_webauthn",
]
SETTINGS = [
    "account_preferences",
    "account_email",
    "account_activity",
    "account_change_password",
    "mfa_index",
    "mfa_list_webauthn",
    "usersessions_list",
    "connected_apps",
]
SIGNED_IN = [
    *SETTINGS,
    "account_set_password",
    "account_logout",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_add_webauthn",
    "account_second_step",
]


def check_page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code in {200, 302}, address
    assert Html(answer).inline_code() == [], address
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    return str(answer.content.decode())


def test_every_entrance_page_renders_without_inline_code(client: Client) -> None:
    for name in SIGNED_OUT:
        check_page(client, reverse(name))
    check_page(client, "/accounts/confirm-email/forged/")
    check_page(client, "/accounts/password/reset/key/0-forged/")


@pytest.mark.slow
def test_every_settings_page_renders_without_inline_code(client: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="unproven@example.com")
    sign_in(client, "alice@example.com")
    reauthenticate(client)
    for name in set(SIGNED_IN) - {"mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"}:
        check_page(client, reverse(name))
    TOTP.activate(alice, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(alice)
    # What a registration stores; the page reads no more of it than this.
    data = {"name": "Laptop", "credential": {"clientExtensionResults": {"credProps": {"rk": False}}}}
    key = Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data=data)
    for name in set(SIGNED_IN) - {"mfa_reauthenticate_webauthn", "mfa_add_webauthn"}:
        check_page(client, reverse(name))
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        check_page(client, reverse(name, args=[key.pk]))


def test_the_lists_above_hold_every_page_of_allauth() -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    own = {name for name in names if name.startswith(("account_", "connected_", "mfa_", "usersessions_"))}
    tested_apart = {
        "account_confirm_email",
        "account_erase",
        "account_erased",
        "account_reset_password_from_key",
        "account_session",
        "account_time_zone",
        "account_invitation",
        "account_open_invitation",
        "connected_app",
        "mfa_download_recovery_codes",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
    }
    assert own == {*SIGNED_IN, *SIGNED_OUT, *tested_apart}


def test_the_pages_offer_only_what_can_be_done_with_an_address(client: Client, alice: User) -> None:
    sign_in(client, "alice@example.com")
    page = check_page(client, reverse("account_email"))
    assert not Html(page).has("[name^=action_]:not([name=action_add])")
    EmailAddress.objects.create(user=alice, email="unproven@example.com")
    page = check_page(client, reverse("account_email"))
    assert all(f'name="action_{action}"' in page for action in ("primary", "send", "remove"))


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
            "Safari/537.36 Edg/140.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.5 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile "
            "Safari/537.36",
            "Chrome on Android",
        ),
        ("curl/8.14 <b>", "curl/8.14 &lt;b&gt;"),
    ],
)
@pytest.mark.usefixtures("alice")
def test_sessions_name_the_browser(client: Client, user_agent: str, words: str) -> None:
    client.defaults["HTTP_USER_AGENT"] = user_agent
    sign_in(client, "alice@example.com")
    assert words in check_page(client, reverse("usersessions_list"))


@pytest.mark.usefixtures("alice")
def test_account_pages_speak_in_the_products_words(client: Client) -> None:
    for name in ("account_login", "account_reset_password", "account_signup"):
        assert ">E-mail</label>" in check_page(client, reverse(name))
    assert ">Stay signed in</label>" in check_page(client, reverse("account_login"))
    assert f'href="{reverse("account_login")}"' in check_page(client, reverse("account_reset_password_from_key_done"))
    sign_in(client, "alice@example.com")
    reauthenticate(client)
    assert 'value="Passkey"' in check_page(client, reverse("mfa_add_webauthn"))


@pytest.mark.slow
@pytest.mark.usefixtures("alice")
def test_settings_pages_share_one_navigation(
    client: Client,
) -> None:
    sign_in(client, "alice@example.com")
    for name in SETTINGS:
        page = check_page(client, reverse(name))
        assert all(f'href="{reverse(other)}"' in page for other in SETTINGS)
        assert Html(page).has(f'a[aria-current=page][href="{reverse(name)}"]'), name


@pytest.mark.usefixtures("alice")
def test_somebody_elses_passkey_is_not_there(client: Client, bob: User) -> None:
    key = Authenticator.objects.create(user=bob, type=Authenticator.Type.WEBAUTHN, data={"name": "Bob's"})
    sign_in(client, "alice@example.com")
    reauthenticate(client)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert client.get(reverse(name, args=[key.pk])).status_code == 404
        assert client.post(reverse(name, args=[key.pk]), {"name": "mine"}).status_code == 404
    assert Authenticator.objects.get(pk=key.pk).data == {"name": "Bob's"}


def test_admin_is_entered_through_the_products_sign_in(
    client: Client, alice: User, sam: User, signed_in: Callable[[User], Client]
) -> None:
    assert client.get("/admin/login/?next=/admin/")["Location"].startswith(reverse("account_login"))
    assert signed_in(alice).get("/admin/accounts/user/", follow=True).status_code == 403
    staff = signed_in(sam)
    assert "PTFI staff" in staff.get("/admin/").content.decode()
    found = "/admin/accounts/user/?q=alice@example.com"
    give_reason(staff, found)
    assert "Alice" in staff.get(found).content.decode()
    page = f"/admin/accounts/user/{alice.pk}/change/"
    give_reason(staff, page)
    assert "alice@example.com" in staff.get(page).content.decode()
    new = {"email": "New@Example.com", "usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    answer = staff.post("/admin/accounts/user/add/", new)
    assert answer.status_code == 302, answer.context["errors"]
    assert User.objects.filter(email="new@example.com", is_staff=False).exists()
    assert staff.post("/admin/accounts/user/add/", new).status_code == 200


def test_staff_who_are_no_superusers_cannot_raise_rights_or_take_accounts(
    alice: User, bob: User, signed_in: Callable[[User], Client]
) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    staff = signed_in(bob)
    page = f"/admin/accounts/user/{bob.pk}/change/"
    data = {"display_name": "Bob", "time_zone": "UTC", "is_active": "on", "is_superuser": "on", "is_staff": "on"}
    assert staff.post(page, data).status_code == 302
    assert not User.objects.get(pk=bob.pk).is_superuser
    password = f"/admin/accounts/user/{alice.pk}/password/"
    assert staff.post(password, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}).status_code == 403
    User.objects.filter(pk=alice.pk).update(is_superuser=True)
    page = f"/admin/accounts/user/{alice.pk}/change/"
    give_reason(staff, page)
    assert staff.post(page, data).status_code == 403
    assert staff.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 403
