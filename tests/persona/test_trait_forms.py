"""Adding and editing a trait, over HTTP and without a script."""

import html

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed_trait
from tests.support.decisions import log_of
from tests.support.pages import Html, said, text_of
from tests.support.trait_pages import ARABIC, HTMX, SCRIPT, fields, path
from traits import decisions
from traits.confidence import RATINGS
from traits.decisions.inputs import Changes
from traits.models import Category, Decision, PersonaTrait


def test_adding_a_trait(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    typed = {
        "name": " Sings alto ",
        "category": "Skill",
        "description": "In a choir.\r\nOn Tuesdays.",
        "user_confidence": "5",
        "concepts": "choir\r\n\r\nChoir\r\nParis, France",
        "another_concept": "jazz",
        "expression_contexts": "at work",
        "own_evidence": "Every Tuesday.\r\n\r\nSince 2016.",
        "notes": "Loudly.",
    }
    answer = as_alice.post("/traits/new/", typed)
    trait = PersonaTrait.objects.exclude(pk=jazz.pk).get()
    assert answer.headers["Location"] == path(trait)
    assert said(answer) == ["Added “Sings alto”."]
    assert (trait.name, trait.description, trait.user_confidence) == ("Sings alto", "In a choir.\nOn Tuesdays.", 5)
    assert trait.concepts == ["choir", "Paris, France", "jazz"]
    assert [piece["content"] for piece in trait.evidence] == ["Every Tuesday.", "Since 2016."]
    page = as_alice.get(path(trait))
    assert "Added by you" in text_of(page)
    assert Html(page).has("[data-toast] form[action^='/undo/']")


def test_a_refused_trait_keeps_what_was_typed(as_alice: Client, alice: User) -> None:
    typed = {
        "name": "n" * 256,
        "category": "",
        "description": f"Line one\r\n{ARABIC}",
        "concepts": f"{SCRIPT}\r\n{'c' * 300}",
        "expression_contexts": "x" * 101,
        "user_confidence": "4",
        "own_evidence": "Mine alone",
        "notes": "n",
    }
    answer = as_alice.post("/traits/new/", typed)
    page, text = answer.content.decode(), text_of(answer)
    assert answer.status_code == 400
    assert "At most 255 characters, not 256." in text
    assert "Choose a category." in text
    assert "At most 255 characters, not 300." in text
    assert "At most 100 characters, not 101." in text
    for kept in ("n" * 256, ARABIC, html.escape(SCRIPT), "c" * 300, "x" * 101, "Mine alone"):
        assert kept in page
    form = Html(answer)
    assert form.chosen("user_confidence") == ["4"]
    for field in ("name", "category", "concepts", "expression_contexts"):
        assert form.has(f"#id_{field}_error")
        assert form.has(f"[name={field}][aria-describedby~=id_{field}_error]"), field
    assert not PersonaTrait.objects.exists()


@pytest.mark.parametrize("field", ["name", "description", "concepts", "expression_contexts", "notes", "own_evidence"])
def test_null_bytes_are_refused_at_their_field(as_alice: Client, alice: User, field: str) -> None:
    answer = as_alice.post("/traits/new/", {"name": "Sings", "category": "Skill", field: "a\x00b"})
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not PersonaTrait.objects.exists()


@pytest.mark.parametrize("value", ["7", "0", "-1", "nan", "4.5", "x" * 5000])
def test_nonsense_choices_are_refused(as_alice: Client, alice: User, value: str) -> None:
    typed = {"name": "Sings", "category": "Skill"}
    assert as_alice.post("/traits/new/", typed | {"user_confidence": value}).status_code == 400
    assert as_alice.post("/traits/new/", typed | {"category": value}).status_code == 400
    assert not PersonaTrait.objects.exists()


def test_a_trait_needs_a_name(as_alice: Client, alice: User) -> None:
    answer = as_alice.post("/traits/new/", {"name": " ", "category": "Skill"})
    assert answer.status_code == 400
    assert "Enter a name." in text_of(answer)


def test_names_that_are_close_are_pointed_out(as_alice: Client, jazz: PersonaTrait) -> None:
    near = as_alice.post("/traits/similar/", {"name": "loves JAZZ!"}, headers=HTMX)
    assert f'href="{path(jazz)}"' in near.content.decode()
    for other in ("Repairs boats", "", "\x00", "x" * 3000):
        assert "href" not in as_alice.post("/traits/similar/", {"name": other}, headers=HTMX).content.decode()


def test_editing_a_trait(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    first, second = [f"verdict-{piece['evidence_id']}" for piece in jazz.evidence]
    changed = {
        "name": "Loves swing",
        "user_confidence": "3",
        "own_evidence": "Mine.",
        first: "supports",
        second: "not_me",
    }
    answer = as_alice.post(path(jazz, "edit"), fields(jazz, **changed))
    assert answer.headers["Location"] == path(jazz)
    assert said(answer) == ["Saved “Loves swing”."]
    trait = PersonaTrait.objects.get()
    assert (trait.name, trait.user_confidence, trait.origin) == ("Loves swing", 3, "ai_refined_user")
    assert [piece["verdict"] for piece in trait.evidence] == ["supports", "not_me", "supports"]
    assert trait.concepts == ["jazz"]
    assert log_of(alice) == [Decision.CONFIRMED_ASIS, Decision.EDITED]


def test_saving_without_a_change_says_so(as_alice: Client, alice: User) -> None:
    odd = confirmed_trait(alice, " Odd  name ", trait_description="a\r\nb ", concepts=["a\nb", " c "])
    answer = as_alice.post(path(odd, "edit"), fields(odd, concepts="a b\r\nc"))
    assert answer.status_code == 400
    assert "Nothing was changed." in text_of(answer)
    assert PersonaTrait.objects.get().version == odd.version


def test_a_stale_form_keeps_what_was_typed_beside_what_holds(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    decisions.edit_trait(**acting_for_self(alice), trait_id=jazz.pk, changes=Changes(name="Loves bebop"))
    newer = PersonaTrait.objects.get()
    answer = as_alice.post(path(jazz, "edit"), fields(jazz, name="Loves swing", own_evidence="Mine."))
    page, text = answer.content.decode(), text_of(answer)
    assert answer.status_code == 409
    assert "Name, now Loves bebop" in text
    assert 'value="Loves swing"' in page
    assert "Mine." in page
    assert f'name="version" value="{newer.version}"' in page
    assert PersonaTrait.objects.get().name == "Loves bebop"
    assert as_alice.post(path(jazz, "edit"), fields(newer, name="Loves swing")).status_code == 302


def test_a_stale_form_shows_choices_in_words(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    changes = Changes(category="KnowledgeDomain", user_confidence=4)
    decisions.edit_trait(**acting_for_self(alice), trait_id=jazz.pk, changes=changes)
    answer = as_alice.post(path(jazz, "edit"), fields(jazz, name="Loves swing", user_confidence="1"))
    assert answer.status_code == 409
    assert f"Category, now {Category.KNOWLEDGE_DOMAIN.label}" in text_of(answer)
    assert f"now {RATINGS['4']}" in text_of(answer)


def test_a_refused_edit_stays_stale(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    """Correcting a fault must not overwrite, unseen, what another tab saved."""
    decisions.edit_trait(**acting_for_self(alice), trait_id=jazz.pk, changes=Changes(name="Loves bebop"))
    answer = as_alice.post(path(jazz, "edit"), fields(jazz, name=""))
    assert answer.status_code == 400
    assert f'name="version" value="{jazz.version}"' in answer.content.decode()


def test_editing_what_was_removed_keeps_what_was_typed(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    decisions.remove_trait(**acting_for_self(alice), trait_id=jazz.pk)
    answer = as_alice.post(path(jazz, "edit"), fields(jazz, name="Loves swing", notes="Kept."))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="Loves swing"' in page
    assert "Kept." in page
    assert 'action="/traits/new/"' in page
    gone = as_alice.get(path(jazz))
    assert gone.status_code == 409
    assert "no longer part of your persona" in text_of(gone)


def test_a_verdict_that_is_none_is_refused(as_alice: Client, jazz: PersonaTrait) -> None:
    evidence = f"verdict-{jazz.evidence[0]['evidence_id']}"
    assert as_alice.post(path(jazz, "edit"), fields(jazz, **{evidence: "maybe"})).status_code == 400
    assert as_alice.post(path(jazz, "edit"), fields(jazz, **{"verdict-nothing": "not_me"})).status_code == 400


@pytest.mark.slow
def test_a_thousand_pieces_of_evidence(as_alice: Client, alice: User) -> None:
    trait = confirmed_trait(alice, evidence=[f"Jazz, {number}" for number in range(1000)])
    assert "990 more pieces" in text_of(as_alice.get(path(trait)))
    page = as_alice.get(path(trait, "edit"))
    assert page.content.decode().count("<fieldset") >= 1000
    answer = as_alice.post(path(trait, "edit"), fields(trait, name="Loves swing"))
    assert answer.status_code == 302
