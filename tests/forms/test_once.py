"""Forms that are sent twice: one effect, and both times the page of success."""

import contextlib
import json
import threading
import uuid
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client

from ptfi.accounts.models import User
from ptfi.api.models import IdempotencyKey
from tests.support.candidate_files import new_row
from tests.support.cast import SignedIn, Suggest, client_of, confirmed_trait, make_candidate
from tests.support.concurrency import beside
from tests.support.decisions import status
from tests.support.forms import Form, form_of, send
from tests.support.pages import Html, said, text_of
from tests.support.staff import staff_of
from tests.support.trait_pages import path
from traits.models import CandidateStatus, IngestBatch, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db
NEW = {"name": "Sails in winter", "category": "Skill"}


def test_a_trait_is_added_once(as_alice: Client, alice: User) -> None:
    form = form_of(as_alice, "/traits/new/")
    first, second = (send(as_alice, form, **NEW) for _ in range(2))
    trait = PersonaTrait.objects.get(user=alice)
    assert first["Location"] == second["Location"] == path(trait)
    assert UserRefinedTrait.objects.filter(user=alice).count() == 1
    assert said(as_alice.get(first["Location"])) == ["Added “Sails in winter”."]


def test_a_trait_is_saved_once_and_nobody_else_changed_it(as_alice: Client, alice: User) -> None:
    trait = confirmed_trait(alice)
    form = form_of(as_alice, path(trait, "edit"))
    answers = [send(as_alice, form, name="Loves free jazz") for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [path(trait)] * 2
    assert PersonaTrait.objects.get(pk=trait.pk).name == "Loves free jazz"


def test_a_trait_is_removed_and_made_dormant_once(as_alice: Client, alice: User) -> None:
    trait = confirmed_trait(alice)
    dormant = form_of(as_alice, path(trait), f'form[action="{path(trait, "status")}"]')
    assert [send(as_alice, dormant, status="dormant")["Location"] for _ in range(2)] == [path(trait)] * 2
    removal = form_of(as_alice, path(trait, "remove"))
    assert [send(as_alice, removal, reason="Not any more")["Location"] for _ in range(2)] == ["/traits/"] * 2
    assert not PersonaTrait.objects.filter(user=alice).exists()


def test_a_decision_is_made_once(as_alice: Client, suggest: Suggest, alice: User) -> None:
    first, second = suggest(alice, "Loves jazz"), suggest(alice, "Sails")
    form = form_of(as_alice, f"/review/{first.pk}/", "#decide")
    htmx = {"HX-Request": "true", "HX-Target": "open", "HX-Current-URL": f"http://testserver/review/{first.pk}/"}
    assert send(as_alice, form, headers=htmx).status_code == 200
    again = send(as_alice, form, headers=htmx)
    assert again["HX-Redirect"] == f"/review/{second.pk}/"
    assert send(as_alice, form)["Location"] == f"/review/{second.pk}/"
    assert (status(first), status(second)) == (CandidateStatus.CONFIRMED, CandidateStatus.CANDIDATE)


def test_undo_takes_back_one_however_often_it_is_sent(as_alice: Client, alice: User) -> None:
    for name in ("Loves jazz", "Sails"):
        confirmed_trait(alice, name)
    form = form_of(as_alice, "/review/", "#undo")
    assert {send(as_alice, form).status_code for _ in range(2)} == {302}
    assert PersonaTrait.objects.filter(user=alice).count() == 1


def test_another_text_in_the_same_form_is_another_form(as_alice: Client, alice: User) -> None:
    """Whoever saw no answer may have typed on."""
    form = form_of(as_alice, "/traits/new/")
    for name in ("Sails", "Sails and rows"):
        assert send(as_alice, form, name=name, category="Skill").status_code == 302
    assert PersonaTrait.objects.filter(user=alice).count() == 2


def test_what_was_refused_can_be_sent_again(as_alice: Client, alice: User) -> None:
    form = form_of(as_alice, "/traits/new/")
    assert [send(as_alice, form, name="").status_code for _ in range(2)] == [400, 400]
    assert send(as_alice, form, **NEW).status_code == 302
    assert PersonaTrait.objects.filter(user=alice).count() == 1


def test_a_key_is_of_one_account(as_alice: Client, bob: User, signed_in: SignedIn) -> None:
    form = form_of(as_alice, "/traits/new/")
    assert send(as_alice, form, **NEW).status_code == 302
    assert send(signed_in(bob), form, **NEW).status_code == 409
    assert not PersonaTrait.objects.filter(user=bob).exists()


def test_keys_go_with_the_persona(alice: User) -> None:
    client = client_of(alice, proven=True)
    added = send(client, form_of(client, "/traits/new/"), **NEW)["Location"]
    asked = form_of(client, "/persona/erasures/new/")
    receipts = [send(client, asked, confirm=alice.email)["Location"] for _ in range(2)]
    assert receipts[0] == receipts[1]
    kept = IdempotencyKey.objects.filter(owner=str(alice.pk))
    assert [bytes(row.body).decode() for row in kept if added in bytes(row.body).decode()] == []


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_have_one_effect(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    form = form_of(client, "/traits/new/")
    answers: list[Any] = []

    def post() -> None:
        other = Client()
        other.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
        answers.append(send(other, form, **NEW))
        connection.close()

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    trait = PersonaTrait.objects.get(user=alice)
    assert [answer["Location"] for answer in answers] == [path(trait)] * 4
    assert "Added “Sails in winter”." in text_of(client.get(path(trait)))


IMPORT = "/admin/traits/extractedtraitcandidate/import/"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_is_taken_back_takes_its_claim_along(alice: User, signed_in: SignedIn) -> None:
    """Then the same form, sent again in the meantime, has the claim."""
    client, taken = signed_in(staff_of("moderator")), uuid.uuid4()
    file = SimpleUploadedFile("some.jsonl", json.dumps(new_row(candidate_id=str(taken))).encode())
    preview = Html(client.post(IMPORT, {"file": file, "reason": "Ticket 17"}))
    form = Form(IMPORT, preview.fields("form.staff-act"))

    def post() -> Any:
        other = Client()
        other.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
        return send(other, form)

    with contextlib.ExitStack() as posts, transaction.atomic():
        make_candidate(alice, candidate_id=taken)
        answers = [posts.enter_context(beside(post)) for _ in range(2)]
    assert [answer.result()["Location"] for answer in answers] == ["/admin/traits/ingestbatch/"] * 2
    assert IngestBatch.objects.count() == 1
