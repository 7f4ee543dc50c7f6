"""Second steps: their secrets, encrypted where they are kept, and their codes, taken once and for as long as is set."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.support.account_pages import code_of, sign_in

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def stored() -> str:
    return str(list(Authenticator.objects.values_list("data", flat=True)))


def test_nothing_secret_is_stored_as_it_is(alice: User) -> None:
    secret = generate_totp_secret()
    step = TOTP.activate(alice, secret)
    codes = RecoveryCodes.activate(alice)
    assert secret not in stored()
    assert stored().count("gcm:") == 2
    assert not any(code in stored() for code in codes.generate_codes())
    assert step.validate_code(code_of(secret))


def test_one_signs_in_with_an_encrypted_secret_and_with_an_old_one(alice: User, settings: Any) -> None:
    secret = generate_totp_secret()
    settings.MFA_ENCRYPTION_KEYS = []
    TOTP.activate(alice, secret)
    assert secret in stored()
    settings.MFA_ENCRYPTION_KEYS = [NEW]
    call_command("encrypt_mfa_secrets", stdout=StringIO())
    assert secret not in stored()
    assert answer_to(alice, code_of(secret)).status_code == 302


def test_keys_rotate(alice: User, settings: Any) -> None:
    secret = generate_totp_secret()
    settings.MFA_ENCRYPTION_KEYS = [OLD]
    TOTP.activate(alice, secret)
    codes = RecoveryCodes.activate(alice).generate_codes()
    settings.MFA_ENCRYPTION_KEYS = [NEW, OLD]
    said = StringIO()
    call_command("encrypt_mfa_secrets", stdout=said)
    assert said.getvalue().startswith("2 secrets")
    settings.MFA_ENCRYPTION_KEYS = [NEW]
    assert answer_to(alice, code_of(secret)).status_code == 302
    assert [answer_to(alice, codes[3]).status_code for _ in range(2)] == [302, 200]


@pytest.mark.parametrize("by", ["use", "command"])
def test_what_an_earlier_release_encrypted_is_read_and_encrypted_anew(alice: User, settings: Any, by: str) -> None:
    secret = generate_totp_secret()
    settings.MFA_ENCRYPTION_KEYS = [NEW, OLD]
    old = f"fernet:{Fernet(OLD).encrypt(secret.encode()).decode()}"
    step = Authenticator.objects.create(user=alice, type="totp", data={"secret": old})
    assert answer_to(alice, "000000").status_code == 200
    step.refresh_from_db()
    assert step.data["secret"] == old
    if by == "command":
        call_command("encrypt_mfa_secrets", stdout=StringIO())
    else:
        assert answer_to(alice, code_of(secret)).status_code == 302
    step.refresh_from_db()
    assert step.data["secret"].startswith("gcm:")
    settings.MFA_ENCRYPTION_KEYS = [NEW]
    assert answer_to(alice, code_of(secret, 1)).status_code == 302


def test_a_secret_of_somebody_else_or_another_kind_does_not_decrypt(alice: User, bob: User) -> None:
    mine = TOTP.activate(alice, generate_totp_secret()).instance
    Authenticator.objects.create(user=bob, type="totp", data=mine.data)
    codes = RecoveryCodes.activate(bob).instance
    with pytest.raises(ImproperlyConfigured):
        answer_to(bob, "000000")
    mine.data = {"secret": codes.data["hashes"]}
    mine.save()
    with pytest.raises(ImproperlyConfigured):
        answer_to(alice, "000000")


def test_a_changed_secret_does_not_decrypt(alice: User) -> None:
    step = TOTP.activate(alice, generate_totp_secret()).instance
    text = step.data["secret"]
    for changed in (f"{text[:-4]}AAAA", text[:-4], f"{text[:4]}AAAA{text[8:]}", "gcm:", "gcm:é"):
        step.data = {"secret": changed}
        step.save()
        with pytest.raises(ImproperlyConfigured):
            answer_to(alice, "000000")


def test_a_lost_key_lets_nobody_in(alice: User, settings: Any) -> None:
    settings.MFA_ENCRYPTION_KEYS = [OLD]
    step = TOTP.activate(alice, generate_totp_secret())
    for keys in ([NEW], []):
        settings.MFA_ENCRYPTION_KEYS = keys
        with pytest.raises(ImproperlyConfigured):
            step.validate_code("000000")
        with pytest.raises(CommandError):
            call_command("encrypt_mfa_secrets")


@pytest.mark.parametrize(("periods", "status"), [(-3, 200), (-1, 302), (0, 302), (1, 302), (3, 200)])
def test_a_code_that_ran_out_while_it_was_typed_is_taken(alice: User, periods: int, status: int) -> None:
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    left = 30 - time.time() % 30
    time.sleep(left if left < 3 else 0)
    assert answer_to(alice, code_of(secret, periods)).status_code == status


@pytest.mark.parametrize(("periods", "status"), [(-1, 200), (0, 302), (1, 200)])
def test_a_code_may_be_made_to_live_for_thirty_seconds(alice: User, settings: Any, periods: int, status: int) -> None:
    settings.MFA_TOTP_TOLERANCE = 0
    test_a_code_that_ran_out_while_it_was_typed_is_taken(alice, periods, status)


@pytest.mark.parametrize("seconds", [0, 31, 59])
def test_no_code_is_taken_twice(alice: User, seconds: int) -> None:
    """Not by who read it over a shoulder, and not by spacing it otherwise."""
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    code = code_of(secret, 1)
    assert answer_to(alice, code).status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ptfi_cache SET expires = expires - make_interval(secs => %s)", [seconds])
    again = answer_to(alice, f"{code[:3]}-{code[3:]}")
    assert again.status_code == 200
    assert "Incorrect code" in again.content.decode()
    again = answer_to(alice, code_of(secret))
    assert again.status_code == 302


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_many_who_bring_a_code_at_once_one_comes_in(alice: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    code, together = code_of(secret, 1), threading.Barrier(4)

    def come() -> int:
        try:
            client = Client()
            sign_in(client, alice.email or "")
            together.wait(10)
            return int(client.post(reverse("mfa_authenticate"), {"code": code}).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(come) for _ in range(4)]
    assert sorted(answer.result() for answer in answers) == [200, 200, 200, 302]


@pytest.mark.parametrize("code", ["", "\0", "12345\0", "٦٥٧٩٨٨", "<script>", "9" * 255, "9" * 100_000, "\u202e123456"])
def test_what_is_no_code_is_refused(alice: User, code: str) -> None:
    TOTP.activate(alice, generate_totp_secret())
    answer = answer_to(alice, code)
    assert answer.status_code == 200
    assert answer.context["form"].errors["code"]


def answer_to(user: User, code: str) -> Any:
    client = Client()
    sign_in(client, user.email or "")
    return client.post(reverse("mfa_authenticate"), {"code": code})
