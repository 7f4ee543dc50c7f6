"""Guessing is slow: by network address, by account and at the endpoints that give out tokens."""

from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from ptfi.accounts.code_limits import _key
from ptfi.accounts.models import User
from tests.support.account_pages import code_of
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db
WRONG = "not the password"
TOO_MANY = "Too many failed attempts"


def sign_in(address: str, password: str = WRONG, email: str = "alice@example.com") -> Any:
    client = Client(REMOTE_ADDR=address)
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_one_address_is_locked_out_whoever_it_tries(alice: User) -> None:
    for number in range(10):
        assert TOO_MANY not in sign_in("192.0.2.1", email=f"{number}@example.com").content.decode()
    assert TOO_MANY in sign_in("192.0.2.1", PASSWORD).content.decode()
    assert sign_in("192.0.2.2", PASSWORD).status_code == 302


@pytest.mark.slow
def test_one_account_is_locked_from_many_addresses_but_not_soon(alice: User, settings: Any) -> None:
    """Not soon, or anybody could lock anybody out."""
    assert settings.ACCOUNT_RATE_LIMITS["login_failed"] == "100/300s/key"
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "20/300s/key"}
    for number in range(20):
        assert TOO_MANY not in sign_in(f"198.51.100.{number}").content.decode(), number
    assert TOO_MANY in sign_in("192.0.2.1", PASSWORD).content.decode()


@pytest.mark.slow
def test_addresses_of_one_network_count_as_one(alice: User) -> None:
    for number in range(10):
        sign_in(f"2001:db8:0:1::{number}")
    assert TOO_MANY in sign_in("2001:db8:0:1::ffff", PASSWORD).content.decode()
    assert sign_in("2001:db8:0:2::1", PASSWORD).status_code == 302


def failed(passed: str) -> str:
    """What an eleventh wrong password is told; passed: what each attempt says in X-Forwarded-For."""
    for number in range(11):
        client = Client(REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": passed.format(number)})
        answer = client.post(reverse("account_login"), {"login": "alice@example.com", "password": WRONG})
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("proxies", "passed"),
    [
        # Of nobody who may say so; after what a client made up; before the address of the inner proxy.
        (0, "203.0.113.{}"),
        (1, "203.0.113.{}, 198.51.100.1"),
        (2, "203.0.113.{0}, 198.51.100.1, 10.0.0.{0}"),
        # Past the outer proxy, and past both.
        (2, "198.51.100.1"),
        (2, ""),
    ],
)
def test_a_header_does_not_change_whose_attempts_count(settings: Any, proxies: int, passed: str) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert TOO_MANY in failed(passed)


@pytest.mark.parametrize(("proxies", "passed"), [(1, "203.0.113.{}"), (2, "203.0.113.{}, 10.0.0.1")])
def test_people_behind_proxies_have_limits_of_their_own(settings: Any, proxies: int, passed: str) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert TOO_MANY not in failed(passed)


@pytest.mark.parametrize("nonsense", ["unknown", "<b>", "1.2.3.4.5"])
def test_an_address_that_is_none_is_refused(settings: Any, nonsense: str) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    client = Client(headers={"X-Forwarded-For": nonsense})
    assert client.post(reverse("account_login"), {"login": "alice@example.com", "password": WRONG}).status_code == 403


