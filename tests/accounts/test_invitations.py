"""People whom the pipeline brought: nobody signs in as them until they accepted an invitation."""

import re
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import signing
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db
PAGE = "/accounts/invitation/"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user(external_id="u_1")


def invite(email: str = "dora@example.com", external_id: str = "u_1") -> str:
    out = StringIO()
    call_command("invite_user", external_id, email, stdout=out)
    return out.getvalue()


def link(mail: EmailMessage) -> str:
    found = re.search(r"http://localhost:8000(/\S+)", str(mail.body))
    assert found, mail.body
    return found[1]


def accept(client: Client, address: str, password: str = PASSWORD) -> Any:
    opened = client.get(address)
    if opened.status_code != 302:
        return opened
    return client.post(opened["Location"], {"new_password1": password, "new_password2": password})


def who(client: Client) -> str | None:
    page = client.get(reverse("account_preferences"))
    return str(page.context["user"].pk) if page.status_code == 200 else None


def test_accepting_claims_the_account_and_signs_in(
    client: Client, person: User, mailoutbox: list[EmailMessage]
) -> None:
    assert "dora@example.com" in invite("Dora@Example.com")
    mail = mailoutbox[0]
    assert (mail.to, mail.from_email) == (["dora@example.com"], "PTFI <noreply@localhost>")
    opened = client.get(link(mail))
    assert opened["Location"] == PAGE
    assert "no-store" in opened["Cache-Control"]
    page = client.get(PAGE).content.decode()
    assert "dora@example.com" in page
    assert link(mail).split("/")[-2] not in page
    answer = client.post(PAGE, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert answer["Location"] == reverse("home")
    assert who(client) == str(person.pk)
    person.refresh_from_db()
    assert (person.email, person.invited_email) == ("dora@example.com", "")
    assert EmailAddress.objects.filter(user=person, email=person.email, verified=True, primary=True).count() == 1
    signed_in = Client().post(reverse("account_login"), {"login": "dora@example.com", "password": PASSWORD})
    assert signed_in["Location"] == reverse("home")


def test_a_link_works_once(client: Client, person: User, mailoutbox: list[EmailMessage]) -> None:
    invite()
    first, second = Client(), Client()
    second.get(link(mailoutbox[0]))
    assert accept(first, link(mailoutbox[0])).status_code == 302
    late = second.post(PAGE, {"new_password1": "something else here", "new_password2": "something else here"})
    assert late.status_code == 410
    again = client.get(link(mailoutbox[0]))
    assert again.status_code == 410
    assert "dora" not in again.content.decode()
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


def test_only_the_newest_invitation_counts(client: Client, person: User, mailoutbox: list[EmailMessage]) -> None:
    invite("old@example.com")
    invite("new@example.com")
    assert client.get(link(mailoutbox[0])).status_code == 410
    assert accept(client, link(mailoutbox[1])).status_code == 302
    assert User.objects.get(pk=person.pk).email == "new@example.com"


def test_old_and_forged_links(
    client: Client, person: User, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    invite()
    address = link(mailoutbox[0])
    assert client.get(address[:-3] + "xx/").status_code == 410
    assert client.get(PAGE + "nonsense/").status_code == 410
    assert client.get(PAGE + "%00/").status_code == 410
    other_use = signing.dumps([str(person.pk), "dora@example.com"], salt="another use")
    assert client.get(f"{PAGE}{other_use}/").status_code == 410
    assert client.get(PAGE).status_code == 410
    assert client.post(PAGE, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 410
    in_time, too_late = timezone.now() + timedelta(days=6.9), timezone.now() + timedelta(days=7.1)
    monkeypatch.setattr("time.time", in_time.timestamp)
    assert client.get(address).status_code == 302
    monkeypatch.setattr("time.time", too_late.timestamp)
    assert client.get(address).status_code == 410


@pytest.mark.parametrize("password", ["short", "1234567890123", "dora@example.com", ""])
def test_weak_passwords_are_refused(
    client: Client, person: User, mailoutbox: list[EmailMessage], password: str
) -> None:
    invite()
    answer = accept(client, link(mailoutbox[0]), password)
    assert answer.status_code == 422
    assert "is-invalid" in answer.content.decode()
    assert User.objects.get(pk=person.pk).email is None


def test_accepting_while_somebody_else_is_signed_in(
    client: Client, person: User, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    invite()
    client.force_login(alice)
    opened = client.get(link(mailoutbox[0]), follow=True).content.decode()
    assert "You are signed in as <bdi>Alice</bdi>." in opened
    assert who(client) == str(alice.pk)
    accept(client, link(mailoutbox[0]))
    assert who(client) == str(person.pk)
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


def test_refusals_of_the_command(person: User, alice: User, mailoutbox: list[EmailMessage]) -> None:
    User.objects.create_user("unproven@example.com", PASSWORD)
    EmailAddress.objects.create(user=alice, email="second@example.com", verified=True)
    User.objects.create_user("claimed@example.com", PASSWORD, external_id="u_2")
    User.objects.create_user(external_id="u_3", is_active=False)
    refused = [
        ("dora@example.com", "nobody", "Nobody has"),
        ("dora@example.com", "u_2", "already claimed"),
        ("dora@example.com", "u_3", "not active"),
        ("ALICE@example.com", "u_1", "already has the address"),
        ("second@example.com", "u_1", "already has the address"),
        ("unproven@example.com", "u_1", "already has the address"),
        ("no address", "u_1", "not an e-mail address"),
        ("a" * 250 + "@example.com", "u_1", "not an e-mail address"),
    ]
    for email, external_id, reason in refused:
        with pytest.raises(CommandError, match=reason):
            invite(email, external_id)
    assert mailoutbox == []
    assert User.objects.get(pk=person.pk).invited_email == ""


def test_of_two_ids_that_look_alike_the_written_one_is_invited(mailoutbox: list[EmailMessage]) -> None:
    plain = User.objects.create_user(pk=uuid.UUID(int=1), external_id="42")
    wide = User.objects.create_user(pk=uuid.UUID(int=2), external_id="\uff14\uff12")
    for external_id, email in (("\uff14\uff12", "wide@example.com"), ("42", "plain@example.com")):
        invite(email, external_id)
    invited = dict(User.objects.values_list("pk", "invited_email"))
    assert invited == {wide.pk: "wide@example.com", plain.pk: "plain@example.com"}
    invite("again@example.com", "4\uff12")
    assert User.objects.get(pk=plain.pk).invited_email == "again@example.com"


def test_an_address_that_nobody_confirmed_blocks_nobody(person: User, alice: User) -> None:
    squatter = User.objects.create_user("dora@example.com", PASSWORD)
    EmailAddress.objects.create(user=squatter, email="dora@example.com")
    EmailAddress.objects.create(user=alice, email="dora@example.com")
    invite("dora@example.com", "u_1")
    assert User.objects.get(pk=person.pk).invited_email == "dora@example.com"


@pytest.mark.usefixtures("person")
def test_a_mail_server_that_is_away_is_told(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(CommandError, match="could not be sent"):
        invite()


def test_an_address_proven_elsewhere_meanwhile(
    client: Client, person: User, alice: User, mailoutbox: list[EmailMessage]
) -> None:
    invite()
    EmailAddress.objects.create(user=alice, email="dora@example.com", verified=True)
    assert accept(client, link(mailoutbox[0])).status_code == 410
    assert User.objects.get(pk=person.pk).email is None


def test_an_address_only_claimed_elsewhere_meanwhile(
    client: Client, person: User, mailoutbox: list[EmailMessage]
) -> None:
    invite()
    squatter = User.objects.create_user("dora@example.com", PASSWORD)
    EmailAddress.objects.create(user=squatter, email="dora@example.com", primary=True)
    assert accept(client, link(mailoutbox[0])).status_code == 302
    assert who(client) == str(person.pk)
    squatter.refresh_from_db()
    assert squatter.email is None


@pytest.mark.slow
def test_nobody_signs_in_as_an_unclaimed_person(client: Client, person: User, mailoutbox: list[EmailMessage]) -> None:
    assert not person.has_usable_password()
    invite()
    mailoutbox.clear()
    for login in ("dora@example.com", "u_1", "None", "", str(person.pk)):
        for password in ("", "!", person.password, "None"):
            client.post(reverse("account_login"), {"login": login, "password": password})
            assert who(client) is None
    for email in ("dora@example.com", "u_1@example.com"):
        client.post(reverse("account_reset_password"), {"email": email})
    assert all("set-password" not in str(mail.body) and "/key/" not in str(mail.body) for mail in mailoutbox)
    data = {"email": "dora@example.com", "password1": PASSWORD, "password2": PASSWORD}
    client.post(reverse("account_signup"), data)
    assert User.objects.get(pk=person.pk).email is None
    assert User.objects.get(email="dora@example.com").pk != person.pk
