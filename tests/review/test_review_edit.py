"""Edit, then confirm: the form of a suggestion without a script, over HTTP."""

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import Suggest
from tests.support.decisions import status
from tests.support.pages import Html, text_of
from tests.support.review_pages import HTMX, UNCHANGED, path
from traits.models import CandidateStatus, ExtractedTraitCandidate, PersonaTrait


def test_the_form_shows_the_suggestion_beside_it(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    piece = candidate.supporting_evidence[0]["evidence_id"]
    page = as_alice.post(path(candidate, "edit"), {"open": "1", f"verdict-{piece}": "not_me"})
    form = Html(page)
    assert form.values("name") == ["Loves jazz"]
    assert "Original suggestion" in form.text
    assert form.chosen(f"verdict-{piece}") == ["not_me"]
    assert status(candidate) == CandidateStatus.CANDIDATE


@pytest.mark.slow
def test_confirm_with_changes(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    piece = candidate.supporting_evidence[0]["evidence_id"]
    data = {
        "name": "Loves bebop",
        "description": "Mostly\r\nlive.",
        "category": "Skill",
        "user_confidence": "4",
        "concepts": "bebop\r\nsmoky, late clubs",
        "expression_contexts": "at night",
        "notes": "Said twice.",
        "own_evidence": "I own 300 records.\r\n\r\nI play, too.",
        f"verdict-{piece}": "out_of_context",
        "version": 1,
    }
    as_alice.post(path(candidate, "edit"), data)
    trait = PersonaTrait.objects.get(pk=candidate.pk)
    assert (trait.name, trait.description, trait.category) == ("Loves bebop", "Mostly\nlive.", "Skill")
    assert (trait.user_confidence, trait.notes, trait.origin) == (4, "Said twice.", "ai_refined_user")
    assert trait.concepts == ["bebop", "smoky, late clubs"]
    assert trait.expression_contexts == ["at night"]
    assert [each["content"] for each in trait.evidence[2:]] == ["I own 300 records.", "I play, too."]
    assert trait.evidence[0]["verdict"] == "out_of_context"
    page = text_of(as_alice.get(path(candidate)))
    assert "Loves jazz Loves bebop" in page
    assert "4 of 5, by you" in page


def test_sending_the_form_unchanged_is_as_is(as_alice: Client, suggest: Suggest, alice: User) -> None:
    odd = {"trait_description": "Two\nlines \n", "concepts": ["jazz", " late\nnights "]}
    candidate = suggest(alice, " Loves jazz ", **odd)
    body = as_alice.get(path(candidate, "edit")).content.decode()
    assert "Two\nlines" in body
    data = {**UNCHANGED, "name": " Loves jazz ", "description": "Two\r\nlines \r\n", "concepts": "jazz\r\nlate nights"}
    as_alice.post(path(candidate, "edit"), data)
    assert status(candidate) == CandidateStatus.CONFIRMED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 256),
        ("name", "a\x00b"),
        ("description", "x" * 10_001),
        ("category", "Nonsense"),
        ("user_confidence", "6"),
        ("concepts", "\n".join(f"c{n}" for n in range(51))),
        ("expression_contexts", "x" * 101),
        ("expression_contexts", "a\x00b"),
        ("notes", "a\x00b"),
        ("own_evidence", "x" * 4_001),
    ],
)
def test_a_bad_field_is_told_and_everything_stays(
    as_alice: Client, suggest: Suggest, alice: User, field: str, value: str
) -> None:
    candidate = suggest(alice)
    data = {**UNCHANGED, "notes": "typed with care", field: value, "version": 1}
    response = as_alice.post(path(candidate, "edit"), data, headers=HTMX)
    body = response.content.decode()
    assert response.status_code == 400
    assert f'id="id_{field}_error"' in body or f'"id_{field}_0_error"' in body or 'class="fault"' in body
    assert "typed with care" in body or field == "notes"
    assert status(candidate) == CandidateStatus.CANDIDATE


def test_a_stale_form_keeps_what_was_typed(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    ExtractedTraitCandidate.objects.filter(pk=candidate.pk).update(version=2)
    response = as_alice.post(path(candidate, "edit"), {**UNCHANGED, "name": "Loves bebop", "version": 1})
    assert response.status_code == 409
    assert 'value="Loves bebop"' in response.content.decode()
    assert "changed since you opened it" in text_of(response)
    assert 'name="version" value="2"' in response.content.decode()
