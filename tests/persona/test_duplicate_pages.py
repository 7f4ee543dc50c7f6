"""Traits of nearly one name: the list, two side by side, each answer, and what the card of a suggestion says."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, confirmed_trait, make_candidate, second_trait
from tests.support.decisions import log_of
from tests.support.pages import Html, said, text_of
from tests.support.trait_pages import path
from traits.models import PersonaTrait

pytestmark = pytest.mark.django_db


@pytest.fixture
def again(alice: User) -> PersonaTrait:
    return second_trait(alice, "Loves JAZZ!", evidence=["Bebop!"], concepts=["bebop"])


def beside(first: PersonaTrait, second: PersonaTrait) -> str:
    return f"/traits/{first.pk}/beside/{second.pk}/"


def sent(first: PersonaTrait, second: PersonaTrait, kind: str, **more: str) -> dict[str, str]:
    versions = {f"version-{trait.pk}": str(trait.version) for trait in (first, second)}
    return versions | {"answer": f"{kind}:{first.pk}"} | more


def test_the_page_without_duplicates(as_alice: Client, jazz: PersonaTrait) -> None:
    assert "No duplicates" in text_of(as_alice.get("/traits/pairs/"))


def test_the_list_leads_to_both(as_alice: Client, jazz: PersonaTrait, again: PersonaTrait) -> None:
    page = as_alice.get("/traits/pairs/")
    assert "1 pair to compare" in text_of(page)
    address = re.findall(r'href="(/traits/[^"]+/beside/[^"]+/)"', page.content.decode())[0]
    both = text_of(as_alice.get(address))
    for part in ("I love jazz.", "Bebop!", "Topics jazz", "Topics bebop", "How are these two related?"):
        assert part in both


@pytest.mark.parametrize(
    ("kind", "notice", "left"),
    [
        ("same", "Merged “Loves JAZZ!” into “Loves jazz”.", {"Loves jazz": "active"}),
        (
            "replaces",
            "“Loves jazz” replaced “Loves JAZZ!”, which is dormant now.",
            {"Loves jazz": "active", "Loves JAZZ!": "dormant"},
        ),
        ("old_was_wrong", "“Loves JAZZ!” is no longer part of your persona.", {"Loves jazz": "active"}),
    ],
)
def test_each_answer_and_its_undo(
    as_alice: Client, jazz: PersonaTrait, again: PersonaTrait, kind: str, notice: str, left: dict[str, str]
) -> None:
    answer = as_alice.post(beside(jazz, again), sent(jazz, again, kind))
    assert answer.headers["Location"] == "/traits/pairs/"
    assert said(answer) == [notice]
    assert dict(PersonaTrait.objects.values_list("name", "status")) == left
    history = text_of(as_alice.get(path(jazz)))
    assert {"same": "(both said the same)", "replaces": "(one replaced the other)"}.get(kind, "") in history
    assert bool(re.search(r"Since \d", history)) == (kind == "replaces")
    as_alice.post("/undo/")
    assert dict(PersonaTrait.objects.values_list("name", "status")) == {
        "Loves jazz": "active",
        "Loves JAZZ!": "active",
    }


def test_both_true_asks_where(as_alice: Client, jazz: PersonaTrait, again: PersonaTrait) -> None:
    places = {f"contexts-{jazz.pk}": "at work", f"contexts-{again.pk}": ""}
    answer = as_alice.post(beside(jazz, again), sent(jazz, again, "both_true", **places))
    assert answer.status_code == 400
    assert "Enter for each where it is true." in text_of(answer)
    assert Html(answer).values(f"contexts-{jazz.pk}") == ["at work"]
    assert Html(answer).has("#places-faults")
    places[f"contexts-{again.pk}"] = "at home\r\nwith friends"
    assert as_alice.post(beside(jazz, again), sent(jazz, again, "both_true", **places)).status_code == 302
    again.refresh_from_db()
    assert again.expression_contexts == ["at home", "with friends"]
    assert "No duplicates" in text_of(as_alice.get("/traits/pairs/"))


def test_what_changed_meanwhile_is_not_touched(as_alice: Client, jazz: PersonaTrait, again: PersonaTrait) -> None:
    as_alice.post(path(again, "status"), {"status": "experimental"})
    answer = as_alice.post(beside(jazz, again), sent(jazz, again, "same"))
    assert answer.status_code == 409
    assert PersonaTrait.objects.count() == 2
    for nonsense in ("", "same", "same:x", f"new_is_wrong:{jazz.pk}", "\x00:\x00"):
        assert as_alice.post(beside(jazz, again), {"answer": nonsense}).status_code == 400
    as_alice.post(path(again, "remove"), {})
    assert as_alice.post(beside(jazz, again), sent(jazz, again, "same")).status_code == 404


def test_others_find_nothing(jazz: PersonaTrait, again: PersonaTrait, bob: User, signed_in: SignedIn) -> None:
    his, mine = signed_in(bob), confirmed_trait(bob, "Loves jazz.")
    for pair in ((jazz, again), (jazz, mine), (mine, jazz), (mine, mine)):
        for send in (his.get, his.post):
            answer = send(beside(*pair), sent(*pair, "same"))
            assert answer.status_code == 404
    assert "No duplicates" in text_of(his.get("/traits/pairs/"))
    assert Client().get(beside(jazz, again)).status_code == 302


def test_many_pairs_are_paged(as_alice: Client, alice: User, django_assert_num_queries: Any) -> None:
    now = timezone.now()
    PersonaTrait.objects.bulk_create(
        PersonaTrait(
            user=alice,
            name=f"{letter * 12}{dot}",
            name_key=letter * 12,
            category="Other",
            origin="user_defined",
            confidence=1,
            version=1,
            created_at=now,
            last_refined_at=now,
        )
        for letter in "abcdefghijklmnopqrstuvwxyz"
        for dot in ("", ".")
    )
    # Session, person, traits.
    with django_assert_num_queries(3):
        page = as_alice.get("/traits/pairs/")
    assert "26 pairs to compare" in text_of(page)
    assert page.content.decode().count("/beside/") == 20
    assert as_alice.get("/traits/pairs/?page=2").content.decode().count("/beside/") == 6
    for nonsense in ("x", "99", "-1", "\x00"):
        assert as_alice.get("/traits/pairs/", {"page": nonsense}).status_code == 200


@pytest.mark.slow
def test_a_card_says_what_it_is_close_to_and_why(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    candidate = make_candidate(alice, "Loves jazz a lot", evidence=["I love jazz.", "Secret."], concepts=["Jazz"])
    one, two = candidate.supporting_evidence
    same = {name: jazz.evidence[0][name] for name in ("source_package_id", "source_detail", "start_time", "content")}
    candidate.supporting_evidence = [one | same, two | {"verdict": "too_private"}]
    candidate.save()
    page = as_alice.get(f"/review/{candidate.pk}/")
    text = text_of(page)
    assert "Similar to your trait “ Loves jazz ”" in text
    assert "Similar name · Shared topic: jazz · Same evidence" in text
    beside_it = Html(page).texts("table.compare-close")[0]
    assert "I love jazz." in beside_it
    assert "Jazz again tonight!" in beside_it
    assert "Secret." not in beside_it
    confirmed_trait(alice, "Loves jazz very much", concepts=[])
    text = text_of(as_alice.get(f"/review/{candidate.pk}/"))
    assert "Similar to your trait “ Loves jazz ” and 1 more" in text


def test_bulk_folds_what_says_the_same(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    rows = [make_candidate(alice, name) for name in ("Sails", "sails!", "loves JAZZ")]
    form = {"candidate_ids": [str(row.pk) for row in rows], "decision": "confirm"}
    preview = text_of(as_alice.post("/review/bulk/", form))
    assert "Confirm 3 suggestions" in preview
    assert "2 say the same as another" in preview
    assert "sails! joins “ Sails ”" in preview
    assert "loves JAZZ joins your trait “ Loves jazz ”" in preview
    answer = as_alice.post("/review/bulk/", form | {"apply": "1"})
    assert said(answer) == ["Confirmed 3 suggestions. 2 of them were merged into traits of the same name."]
    assert set(PersonaTrait.objects.values_list("name", flat=True)) == {"Loves jazz", "Sails"}
    as_alice.post("/undo/")
    assert set(PersonaTrait.objects.values_list("name", flat=True)) == {"Loves jazz"}
    assert log_of(alice)[-3:] == ["undone"] * 3
