"""Signing up, in and out, preferences, sessions and two-step sign-in, over HTTP."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import PBKDF2PasswordHasher, ScryptPasswordHasher
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import SecurityEvent, User, time_zone_names
from ptfi.settings.accounts import PASSWORD_HASHERS
from tests.support.account_pages import NEW_PASSWORD, code_of, reauthenticate, sign_in
from tests.support.cast import PASSWORD
from tests.support.pages import Html, text_of

pytestmark = pytest.mark.django_db


def link(mail: EmailMessage) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.body))
    assert found, mail.body
    return found[1]


def to_the_address(mails: list[EmailMessage], address: str) -> EmailMessage:
    """The newest one to it."""
    return next(mail for mail in reversed(mails) if mail.to == [address])


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("account_preferences")).status_code == 200


def sign_up(client: Client, email: str, password: str = NEW_PASSWORD) -> Any:
    data = {"email": email, "password1": password, "password2": password}
    return client.post(reverse("account_signup"), data)


def test_sign_up_confirm_sign_in(client: Client, mailoutbox: list[EmailMessage]) -> None:
    answer = sign_up(client, "Dora@Example.com")
    assert answer["Location"] == reverse("account_email_verification_sent")
    assert User.objects.get(email="dora@example.com").password != NEW_PASSWORD
    assert sign_in(client, "dora@example.com", NEW_PASSWORD)["Location"] == reverse("account_email_verification_sent")
    assert not is_signed_in(client)
    assert mailoutbox[0].from_email.startswith("PTFI")
    address = link(mailoutbox[0])
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 302
    other = Client()
    assert sign_in(other, "dora@example.com", NEW_PASSWORD)["Location"] == reverse("home")
    assert is_signed_in(other)
    other.post(reverse("account_logout"))
    assert not is_signed_in(other)


def test_bad_sign_up_keeps_the_address(client: Client) -> None:
    for data in (
        {"email": "dora@example.com", "password1": "short", "password2": "short"},
        {"email": "dora@example.com", "password1": NEW_PASSWORD, "password2": "different"},
        {"email": "dora\0@example.com", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    ):
        answer = client.post(reverse("account_signup"), data)
        assert answer.status_code == 200
        assert "invalid-feedback" in answer.content.decode()
        assert "example.com" in answer.content.decode()
    assert not User.objects.exists()


@pytest.mark.usefixtures("alice")
def test_wrong_password_and_unknown_address_look_the_same(
    client: Client,
) -> None:
    wrong = sign_in(client, "alice@example.com", "not the password")
    unknown = sign_in(client, "nobody@example.com", "not the password")
    token = r'value="[^"]*"|[A-Za-z0-9]{64}'
    assert re.sub(token, "", wrong.content.decode()) == re.sub(token, "", unknown.content.decode())
    assert not is_signed_in(client)


@pytest.mark.slow
@pytest.mark.usefixtures("alice")
def test_sign_in_is_rate_limited(
    client: Client,
) -> None:
    for _ in range(12):
        answer = sign_in(client, "alice@example.com", "not the password")
    assert "Too many failed attempts" in answer.content.decode()
    assert "Too many" in sign_in(client, "alice@example.com").content.decode()


@pytest.mark.usefixtures("alice")
def test_signing_up_with_a_taken_address_tells_nothing(client: Client, mailoutbox: list[EmailMessage]) -> None:
    answer = sign_up(client, "alice@example.com")
    assert answer["Location"] == reverse("account_email_verification_sent")
    assert "already" in str(mailoutbox[0].body)
    assert User.objects.count() == 1


def test_two_sign_ups_at_once_with_one_address(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second passed the form's check before the first was there: the constraint decides, the answer stays."""
    from allauth.account.internal.flows import manage_email

    sign_up(client, "dora@example.com")
    monkeypatch.setattr(manage_email, "assess_unique_email", lambda *_args, **_kwargs: True)
    answer = sign_up(Client(), "dora@example.com")
    assert answer["Location"] == reverse("account_email_verification_sent")
    assert User.objects.count() == 1


@pytest.mark.usefixtures("alice")
def test_password_reset(client: Client, mailoutbox: list[EmailMessage]) -> None:
    known = client.post(reverse("account_reset_password"), {"email": "alice@example.com"})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})
    assert known["Location"] == unknown["Location"] == reverse("account_reset_password_done")
    assert "There is no account with this e-mail address." in str(mailoutbox[1].body)
    form = client.get(link(mailoutbox[0]))["Location"]
    assert "set-password" in form
    answer = client.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert answer.status_code == 302
    assert sign_in(Client(), "alice@example.com").status_code == 200
    assert sign_in(Client(), "alice@example.com", NEW_PASSWORD).status_code == 302


