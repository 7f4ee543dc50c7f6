"""Recovery codes: shown once, stored as passwords are, and those of earlier releases go on working."""

import json
from io import StringIO
from typing import Any
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.fernet import Fernet
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from ptfi.accounts.allauth_internals import RecoveryCodes as CodesOfSeed
from ptfi.accounts.models import User
from ptfi.accounts.recovery_codes import HashedRecoveryCodes
from ptfi.accounts.sealing import unseal
from ptfi.settings.accounts import PASSWORD_HASHERS
from tests.support.account_pages import note_use, sign_in
from tests.support.pages import Html

pytestmark = pytest.mark.django_db
SEED = "5eed" * 20
GENERATE = "mfa_generate_recovery_codes"


@pytest.fixture
def client(alice: User) -> Client:
    """Alice, who has an authenticator app and has just proved who she is."""
    client = Client()
    sign_in(client, alice.email or "")
    note_use(client, TOTP.activate(alice, generate_totp_secret()).instance)
    return client


def opens(user: User, code: str) -> bool:
    client = Client()
    sign_in(client, user.email or "")
    return bool(client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302)


def row() -> Authenticator:
    return Authenticator.objects.get(type="recovery_codes")


def hashes(alice: User) -> list[str]:
    found: list[str] = json.loads(unseal(row().data["hashes"], user_id=alice.pk, kind="recovery_codes"))
    return found


def test_they_are_shown_once(client: Client) -> None:
    made = client.post(reverse(GENERATE))
    assert "no-store" in made["Cache-Control"]
    page, codes = Html(made), made.context["codes"]
    assert page.texts("#recovery_codes")[0].split() == codes
    _, _, file = unquote(page.attribute("a[download]", "href")).partition("data:text/plain;charset=utf-8,")
    assert file.split("\n") == [*codes, ""]
    assert client.get(reverse("mfa_download_recovery_codes")).status_code == 403
    for name in ("mfa_view_recovery_codes", "mfa_index", GENERATE):
        text = client.get(reverse(name)).content.decode()
        assert not any(code in text for code in codes)
        assert reverse(GENERATE) in text
    assert not any(code in str(dict(client.session)) for code in codes)


def test_pages_say_how_many_are_left(client: Client, alice: User) -> None:
    code = client.post(reverse(GENERATE)).context["codes"][0]
    for left in (10, 9):
        for name in ("mfa_view_recovery_codes", "mfa_index"):
            text = " ".join(client.get(reverse(name)).content.decode().split())
            assert f"{left} of 10 recovery codes are left." in text
        opens(alice, code)


def test_each_signs_in_once_and_new_ones_take_their_place(client: Client, alice: User) -> None:
    first = client.post(reverse(GENERATE)).context["codes"]
    assert [opens(alice, first[9]), opens(alice, f"{first[4][:4]} {first[4][4:]}")] == [True, True]
    assert [opens(alice, first[9]), opens(alice, first[4])] == [False, False]
    second = client.post(reverse(GENERATE)).context["codes"]
    assert not set(first) & set(second)
    assert [opens(alice, first[0]), opens(alice, second[0])] == [False, True]


def test_a_code_that_is_tried_while_all_are_replaced_is_wrong(client: Client, alice: User) -> None:
    codes = client.post(reverse(GENERATE)).context["codes"]
    stale = HashedRecoveryCodes(Authenticator.objects.get(user=alice, type="recovery_codes"))
    client.post(reverse(GENERATE))
    assert not stale.validate_code(codes[0])


def test_they_are_generated_a_few_times_an_hour(client: Client) -> None:
    assert [client.post(reverse(GENERATE)).status_code for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.slow
def test_they_are_hashed_as_passwords_are(client: Client, alice: User, settings: Any) -> None:
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    codes = client.post(reverse(GENERATE)).context["codes"]
    kept = hashes(alice)
    assert all(each.startswith("scrypt$") for each in kept)
    assert len({each.split("$")[2] for each in kept}) == 10
    assert [check_password(code, each) for code, each in zip(codes, kept, strict=True)] == [True] * 10


def old_codes(alice: User, settings: Any, encrypted: bool) -> list[str]:
    """Those of a seed as an earlier release stored it; the first one was used."""
    key = settings.MFA_ENCRYPTION_KEYS[0]
    seed = f"fernet:{Fernet(key).encrypt(SEED.encode()).decode()}" if encrypted else SEED
    data = {"seed": seed, "used_mask": 1}
    step = Authenticator.objects.create(user=alice, type="recovery_codes", data=data)
    return list(CodesOfSeed(step).generate_codes())


@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.usefixtures("client")
def test_codes_of_a_seed_work_and_are_hashed_with_the_first_use(alice: User, settings: Any, encrypted: bool) -> None:
    codes = old_codes(alice, settings, encrypted)
    assert [opens(alice, code) for code in (codes[0], "00000000")] == [False, False]
    assert "seed" in row().data
    assert opens(alice, codes[1])
    assert row().data.keys() == {"hashes"}
    assert len(hashes(alice)) == 8
    assert [opens(alice, codes[at]) for at in (0, 1, 2, 2)] == [False, False, True, False]


@pytest.mark.parametrize("encrypted", [True, False])
def test_the_command_hashes_codes_of_a_seed(client: Client, alice: User, settings: Any, encrypted: bool) -> None:
    codes = old_codes(alice, settings, encrypted)
    assert "9 of 10" in client.get(reverse("mfa_view_recovery_codes")).content.decode()
    said = StringIO()
    call_command("encrypt_mfa_secrets", stdout=said)
    assert said.getvalue().startswith("2 secrets")
    assert row().data.keys() == {"hashes"}
    assert "9 of 10" in client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert [opens(alice, codes[at]) for at in (0, 9, 9)] == [False, True, False]
