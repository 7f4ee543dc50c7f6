"""Texts as people and models bring them, on the pages of the review: nothing is lost, doubled or turned round."""

import html
import json
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.support.cast import Suggest, confirmed_trait
from tests.support.decisions import status
from tests.support.pages import Html, text_of
from tests.support.review_pages import UNCHANGED, names, path
from tests.support.trait_pages import fields
from tests.support.trait_pages import path as trait_path
from traits.models import CandidateStatus, PersonaTrait
from traits.templatetags.common import confidence

CASES = Path(__file__).parents[1] / "data" / "cases"
TYPED = '<--- "quotes" -- … & <b>'


def names_in(file: str) -> list[str]:
    return [json.loads(line)["trait_name"] for line in (CASES / file).read_text().splitlines()]


def test_a_name_with_a_line_end_is_shown_as_one_line_and_stays(as_alice: Client, suggest: Suggest, alice: User) -> None:
    """Earlier releases stored line ends in names."""
    candidate = suggest(alice, "Keeps\nbees", concepts=["bee\nkeeping"])
    form = Html(as_alice.get(path(candidate, "edit")))
    assert form.values("name") == ["Keeps bees"]
    assert form.values("concepts") == ["bee keeping"]
    data = {**UNCHANGED, "name": "Keeps bees", "concepts": "bee keeping", "user_confidence": "5"}
    data["description"] = candidate.trait_description
    as_alice.post(path(candidate, "edit"), data)
    assert status(candidate) == CandidateStatus.CONFIRMED
    trait = PersonaTrait.objects.get(pk=candidate.pk)
    assert (trait.name, trait.user_confidence) == ("Keeps\nbees", 5)


@pytest.mark.parametrize("nothing", ["\u200b", "\u2800", "\u3164", "\u00ad\u2060", "\ufe0f"])
def test_what_shows_nothing_is_refused_as_a_name_and_no_concept(as_alice: Client, alice: User, nothing: str) -> None:
    trait = confirmed_trait(alice)
    page = as_alice.post(trait_path(trait, "edit"), fields(trait, name=nothing))
    assert page.status_code == 400
    assert "Enter a name." in text_of(page)
    as_alice.post(trait_path(trait, "edit"), fields(trait, concepts=f"jazz\r\n{nothing}", notes=nothing))
    trait.refresh_from_db()
    assert (trait.name, trait.concepts, trait.notes) == ("Loves jazz", ["jazz"], "")


def test_a_name_is_stored_in_its_composed_form(as_alice: Client, alice: User) -> None:
    trait = confirmed_trait(alice)
    more = {
        "name": "Cafe\u0301 hopper",
        "notes": "Cafe\u0301",
        "concepts": "cafe\u0301",
        "expression_contexts": "e\u0301",
    }
    as_alice.post(trait_path(trait, "edit"), fields(trait, **more))
    trait.refresh_from_db()
    assert (trait.name, trait.notes) == ("Café hopper", "Café")
    assert (trait.concepts, trait.expression_contexts) == (["café"], ["é"])


def test_what_is_typed_stays_byte_for_byte(as_alice: Client, alice: User) -> None:
    trait = confirmed_trait(alice)
    as_alice.post(trait_path(trait, "edit"), fields(trait, name=TYPED, notes=TYPED))
    trait.refresh_from_db()
    assert (trait.name, trait.notes) == (TYPED, TYPED)
    assert Html(as_alice.get(trait_path(trait, "edit"))).values("name") == [TYPED]


@pytest.mark.parametrize("file", ["markup.jsonl", "long-words.jsonl", "directions.jsonl"])
def test_names_are_shown_as_they_were_typed(as_alice: Client, suggest: Suggest, alice: User, file: str) -> None:
    given = names_in(file)
    for name in given:
        candidate = suggest(alice, name)
        page = as_alice.get(path(candidate)).content.decode()
        assert html.escape(name) in page
        assert "<script>alert" not in page
    assert sorted(names(as_alice.get(reverse("review")))) == sorted(map(str.strip, given))


def test_spellings_of_a_concept_are_one_filter(as_alice: Client, suggest: Suggest, alice: User) -> None:
    for number, concept in enumerate(["music", "mu\u200bsic", "Music", "food"]):
        suggest(alice, f"Likes number {number}", concepts=[concept])
    found = names(as_alice.get(reverse("review"), {"concept": "music"}))
    assert sorted(found) == ["Likes number 0", "Likes number 1", "Likes number 2"]


@pytest.mark.parametrize(
    ("score", "words", "percent"),
    [
        (0.8461, "likely", 84),
        (0.8499999, "likely", 84),
        (0.85, "very likely", 85),
        (0.57, "possible", 57),
    ],
)
def test_words_and_per_cent_agree(score: float, words: str, percent: int) -> None:
    shown = confidence(score)
    assert shown["share"] == f"{percent}%"
    assert shown["words"] == words


def test_what_is_snoozed_can_be_rejected_at_any_time(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    as_alice.post(path(candidate, "snooze"), {"version": 1, "until": "evidence"})
    assert status(candidate) == CandidateStatus.AWAITING_REFINEMENT
    as_alice.post(path(candidate, "reject"), {"version": 2, "code": "not_me"})
    assert status(candidate) == CandidateStatus.REJECTED
