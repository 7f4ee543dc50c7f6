"""Having one's persona deleted in the browser."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.account_pages import reauthenticate, sign_in
from tests.support.attacks import backdate
from tests.support.cast import PASSWORD, SignedIn, acting_for_self, confirmed, make_candidate
from tests.support.graph_helpers import project
from tests.support.pages import Html
from traits.erasure import persona as erasure
from traits.models import Erasure, Persona, PersonaTrait, UserRefinedTrait

pytestmark = [pytest.mark.graph, pytest.mark.django_db]
NEW = "/persona/erasures/new/"


def ask(client: Client, email: str = "alice@example.com") -> Any:
    return client.post(NEW, {"confirm": email})


def awaiting(user: User) -> Erasure:
    assert user.email
    return erasure.request_erasure(**acting_for_self(user), confirm_email=user.email, recently_authenticated=False)


@pytest.mark.slow
def test_who_has_just_signed_in_deletes_at_once(alice: User, client: Client) -> None:
    confirmed(alice)
    sign_in(client, "alice@example.com")
    assert "/persona/data/" in client.get("/accounts/preferences/").content.decode()
    assert "Delete my persona" in client.get("/persona/data/").content.decode()
    page = client.get(NEW).content.decode()
    assert "1 trait<" in page
    assert "1 decision in your log" in page
    address = ask(client)["Location"]
    assert not UserRefinedTrait.objects.exists()
    receipt = client.get(address).content.decode()
    assert "Your persona was deleted" in receipt
    assert "1 suggestion<" in receipt
    assert f'hx-get="{address}"' in receipt
    project(alice)
    done = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Your graph was cleared on" in done
    assert "hx-get" not in done
    assert "<html" not in done


def test_others_sign_in_once_more(alice: User, as_alice: Client) -> None:
    confirmed(alice)
    address = ask(as_alice)["Location"]
    assert PersonaTrait.objects.exists()
    page = Html(as_alice.get(address))
    assert "1 trait" in page.texts("li")
    [confirm] = [action for action in page.actions() if action.endswith("/confirm/")]
    asked = as_alice.post(confirm)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert PersonaTrait.objects.exists()
    answer = as_alice.post(asked["Location"], {"password": PASSWORD, "next": confirm})
    assert (answer.status_code, answer["Location"]) == (302, address)
    assert not PersonaTrait.objects.exists()
    assert as_alice.get(confirm).status_code == 405


def test_an_address_that_is_not_the_accounts_deletes_nothing(alice: User, client: Client) -> None:
    confirmed(alice)
    sign_in(client, "alice@example.com")
    answer = ask(client, "alice@example.org\x00")
    assert answer.status_code == 400
    assert "not the e-mail address of your account" in answer.content.decode()
    assert PersonaTrait.objects.exists()


def test_a_program_that_asked_is_mentioned(alice: User, as_alice: Client) -> None:
    asked = awaiting(alice)
    backdate(client_id="some-app")
    page = as_alice.get(f"/persona/erasures/{asked.pk}/").content.decode()
    assert "An app that you connected" in page
    assert "Nothing is stored about you now" in page


def test_a_day_later_it_is_void(alice: User, client: Client) -> None:
    confirmed(alice)
    asked = awaiting(alice)
    backdate(requested_at=timezone.now() - dt.timedelta(days=2))
    sign_in(client, "alice@example.com")
    reauthenticate(client)
    assert "Not confirmed in time" in client.get(f"/persona/erasures/{asked.pk}/").content.decode()
    answer = client.post(f"/persona/erasures/{asked.pk}/confirm/")
    assert answer.status_code == 409
    assert PersonaTrait.objects.exists()


def test_anothers_erasure_is_not_there(alice: User, bob: User, client: Client) -> None:
    confirmed(alice)
    asked = awaiting(alice)
    sign_in(client, "bob@example.com")
    reauthenticate(client)
    for pk in (asked.pk, uuid.uuid4()):
        assert client.get(f"/persona/erasures/{pk}/").status_code == 404
        assert client.post(f"/persona/erasures/{pk}/confirm/").status_code == 404
    assert PersonaTrait.objects.exists()


def test_no_notice_outlives_it(alice: User, client: Client) -> None:
    sign_in(client, "alice@example.com")
    client.get("/review/")
    client.post(f"/review/{make_candidate(alice, 'Xylophone').pk}/confirm/")
    address = ask(client)["Location"]
    assert "Xylophone" not in str(dict(client.session))
    assert b"Xylophone" not in client.get(address).content


def test_suggestions_are_turned_off_and_on(alice: User, as_alice: Client, bob: User, signed_in: SignedIn) -> None:
    assert "Suggestions are on" in as_alice.get("/persona/data/").content.decode()
    assert as_alice.post("/persona/suggestions/", {"on": "0"})["Location"] == "/persona/data/"
    assert Persona.objects.get(user=alice).suggestions_off_at
    assert Persona.objects.get(user=bob).suggestions_off_at is None
    assert "Suggestions are off" in as_alice.get("/persona/data/").content.decode()
    as_alice.post("/persona/suggestions/", {"on": "1"})
    assert Persona.objects.get(user=alice).suggestions_off_at is None


def test_a_person_without_a_persona(alice: User, as_alice: Client) -> None:
    Persona.objects.all().delete()
    assert as_alice.get("/accounts/preferences/").status_code == 200
    assert "Nothing is stored" in as_alice.get(NEW).content.decode()
    assert ask(as_alice).status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["persona", "account"])
def test_what_cannot_be_undone_is_told_by_mail(
    alice: User, bob: User, client: Client, mailoutbox: list[EmailMessage], kind: str
) -> None:
    confirmed(alice)
    sign_in(client, alice.email or "")
    mailoutbox.clear()
    User.objects.filter(pk=alice.pk).update(language="de")
    client.post(f"/persona/erasures/{'account' if kind == 'account' else 'new'}/", {"confirm": alice.email})
    done = Erasure.objects.get(kind=kind)
    (mail,) = mailoutbox
    assert mail.to == ["alice@example.com"]
    assert mail.subject == {"persona": "Deine Persona wurde gelöscht", "account": "Dein Konto wurde gelöscht"}[kind]
    assert str(done.pk) in mail.body
    assert "Loves jazz" not in mail.body
