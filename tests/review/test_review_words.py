"""What the review's pages are called, and that people read them in their language."""

import pytest
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.support.cast import Suggest, confirmed
from tests.support.pages import Html, said, text_of
from tests.support.review_pages import HTMX, path
from traits.models import ExtractedTraitCandidate

GERMAN = {"Accept-Language": "de"}
pytestmark = pytest.mark.django_db


def titles(answer: object) -> list[str]:
    return Html(answer).texts("title")


def test_titles_name_the_page_and_the_suggestion(as_alice: Client, suggest: Suggest, alice: User) -> None:
    assert titles(as_alice.get("/review/")) == ["Review · PTFI"]
    candidate = suggest(alice, "Loves jazz")
    assert titles(as_alice.get(path(candidate))) == ["Loves jazz · Review · PTFI"]
    assert titles(as_alice.get(path(candidate, "edit"))) == ["Loves jazz · Edit · PTFI"]
    assert titles(as_alice.get(path(candidate, "merge"))) == ["Loves jazz · Merge · PTFI"]
    assert titles(as_alice.get("/review/filters/")) == ["More filters · Review · PTFI"]


def test_parts_bring_the_title_of_what_they_show(as_alice: Client, suggest: Suggest, alice: User) -> None:
    sails, jazz = suggest(alice, "Sails"), suggest(alice, "Loves jazz")
    assert titles(as_alice.get(path(sails), headers=HTMX)) == ["Sails · Review · PTFI"]
    assert titles(as_alice.post(path(jazz, "confirm"), headers=HTMX)) == ["Sails · Review · PTFI"]
    assert titles(as_alice.get("/review/", headers=HTMX | {"HX-Target": "workspace"})) == ["Sails · Review · PTFI"]


def test_a_card_in_german(as_alice: Client, suggest: Suggest, alice: User) -> None:
    confirmed(alice, "Loves jazz", concepts=["jazz"])
    suggest(alice, "Loves jazz a lot", concepts=["jazz"], originating_models=["topic-model.v3"])
    page = text_of(as_alice.get("/review/", headers=GERMAN))
    for part in (
        "Loves jazz a lot · Prüfen · PTFI",
        "Zu prüfen 1",
        "vom Modell „ topic model “ vorgeschlagen. Seine Einschätzung: wahrscheinlich.",
        "Konfidenz 80 %, gestützt auf 2 Belege.",
        "Ähnlich wie dein Merkmal „ Loves jazz “",
        "Thema, das du schon hast: jazz",
        "Zurückstellen",
    ):
        assert part in page


def test_decisions_are_told_in_german(as_alice: Client, suggest: Suggest, alice: User) -> None:
    as_alice.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    some = [suggest(alice, name) for name in ("Sails", "sails!", "Knits")]
    form = {"candidate_ids": [str(each.pk) for each in some], "decision": "confirm"}
    assert "3 Vorschläge bestätigen" in text_of(as_alice.post(reverse("bulk"), form))
    assert said(as_alice.post(reverse("bulk"), form | {"apply": "1"})) == [
        "3 Vorschläge bestätigt. 1 davon wurde mit einem gleichnamigen Merkmal zusammengeführt."
    ]
    undone = said(as_alice.post(reverse("undo_newest")))[-1]
    assert undone == "Rückgängig gemacht. 3 Vorschläge sind wieder in deiner Warteschlange."


def test_faults_are_told_in_german(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    sent = {"name": "x" * 4_000, "category": "Interest"}
    page = text_of(as_alice.post(path(candidate, "edit"), sent, headers=GERMAN))
    assert "Höchstens 255 Zeichen, nicht 4.000." in page
    assert "Bitte korrigiere die markierten Felder. Es ging nichts verloren." in page
    as_alice.post(path(candidate, "confirm"))
    answer = as_alice.post(path(candidate, "confirm"), headers=GERMAN)
    assert answer.status_code == 409
    assert "Über diesen Vorschlag wurde schon entschieden" in text_of(answer)
    assert ExtractedTraitCandidate.objects.get().status == "confirmed_by_user"


def test_a_place_is_known_by_its_name_in_each_language(as_alice: Client) -> None:
    addresses = {
        as_alice.post(reverse("styles"), {"open": "1", "new_context": name}, headers=headers)["Location"]
        for name, headers in (("at work", {}), ("Bei der Arbeit", GERMAN))
    }
    assert len(addresses) == 1