def test_only_a_trusted_proxy_says_that_it_was_https(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client(headers={"X-Forwarded-Proto": "https"}).get(reverse("account_login")).status_code == 301


def at_second_step(address: str = "192.0.2.1", email: str = "alice@example.com") -> Client:
    client = Client(REMOTE_ADDR=address)
    client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    return client


def answer(client: Client, code: str) -> str:
    """What is said to the code; empty where it was right."""
    said = client.post(reverse("mfa_authenticate"), {"code": code})
    return "" if said.status_code == 302 else str(said.content.decode())


@pytest.fixture
def secret(alice: User) -> str:
    """Of Alice's authenticator app."""
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    return str(secret)


def pass_time(seconds: int) -> None:
    """For the pauses of everybody's second steps."""
    for user in User.objects.all():
        if state := cache.get(_key(user)):
            moved = {name: state[name] - seconds for name in ("paused_at", "until", "wrong_at")}
            cache.set(_key(user), state | moved | {"tried": [at - seconds for at in state["tried"]]})


def test_five_wrong_codes_from_wherever_are_the_last_for_five_minutes(
    alice: User, secret: str, mailoutbox: list[EmailMessage], caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        assert "Incorrect code" in answer(at_second_step(f"198.51.100.{number}"), "000000")
    assert TOO_MANY in answer(at_second_step("203.0.113.1"), code_of(secret))
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [([alice.email], "Wrong codes entered for your account")]
    assert "5 minutes" in str(mailoutbox[0].body)
    assert "198.51.100.4" in str(mailoutbox[0].body)
    events = [getattr(record, "said", {}) for record in caplog.records if record.name == "ptfi.security"]
    lines = [said for said in events if said["event"] == "code_wrong"]
    assert len(lines) == 5
    assert all(said["user"] == str(alice.pk) and "@" not in str(said) for said in lines)
    pass_time(301)
    assert answer(at_second_step("203.0.113.1"), code_of(secret)) == ""


def forget_the_code(user: User, code: str) -> None:
    """Each counts once, and hours lie between these."""
    cache.delete(f"allauth.mfa.totp.used?user={user.pk}&code={code}")


def test_a_day_without_a_wrong_code_makes_all_as_before(
    alice: User, secret: str, mailoutbox: list[EmailMessage]
) -> None:
    """Also for who signs in each day, with the right code."""
    for _ in range(5):
        answer(at_second_step(), "000000")
    for hours in (13, 13):
        pass_time(hours * 3_600)
        forget_addresses()
        forget_the_code(alice, code_of(secret))
        assert answer(at_second_step(), code_of(secret)) == ""
    forget_addresses()
    for _ in range(5):
        answer(at_second_step(), "000000")
    assert ["5 minutes" in str(mail.body) for mail in mailoutbox if "Wrong codes" in mail.subject] == [True, True]


@pytest.mark.usefixtures("alice")
def test_pauses_grow_up_to_four_hours(secret: str, mailoutbox: list[EmailMessage]) -> None:
    for minutes in (5, 10, 20, 40, 80, 160, 240, 240):
        for number in range(5):
            assert "Incorrect code" in answer(at_second_step(f"198.51.100.{number}"), "000000")
        pass_time(minutes * 60 - 2)
        assert TOO_MANY in answer(at_second_step("203.0.113.1"), code_of(secret))
        assert f"{minutes} minutes" in str(mailoutbox[-1].body)
        pass_time(3)
        forget_addresses()


def forget_addresses() -> None:
    """Sign-ins are limited as well, which is not what is tried here."""
    kept = {_key(user): cache.get(_key(user)) for user in User.objects.all()}
    cache.clear()
    for key, state in kept.items():
        cache.set(key, state)


def test_ones_own_right_code_does_not_count(secret: str) -> None:
    for _ in range(4):
        assert "Incorrect code" in answer(at_second_step("198.51.100.1"), "000000")
    assert answer(at_second_step("198.51.100.2"), code_of(secret)) == ""
    assert "Incorrect code" in answer(at_second_step("198.51.100.3"), "000000")
    assert TOO_MANY in answer(at_second_step("198.51.100.4"), code_of(secret, 1))


def test_ones_own_second_step_does_not_clear_failures_of_the_address(bob: User, secret: str) -> None:
    own = at_second_step("192.0.2.1")
    assert answer(own, code_of(secret)) == ""
    for number in range(9):
        assert TOO_MANY not in sign_in("192.0.2.1", email=f"{number}@example.com").content.decode()
    assert own.post(reverse("mfa_reauthenticate"), {"code": code_of(secret, 1)}).status_code == 302
    sign_in("192.0.2.1", email="10@example.com")
    assert TOO_MANY in sign_in("192.0.2.1", PASSWORD, bob.email or "").content.decode()


def test_a_right_password_does_not_clear_failures_of_the_address(alice: User, bob: User) -> None:
    for _ in range(9):
        sign_in("192.0.2.1")
    assert sign_in("192.0.2.1", PASSWORD, bob.email or "").status_code == 302
    sign_in("192.0.2.1")
    assert TOO_MANY in sign_in("192.0.2.1", PASSWORD).content.decode()


@pytest.mark.parametrize("endpoint", ["token", "revoke", "userinfo"])
def test_the_endpoints_of_tokens_have_a_limit(settings: Any, endpoint: str) -> None:
    settings.TOKEN_REQUESTS_PER_MINUTE = 3
    client, address = Client(REMOTE_ADDR=f"2001:db8:0:{len(endpoint)}::1"), f"/identity/o/api/{endpoint}"
    answers = [client.post(address, {"grant_type": "client_credentials"}) for _ in range(8)]
    refused = answers[-1]
    assert answers[0].status_code in (400, 401)
    assert (refused.status_code, refused.json()["error"]) == (429, "slow_down")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert Client(REMOTE_ADDR="192.0.2.10").post(address).status_code != 429


@pytest.mark.parametrize("password", ["short", "password1234", "1234567890123", "alice@example.com"])
def test_weak_passwords_are_refused(password: str) -> None:
    data = {"email": "alice@example.com", "password1": password, "password2": password}
    assert Client().post(reverse("account_signup"), data).status_code == 200
    assert not User.objects.exists()
