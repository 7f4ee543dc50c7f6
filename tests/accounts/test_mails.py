"""E-mails: in the language of whoever gets them, with its plural forms and dates, and under the installation's name."""

import re
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.support.account_pages import reauthenticate, sign_in
from tests.support.oauth import code_for, exchange, make_client, refresh, tokens_of
from tests.support.pages import Html

pytestmark = pytest.mark.django_db
GERMAN_MOMENT = r"\d{1,2}\. \w+ \d{4}, \d{2}:\d{2}"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def anna(alice: User) -> User:
    """Alice, who reads German."""
    User.objects.filter(pk=alice.pk).update(language="de", language_chosen=True)
    return User.objects.get(pk=alice.pk)


def test_wrong_codes_are_told_in_german(anna: User, mailoutbox: list[EmailMessage]) -> None:
    TOTP.activate(anna, generate_totp_secret())
    client = Client(headers={"Accept-Language": "en"})
    sign_in(client, anna.email or "")
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    body = str(mailoutbox[-1].body)
    assert mailoutbox[-1].subject == "Falsche Codes für dein Konto eingegeben"
    assert "jemand hat 5 falsche Codes für den zweiten Schritt" in body
    assert "Wir nehmen 5 Minuten lang keine Codes an." in body
    assert re.search(rf"^- Zeit: {GERMAN_MOMENT} UTC$", body, re.MULTILINE)


def test_a_new_sign_in_is_told_in_german(anna: User, mailoutbox: list[EmailMessage]) -> None:
    sign_in(Client(), anna.email or "")
    sign_in(Client(headers={"User-Agent": FIREFOX}), anna.email or "")
    (mail,) = mailoutbox
    assert mail.subject == "Neue Anmeldung in deinem Konto"
    assert f"- Browser: {FIREFOX}" in str(mail.body)
    assert re.search(rf"^- Zeit: {GERMAN_MOMENT} UTC$", str(mail.body), re.MULTILINE)


def test_an_invitation_has_a_german_date(mailoutbox: list[EmailMessage]) -> None:
    User.objects.create_user(external_id="u_1", language="de")
    call_command("invite_user", "u_1", "dora@example.com")
    (mail,) = mailoutbox
    assert mail.subject == "Deine Persona wartet auf dich"
    assert re.search(rf"Der Link funktioniert einmal, bis {GERMAN_MOMENT} \(UTC\)\.", str(mail.body))


def test_names_stand_in_mails_as_they_are(anna: User, mailoutbox: list[EmailMessage]) -> None:
    """Mails are no HTML, in which a sign would become an entity."""
    app, client = make_client("Mirror & Co"), Client()
    sign_in(client, anna.email or "")
    first = tokens_of(exchange(code_for(client, app)))
    tokens_of(refresh(app, first["refresh_token"]))
    refresh(app, first["refresh_token"], scope="openid")
    (mail,) = mailoutbox
    assert mail.subject == "Eine App wurde von deinem Konto getrennt"
    assert "wir haben Mirror & Co von deinem Konto bei PTFI" in str(mail.body)


def every_mail(client: Client, user: User) -> None:
    """What an account's owner and its forms have sent."""
    for address in (user.email, "new@example.com"):
        client.post(reverse("account_reset_password"), {"email": address})
        password = "a long sentence of words"
        client.post(reverse("account_signup"), {"email": address, "password1": password, "password2": password})
    sign_in(client, user.email or "")
    reauthenticate(client)
    client.post(reverse("account_email"), {"action_add": "", "email": "second@example.com"})
    client.post(reverse("account_email"), {"action_remove": "", "email": "second@example.com"})


def test_the_first_lines_say_what_it_is(alice: User, mailoutbox: list[EmailMessage], settings: Any) -> None:
    every_mail(Client(), alice)
    assert len(mailoutbox) >= 6
    assert all("PTFI (Persona Trait Finalization Interface)" in str(mail.body) for mail in mailoutbox)
    assert [mail.body for mail in mailoutbox if not str(mail.body).startswith("Hello,\n\n")] == []
    mailoutbox.clear()
    settings.PRODUCT_NAME = "Who I Am"
    User.objects.filter(email="new@example.com").delete()
    every_mail(Client(), alice)
    said = "".join(f"{mail.subject} {mail.body}" for mail in mailoutbox)
    assert "PTFI" not in said
    assert "Persona Trait" not in said
    assert "account at Who I Am:" in said


def test_pages_are_under_the_name_of_the_installation(client: Client, settings: Any) -> None:
    assert "PTFI (Persona Trait Finalization Interface)" in Html(client.get(reverse("account_signup"))).text
    settings.PRODUCT_NAME = "Who I Am"
    page = Html(client.get(reverse("account_signup")))
    assert page.texts(".brand-name") == ["Who I Am"]
    assert page.texts("title") == ["Sign up · Who I Am"]
    assert "PTFI" not in page.text
