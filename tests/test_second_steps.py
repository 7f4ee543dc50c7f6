"""The secrets of second steps: encrypted where they are kept, read by older keys, encrypted anew by a command."""

import time
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def stored() -> str:
    return str(list(Authenticator.objects.values_list("data", flat=True)))


def test_nothing_secret_is_stored_as_it_is(alice: User) -> None:
    secret = generate_totp_secret()
    step = TOTP.activate(alice, secret)
    codes = RecoveryCodes.activate(alice)
    assert secret not in stored()
    assert stored().count("fernet:") == 2
    assert not set(codes.get_unused_codes()) & set(stored().split("'"))
    assert step.validate_code(code_of(secret))


def test_one_signs_in_with_an_encrypted_secret_and_with_an_old_one(alice: User, settings: Any) -> None:
    secret = generate_totp_secret()
    settings.SECOND_STEP_KEYS = []
    TOTP.activate(alice, secret)
    assert secret in stored()
    settings.SECOND_STEP_KEYS = [NEW]
    call_command("encrypt_second_steps", stdout=StringIO())
    assert secret not in stored()
    client = Client()
    client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    answer = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert answer.status_code == 302
    assert client.get("/review/").status_code == 200


def test_keys_rotate(alice: User, settings: Any) -> None:
    secret = generate_totp_secret()
    settings.SECOND_STEP_KEYS = [OLD]
    TOTP.activate(alice, secret)
    RecoveryCodes.activate(alice)
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    settings.SECOND_STEP_KEYS = [NEW, OLD]
    said = StringIO()
    call_command("encrypt_second_steps", stdout=said)
    assert said.getvalue().startswith("2 secrets")
    settings.SECOND_STEP_KEYS = [NEW]
    assert TOTP(Authenticator.objects.get(type="totp")).validate_code(code_of(secret))
    assert RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes() == codes


def test_a_lost_key_lets_nobody_in(alice: User, settings: Any) -> None:
    settings.SECOND_STEP_KEYS = [OLD]
    step = TOTP.activate(alice, generate_totp_secret())
    for keys in ([NEW], []):
        settings.SECOND_STEP_KEYS = keys
        with pytest.raises(ImproperlyConfigured):
            step.validate_code("000000")
        with pytest.raises(CommandError):
            call_command("encrypt_second_steps")
