"""What people read of their log is in their language; what programs read, and what is stored, is the same in each."""

import csv
import io
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from graph.reads.export_archive import archive
from ptfi.accounts.models import User
from tests.support.account_pages import sign_in
from tests.support.api import api_of
from tests.support.archives import files
from tests.support.cast import acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.decisions import assert_log_whole
from tests.support.pages import Html, text_of
from traits import decisions
from traits.decisions.inputs import Changes, Relation
from traits.erasure import parts
from traits.log.entries import Actor
from traits.models import Erasure, UserRefinedTrait

pytestmark = [pytest.mark.django_db, pytest.mark.graph]
HISTORY = "/persona/history/"
GERMAN = {"Accept-Language": "de"}


def sentences(client: Client) -> list[str]:
    return Html(client.get(HISTORY, headers=GERMAN)).texts("p.entry-what")


def test_each_decision_is_told_in_a_german_sentence(as_alice: Client, alice: User, sam: User) -> None:
    me, jazz = acting_for_self(alice), confirmed_trait(alice)
    knits = make_candidate(alice, "Knits")
    decisions.reject(**me, candidate_id=knits.pk, code="not_me")
    decisions.reopen(**me, candidate_id=knits.pk)
    decisions.snooze(**me, candidate_id=knits.pk, until=None)
    decisions.set_status(
        user=alice, actor=Actor(user_id=sam.pk, kind="staff", reference="T-1"), trait_id=jazz.pk, status="dormant"
    )
    edit = decisions.edit_trait(**me, trait_id=jazz.pk, changes=Changes(name="Hates jazz"))
    decisions.undo(**me, action_id=edit.action_id)
    decisions.put_styles(**me, context="", styles={"FormalityLevel": "very_formal"})
    many = [make_candidate(alice, f"Likes {number}").pk for number in range(2)]
    decisions.decide_many(**me, candidate_ids=many, decision="confirmed_asis")
    assert sentences(as_alice) == [
        "Du hast 2 Vorschläge auf einmal bestätigt",
        "Du hast „Förmlichkeit“ auf „sehr förmlich“ gesetzt",
        "Du hast die Bearbeitung von „Loves jazz“ rückgängig gemacht",
        "Du hast „Loves jazz“ bearbeitet rückgängig gemacht",
        "Das Team hat „Loves jazz“ als ruhend markiert",
        "Du hast „Knits“ zurückgestellt, bis es neue Belege gibt",
        "Du hast „Knits“ wieder geöffnet",
        "Du hast „Knits“ abgelehnt: das bin ich nicht",
        "Du hast „Loves jazz“ bestätigt",
    ]
    assert_log_whole(alice)


def test_a_conflict_and_what_changed_are_told_in_german(as_alice: Client, alice: User) -> None:
    tea = confirmed_trait(alice, "Prefers tea")
    relation = Relation(trait_id=tea.pk, kind="replaces")
    coffee = make_candidate(alice, "Prefers coffee")
    decisions.confirm(**acting_for_self(alice), candidate_id=coffee.pk, relation=relation)
    decisions.edit_trait(**acting_for_self(alice), trait_id=coffee.pk, changes=Changes(user_confidence=4))
    page = text_of(as_alice.get(HISTORY, headers=GERMAN))
    assert "Das hat „ Prefers tea “ ersetzt, das jetzt ruht." in page
    assert "Deine Bewertung neu: 4 von 5" in page


@pytest.mark.django_db(transaction=True)
def test_the_table_is_in_the_language_of_whoever_takes_it_and_the_log_is_not(as_alice: Client, alice: User) -> None:
    confirmed(alice)

    def taken(kind: str, language: str) -> str:
        answer: Any = as_alice.get(f"{HISTORY}log.{kind}", headers={"Accept-Language": language})
        return b"".join(answer).decode()

    [row] = csv.DictReader(io.StringIO(taken("csv", "de").removeprefix("\ufeff")))
    assert (row["what"], row["decision"]) == ("Du hast „Loves jazz“ bestätigt", "confirmed_asis")
    assert taken("json", "de").splitlines()[1:] == taken("json", "en").splitlines()[1:]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_exports_page_is_in_the_persons_language_and_its_document_is_not(as_alice: Client, alice: User) -> None:
    confirmed(alice)
    found = make_candidate(alice, "Sails", evidence=["I sail.", "Again."])
    piece = found.supporting_evidence[0]["evidence_id"]
    parts.erase_evidence(**acting_for_self(alice), evidence_id=uuid.UUID(piece))
    answer: Any = as_alice.get("/persona/data/download/", headers=GERMAN)
    page, document = files(b"".join(answer))
    for part in ('lang="de"', "Du hast „<bdi>Loves jazz</bdi>“ bestätigt.", "Deine Persona", "Dieser Löschbeleg: "):
        assert part in page, part
    _, english = files(b"".join(archive(alice)))
    assert {**document, "exportedAt": "", "position": ""} == {**english, "exportedAt": "", "position": ""}
    assert document["erasures"][0]["kept"]["receipt"].startswith("This receipt")


def test_a_receipt_is_written_in_english_and_shown_in_german(alice: User, client: Client) -> None:
    sign_in(client, "alice@example.com")
    make_candidate(alice, "Sails", evidence=["I sail."])
    address = client.post("/persona/categories/Interest/erase/", headers=GERMAN)["Location"]
    page = text_of(client.get(address, headers=GERMAN))
    assert "Alles in „Interesse“ wurde gelöscht" in page
    assert "Dass diese Kategorie blockiert ist, bis du sie wieder zulässt." in page
    assert Erasure.objects.get().kept["category"] == "That this category is blocked, until you allow it again."


def test_a_receipt_in_words_of_an_older_release_is_shown_in_german(alice: User, client: Client) -> None:
    sign_in(client, "alice@example.com")
    kept = {"category": "That you take no suggestions of this category, until you let them in again."}
    fields = {"kind": "category", "bar": "Interest", "state": "erasing", "kept": kept, "actor_kind": "person"}
    receipt = Erasure.objects.create(user=alice, subject_id=alice.pk, **fields)
    Erasure.objects.update(state="erased", erased_at=timezone.now())
    page = text_of(client.get(f"/persona/erasures/{receipt.pk}/", headers=GERMAN))
    assert "Dass diese Kategorie blockiert ist, bis du sie wieder zulässt." in page
    assert kept["category"] not in page


def test_the_api_answers_in_german_with_the_same_codes(alice: User) -> None:
    api = api_of(alice)

    def decide(name: str, language: str, **body: Any) -> Any:
        address = f"/traits/candidates/{make_candidate(alice, name).pk}/actions"
        return api.post(address, body, accept_language=language)[1]

    for language, message in (("de", "Zurückgestellt."), ("en", "Snoozed.")):
        done = decide(f"Sails {language}", language, userDecision="deferred", deferUntil="new_evidence")
        assert (done["message"], done["updatedTraitCandidateStatus"]) == (message, "awaiting_refinement")
    refused = decide("Knits", "de", userDecision="confirmed_modified")["error"]
    assert (refused["code"], refused["details"]) == (
        "invalid",
        {"modifications": ["Gib an, was geändert werden soll."]},
    )
    entries = UserRefinedTrait.objects.order_by("revision")
    assert [entry.content["after"]["candidate"]["status"] for entry in entries] == ["awaiting_refinement"] * 2
