"""Helpers of the tests of accounts and their pages."""

import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from tests.support.cast import PASSWORD

NEW_PASSWORD = "another sentence for tests"


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password})


def reauthenticate(client: Client) -> None:
    """Enter the password again, which changes of second steps and passkeys require however fresh the sign-in is."""
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302


def note_use(client: Client, step: Any, at: float = 0.0) -> None:
    """Have the session's record say that this second step was used, as allauth does; at: now, or that time."""
    session = client.session
    use = {"method": "mfa", "at": at or time.time(), "id": step.pk, "type": step.type, "reauthenticated": True}
    session["account_authentication_methods"] = [*session.get("account_authentication_methods", []), use]
    session.save()


def age_sign_in(client: Client, seconds: int = 301) -> None:
    """Make the session's authentication older."""
    session = client.session
    key = "account_authentication_methods"
    session[key] = [record | {"at": record["at"] - seconds} for record in session[key]]
    session.save()


def code_of(secret: str, periods: int = 0) -> str:
    """The code that the app shows; periods: how many periods of 30 seconds from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods)))
