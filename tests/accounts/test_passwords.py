"""What passwords may be: not those of breaches, nor what people make of them; all else of ten characters or more."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from ptfi.accounts.passwords import CONTEXT, GuessabilityValidator

pytestmark = pytest.mark.django_db
KNOWN = ["password123456", "qwertyuiop1", "letmeinletmein", "Passw0rd123!", "iloveyou2025", "aaaaaaaaaaaaaaaa"]


def sign_up(password: str, email: str = "new@example.com") -> tuple[int, str]:
    form = {"email": email, "password1": password, "password2": password}
    answer = Client().post(reverse("account_signup"), form)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("password", KNOWN)
def test_what_is_close_to_a_breached_one_is_refused(password: str) -> None:
    status, page = sign_up(password)
    assert status == 200
    assert "known from data breaches" in page or "too common" in page
    assert 'value="new@example.com"' in page
    assert not User.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize(
    "password", ["a few unrelated words", "Tr8-mozz-kilo", "тихая осень и чай", "x" * 40 + "a few unrelated"]
)
def test_others_are_taken(password: str) -> None:
    assert sign_up(password)[0] == 302


def test_ones_own_address_is_easy_to_guess(alice: User) -> None:
    with pytest.raises(ValidationError):
        GuessabilityValidator().validate("alice@example.com1", alice)


def test_a_very_long_one_takes_no_time(alice: User) -> None:
    GuessabilityValidator().validate("many words make a password long " * 100, alice)


@pytest.mark.parametrize("word", CONTEXT)
def test_words_of_the_product_are_easy_to_guess(word: str) -> None:
    with pytest.raises(ValidationError):
        GuessabilityValidator().validate(f"{word}2026!")
