"""A passkey in a real browser: added, used to sign in, renamed, removed; and the other scripts of the account pages."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from ptfi.accounts.models import User
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def refused(page: Page) -> Iterator[list[str]]:
    """What the page's scripts or the Content-Security-Policy complained of: nothing."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield complaints
    assert complaints == []


def add_authenticator(page: Page) -> None:
    """A security chip that says yes to everything."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def give_password(page: Page, site: str) -> None:
    page.goto(f"{site}/accounts/login/?next=/accounts/preferences/")
    page.get_by_label("E-mail").fill("alice@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_in(page: Page, site: str) -> None:
    give_password(page, site)
    page.wait_for_url(f"{site}/accounts/preferences/")


def sign_out(page: Page, site: str) -> None:
    page.goto(f"{site}/accounts/logout/?next=/accounts/login/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{site}/accounts/login/")


def add_passkey(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/accounts/2fa/webauthn/add/")
    save_passkey(page, name)


def save_passkey(page: Page, name: str) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill(name)
    expect(page.get_by_label("Sign in with this passkey alone")).to_be_checked()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()


@pytest.mark.usefixtures("refused")
def test_a_passkey_is_added_signs_in_and_is_removed(page: Page, site: str, alice: User) -> None:
    add_authenticator(page)
    sign_in(page, site)
    add_passkey(page, site, "Laptop")
    codes = page.get_by_label("Recovery codes").input_value()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "recovery-codes.txt"
    assert download.value.path().read_text() == f"{codes}\n"
    sign_out(page, site)
    page.goto(f"{site}/accounts/login/?next=/accounts/preferences/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{site}/accounts/preferences/")
    page.goto(f"{site}/accounts/2fa/webauthn/")
    row = page.get_by_role("row", name="Laptop")
    expect(row).to_contain_text("last used")
    row.get_by_role("link", name="Rename").click()
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("row", name="Old laptop").get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No passkeys yet.")).to_be_visible()
    assert not Authenticator.objects.filter(user=alice, type=Authenticator.Type.WEBAUTHN).exists()


@pytest.mark.usefixtures("refused", "alice")
def test_a_passkey_is_the_second_step_that_everybody_needs(page: Page, site: str, settings: Any) -> None:
    settings.REQUIRE_SECOND_STEP = True
    add_authenticator(page)
    give_password(page, site)
    page.get_by_role("link", name="Add a passkey").click()
    save_passkey(page, "Laptop")
    page.get_by_role("link", name="Continue").click()
    page.wait_for_url(f"{site}/accounts/preferences/")


@pytest.mark.usefixtures("refused", "alice")
def test_a_passkey_is_the_second_step_of_a_password(page: Page, site: str) -> None:
    add_authenticator(page)
    sign_in(page, site)
    add_passkey(page, site, "Phone")
    sign_out(page, site)
    give_password(page, site)
    page.wait_for_url("**/2fa/authenticate/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{site}/accounts/preferences/")


@pytest.mark.usefixtures("refused", "alice")
def test_a_passkey_that_does_not_come_is_told(page: Page, site: str) -> None:
    add_authenticator(page)
    page.goto(f"{site}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("no passkey fits")


@pytest.mark.usefixtures("refused", "alice")
def test_the_codes_picture_shows(page: Page, site: str) -> None:
    sign_in(page, site)
    page.goto(f"{site}/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    picture = page.locator("main img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")


@pytest.mark.usefixtures("refused")
def test_the_browsers_time_zone_is_taken_once(page: Page, site: str, alice: User) -> None:
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    User.objects.filter(pk=alice.pk).update(time_zone="Pacific/Apia")
    sent: list[str] = []
    page.on("response", lambda answer: sent.append(str(answer.status)) if "time-zone/" in answer.url else None)
    with page.expect_response("**/accounts/time-zone/"):
        sign_in(page, site)
    page.goto(f"{site}/accounts/preferences/")
    page.goto(f"{site}/accounts/email/")
    assert sent == ["204"]
    assert User.objects.get(pk=alice.pk).time_zone == zone