@pytest.mark.usefixtures("alice")
def test_links_in_mails_start_with_the_sites_address(settings: Any, mailoutbox: list[EmailMessage]) -> None:
    """Not with the name that the request was sent to, which whoever asks for the mail chooses."""
    settings.SITE_URL = "https://ptfi.example.com"
    elsewhere = Client(headers={"Host": "localhost:6666"})
    for email in ("alice@example.com", "nobody@example.com"):
        elsewhere.post(reverse("account_reset_password"), {"email": email})
        sign_up(elsewhere, email)
    bodies = [str(mail.body) for mail in mailoutbox]
    assert len(bodies) == 4
    assert all("https://ptfi.example.com/accounts/" in body and "6666" not in body for body in bodies), bodies


def test_sign_up_stands_while_the_mail_server_is_away(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answer = sign_up(client, "dora@example.com")
    assert "We couldn’t send the e-mail" in client.get(answer["Location"]).content.decode()
    assert User.objects.filter(email="dora@example.com").exists()


@pytest.mark.parametrize("key", ["abc-xyz", "0-0", "%00-x", "a" * 500 + "-b"])
def test_forged_links_are_answered(client: Client, key: str) -> None:
    assert client.get(f"/accounts/password/reset/key/{key}/").status_code in {200, 404}
    assert client.get(f"/accounts/confirm-email/{key.replace('%00', '')}/").status_code in {200, 404}


def test_proving_an_address_frees_it_from_accounts_that_never_did(
    client: Client, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    sign_up(client, "shared@example.com")
    squatter = User.objects.get(email="shared@example.com")
    sign_in(client := Client(), "alice@example.com")
    cache.clear()
    client.post(reverse("account_email"), {"action_add": "", "email": "shared@example.com"})
    assert client.post(link(to_the_address(mailoutbox, "shared@example.com"))).status_code == 302
    client.post(reverse("account_email"), {"action_primary": "", "email": "shared@example.com"})
    alice.refresh_from_db()
    squatter.refresh_from_db()
    assert (alice.email, squatter.email) == ("shared@example.com", None)
    assert not EmailAddress.objects.filter(user=squatter).exists()


@pytest.mark.slow
def test_preferences(client: Client, alice: User) -> None:
    sign_in(client, "alice@example.com")
    page = client.get(reverse("account_preferences")).content.decode()
    assert all(f'value="{name}"' in page for name in time_zone_names())
    data = {"display_name": "Alice A.", "time_zone": "Asia/Tokyo"}
    answer = client.post(reverse("account_preferences"), data, follow=True)
    assert "Preferences saved." in answer.content.decode()
    alice.refresh_from_db()
    assert (alice.display_name, alice.time_zone, alice.time_zone_chosen) == ("Alice A.", "Asia/Tokyo", True)
    assert not alice.keys_enabled
    client.post(reverse("account_preferences"), {**data, "time_zone": "", "keys_enabled": "on"})
    alice.refresh_from_db()
    assert (alice.time_zone, alice.time_zone_chosen, alice.keys_enabled) == ("Asia/Tokyo", False, True)


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("bad", [{"time_zone": "Mars/Base"}, {"display_name": "x" * 256}, {"display_name": "a\0b"}])
def test_bad_preferences_change_nothing(client: Client, bad: dict[str, str]) -> None:
    sign_in(client, "alice@example.com")
    data = {"display_name": "Other", "time_zone": "Asia/Tokyo", **bad}
    answer = client.post(reverse("account_preferences"), data)
    assert answer.status_code == 422
    assert "is-invalid" in answer.content.decode()
    assert data["display_name"][:20].replace("\0", "") in answer.content.decode().replace("\0", "")
    assert list(User.objects.values_list("display_name", "time_zone")) == [("Alice", "UTC")]


def test_the_browsers_time_zone_counts_until_one_is_chosen(client: Client, alice: User, bob: User) -> None:
    address = reverse("account_time_zone")
    assert client.post(address, {"time_zone": "Asia/Tokyo"}).status_code == 302
    sign_in(client, "alice@example.com")
    assert client.get(address).status_code == 405
    for bad in ("", "Mars/Base", "../etc/passwd", "localtime", "a\0b"):
        assert client.post(address, {"time_zone": bad}).status_code == 400
    assert client.post(address, {"time_zone": "Asia/Tokyo"}).status_code == 204
    assert User.objects.get(pk=alice.pk).time_zone == "Asia/Tokyo"
    client.post(reverse("account_preferences"), {"time_zone": "Europe/Paris"})
    assert client.post(address, {"time_zone": "Asia/Tokyo"}).status_code == 204
    assert User.objects.get(pk=alice.pk).time_zone == "Europe/Paris"
    assert User.objects.get(pk=bob.pk).time_zone == "UTC"


def activate_totp(client: Client) -> tuple[str, list[str]]:
    """The app's secret, and the recovery codes that come with it."""
    page = client.get(reverse("mfa_activate_totp"))
    secret: str = page.context["form"].secret
    assert page.content.decode().count("data:image/svg+xml") == 1
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    codes: list[str] = answer.context["codes"]
    return secret, codes


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("alice")
def test_totp_is_asked_for_once_active(client: Client, mailoutbox: list[EmailMessage]) -> None:
    """In real transactions: the mail goes out after the commit."""
    sign_in(client, "alice@example.com")
    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith(reverse("account_reauthenticate"))
    reauthenticate(client)
    client.get(reverse("mfa_activate_totp"))
    assert "Incorrect code" in client.post(reverse("mfa_activate_totp"), {"code": "000"}).content.decode()
    secret, _ = activate_totp(client)
    assert "An authenticator app was set up." in str(mailoutbox[-1].body)
    second = Client()
    assert sign_in(second, "alice@example.com")["Location"].startswith(reverse("mfa_authenticate"))
    assert not is_signed_in(second)
    page = second.get(reverse("mfa_authenticate"))
    assert Html(page).inline_code() == []
    assert "Incorrect code" in second.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    assert not is_signed_in(second)
    cache.clear()  # allauth accepts each code once
    second.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert is_signed_in(second)


@pytest.mark.slow
@pytest.mark.usefixtures("alice")
def test_a_recovery_code_signs_in_once(
    client: Client,
) -> None:
    sign_in(client, "alice@example.com")
    reauthenticate(client)
    _, codes = activate_totp(client)
    assert len(set(codes)) == 10
    for expected in (True, False):
        other = Client()
        sign_in(other, "alice@example.com")
        other.post(reverse("mfa_authenticate"), {"code": codes[0]})
        assert is_signed_in(other) is expected


@pytest.mark.slow
@pytest.mark.usefixtures("alice")
def test_sessions_are_listed_and_ended(
    client: Client,
) -> None:
    other = Client(headers={"user-agent": "Some Other Browser"})
    sign_in(other, "alice@example.com")
    sign_in(client, "alice@example.com")
    assert is_signed_in(other)
    page = client.get(reverse("usersessions_list")).content.decode()
    assert "Some Other Browser" in page
    client.post(reverse("usersessions_list"))
    assert is_signed_in(client)
    assert not is_signed_in(other)


@pytest.mark.slow
def test_one_session_is_ended_and_nobody_elses(client: Client, alice: User, bob: User) -> None:
    browsers = {name: Client(headers={"user-agent": f"{name} Browser"}) for name in ("First", "Second")}
    theirs = Client()
    sign_in(theirs, bob.email or "")
    sign_in(client, alice.email or "")
    alone = Html(client.get(reverse("usersessions_list")))
    assert "Sign out of this browser" in alone.text
    assert not alone.has("button[name=session]")
    for browser in browsers.values():
        sign_in(browser, alice.email or "")
    page = Html(client.get(reverse("usersessions_list")))
    chosen = [node.attributes["value"] for node in page.all("button[name=session]")]
    assert len(chosen) == 2
    first = UserSession.objects.get(user=alice, user_agent="First Browser")
    assert str(first.pk) in chosen
    answer = client.post(reverse("usersessions_list"), {"session": first.pk}, follow=True)
    assert "That browser is signed out." in text_of(answer)
    assert [is_signed_in(each) for each in (client, *browsers.values())] == [True, False, True]
    assert SecurityEvent.objects.filter(user=alice, kind="session_ended").count() == 1
    # Neither what has ended, nor somebody else's, nor nonsense ends any other.
    for other in (first.pk, UserSession.objects.get(user=bob).pk, "x", 2**31):
        client.post(reverse("usersessions_list"), {"session": other})
        assert [is_signed_in(each) for each in (client, browsers["Second"], theirs)] == [True, True, True], other


def test_passwords_get_the_newest_parameters_when_people_sign_in(alice: User, settings: Any) -> None:
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    for former in (PBKDF2PasswordHasher(), ScryptPasswordHasher()):
        User.objects.filter(pk=alice.pk).update(password=former.encode(PASSWORD, former.salt()))
        client = Client()
        assert sign_in(client, "alice@example.com").status_code == 302
        alice.refresh_from_db()
        assert alice.password.startswith("scrypt$32768$")
        assert alice.password.split("$")[3:5] == ["8", "3"]
        assert is_signed_in(client)
