"""New concepts that look like slips of others are asked about, and nothing that was typed is lost."""

from typing import Any

import pytest
from django.test import Client

from graph.mapping import shared_id
from graph.models import SharedConcept
from ptfi.accounts.models import User
from tests.support.cast import confirmed
from tests.support.pages import Html, text_of
from tests.support.trait_pages import fields, path
from traits.models import PersonaTrait
from traits.persona import concept_spelling as likeness

pytestmark = [pytest.mark.graph, pytest.mark.django_db]
NEW = {"name": "Sings", "category": "Skill", "description": "Loudly.", "notes": "n"}


@pytest.fixture(autouse=True)
def _concepts(alice: User, bob: User) -> None:
    confirmed(alice, "Loves boats", concepts=["wooden boats", "jazz", "level 1"])
    confirmed(bob, "Of Bob", concepts=["xylophones"])
    for key in ("machine learning", "ethics"):
        SharedConcept.objects.create(pk=shared_id(key), name=key.title(), name_key=key, revision=1)


def offers(user: User, name: str) -> list[str]:
    return [offer for question in likeness.questions(user, [name]) for offer in question.offers]


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("wooden boat", ["wooden boats"]),
        ("Wodden Boats", ["wooden boats"]),
        ("machine lerning", ["Machine Learning"]),
        ("Machines learning", ["Machine Learning"]),
        ("ethic", ["Ethics"]),
        ("WOODEN  BOATS!", []),
        ("machine-learning", []),
        ("level 2", []),
        ("jam", []),
        ("xylophone", []),
        ("music", []),
        ("", []),
    ],
)
def test_what_is_taken_for_a_slip(alice: User, name: str, offered: list[str]) -> None:
    assert offers(alice, name) == offered


def test_a_slip_is_asked_about_and_put_right(as_alice: Client, alice: User) -> None:
    typed: dict[str, Any] = NEW | {"concepts": "choir\r\nwooden boat\r\nMachine lerning"}
    asked = as_alice.post("/traits/new/", typed)
    page, text = asked.content.decode(), text_of(asked)
    assert "Did you mean “ wooden boats ” instead of “ wooden boat ”?" in text
    assert "Not saved yet: some topics look like ones that already exist" in text
    for kept in ('value="Sings"', "Loudly.", "choir\r\nwooden boat\r\nMachine lerning"):
        assert kept in page, kept
    assert Html(asked).values("unsure") == ["wooden boat", "Machine lerning"]
    assert PersonaTrait.objects.filter(user=alice).count() == 1
    answers = {"unsure": ["wooden boat", "Machine lerning"], "meant-0": "wooden boats", "meant-1": ""}
    faulty = as_alice.post("/traits/new/", typed | answers | {"name": ""})
    assert faulty.status_code == 400
    assert Html(faulty).chosen("meant-1") == [""]
    assert as_alice.post("/traits/new/", typed | answers).status_code == 302
    assert PersonaTrait.objects.get(name="Sings").concepts == ["choir", "wooden boats", "Machine lerning"]


def test_what_changed_after_the_question_is_asked_again(as_alice: Client) -> None:
    answers = {"unsure": ["wooden boat"], "meant-0": ""}
    again = as_alice.post("/traits/new/", NEW | {"concepts": "ethic"} | answers)
    assert "Did you mean “ Ethics ”" in text_of(again)


def test_editing_asks_about_new_ones_only(as_alice: Client, alice: User) -> None:
    trait = confirmed(alice, "Reads", concepts=["wooden boat"]).trait
    assert trait
    assert as_alice.post(path(trait, "edit"), fields(trait, name="Reads a lot")).status_code == 302
    trait.refresh_from_db()
    asked = as_alice.post(path(trait, "edit"), fields(trait, concepts="wooden boat\r\nethic"))
    assert asked.status_code == 200
    assert f'name="version" value="{trait.version}"' in asked.content.decode()
    assert as_alice.post(
        path(trait, "edit"),
        fields(trait, concepts="wooden boat\r\nethic", unsure=["ethic"], **{"meant-0": "Ethics"}),
    ).status_code == 302  # fmt: skip
    trait.refresh_from_db()
    assert trait.concepts == ["wooden boat", "Ethics"]


@pytest.mark.parametrize("meant", ["x" * 300, "a\x00b", "🎷", " "])
def test_answers_from_elsewhere_are_checked_as_anything_typed(as_alice: Client, meant: str) -> None:
    sent = NEW | {"concepts": "ethic", "unsure": ["ethic"] * 50, "meant-0": meant, "meant-49": "x"}
    assert as_alice.post("/traits/new/", sent).status_code in (302, 400)
