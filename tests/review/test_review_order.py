"""The order of the queue: the menu, the recommended order and its words, and pages that stay while people decide."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.web.keyset import PAGE
from tests.support.cast import Suggest, acting_for_self, make_candidate
from tests.support.pages import Html, text_of
from tests.support.review_pages import names, path
from traits import decisions
from traits.models import ExtractedTraitCandidate
from traits.review.order.recent import STEP

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def decide(user: User, confirms: bool, number: int = STEP, **fields: Any) -> None:
    """The person decides as many suggestions of a kind."""
    for each in range(number):
        candidate = make_candidate(user, f"Old {confirms} {each} {fields}", **fields)
        if confirms:
            decisions.confirm(**acting_for_self(user), candidate_id=candidate.pk)
        else:
            decisions.reject(**acting_for_self(user), candidate_id=candidate.pk, code="not_me")


def of_many_sources(candidate: ExtractedTraitCandidate) -> None:
    """Let each piece of evidence come from a source of its own."""
    for number, piece in enumerate(candidate.supporting_evidence):
        piece["source_package_id"] = f"source {number}"
    candidate.save(update_fields=["supporting_evidence"])


# The recommended order


def test_beginners_meet_what_is_sure_well_supported_and_not_sensitive(
    as_alice: Client, suggest: Suggest, alice: User
) -> None:
    suggest(alice, "Guessed", confidence_score=0.3)
    suggest(alice, "Sensitive", trait_category="PhilosophicalStance", confidence_score=0.99, evidence=["a"] * 6)
    suggest(alice, "Seen once", confidence_score=0.9, evidence=["once"])
    of_many_sources(suggest(alice, "Seen often", confidence_score=0.9, evidence=["a", "b", "c", "d"]))
    suggest(alice, "Of one source", confidence_score=0.9, evidence=["a", "b", "c", "d"])
    page = as_alice.get("/review/")
    assert names(page) == ["Seen often", "Of one source", "Seen once", "Guessed", "Sensitive"]
    assert "Very likely, with 4 pieces of evidence." in text_of(page)
    last = ExtractedTraitCandidate.objects.get(trait_name="Sensitive")
    assert "needs a closer look, so it comes after the easier ones" in text_of(as_alice.get(path(last)))


def test_it_learns_from_the_persons_own_decisions(as_alice: Client, suggest: Suggest, alice: User, bob: User) -> None:
    decide(alice, False, originating_models=["doubtful.v1"])
    decide(alice, True, originating_models=["trusted.v1"])
    decide(bob, True, number=2 * STEP, originating_models=["doubtful.v1"])
    suggest(alice, "Doubtful", originating_models=["doubtful.v1"], confidence_score=0.85)
    trusted = suggest(alice, "Trusted", originating_models=["trusted.v1"], confidence_score=0.75)
    page = as_alice.get("/review/")
    assert names(page) == ["Trusted", "Doubtful"]
    assert f"Likely, and you confirmed {STEP} of {STEP} of this kind." in text_of(page)
    doubtful = ExtractedTraitCandidate.objects.get(trait_name="Doubtful")
    assert f"Very likely, and you confirmed 0 of {STEP} of this kind." in text_of(as_alice.get(path(doubtful)))
    assert "of this kind" not in text_of(as_alice.get(f"{path(trusted)}?sort=newest"))


def test_what_was_undone_is_not_learned(as_alice: Client, suggest: Suggest, alice: User) -> None:
    decide(alice, False, number=STEP // 2, trait_category="Skill")
    for _ in range(STEP // 2):
        as_alice.post("/undo/")
    ExtractedTraitCandidate.objects.filter(user=alice).update(status="archived_auto_superseded")
    candidate = suggest(alice, "Skilled", trait_category="Skill")
    assert "of this kind" not in text_of(as_alice.get(path(candidate)))


def test_categories_that_are_about_as_likely_take_turns(as_alice: Client, suggest: Suggest, alice: User) -> None:
    for number in range(4):
        suggest(alice, f"Interest {number}", confidence_score=0.82 - number / 1_000)
    suggest(alice, "Skill 0", trait_category="Skill", confidence_score=0.8)
    suggest(alice, "Skill 1", trait_category="Skill", confidence_score=0.799)
    assert names(as_alice.get("/review/")) == [
        "Interest 0", "Skill 0", "Interest 1", "Skill 1", "Interest 2", "Interest 3",
    ]  # fmt: skip


def test_the_order_stays_while_one_works_through_it(as_alice: Client, suggest: Suggest, alice: User) -> None:
    """Deciding from the top takes one after the other, until the order has learned something new."""
    for number in range(12):
        category = ("Interest", "Skill", "Other")[number % 3]
        suggest(alice, f"Number {number}", trait_category=category, confidence_score=0.9 - number / 50)
    before = names(as_alice.get("/review/"))
    met = []
    response = as_alice.get("/review/")
    for _ in range(STEP - 1):
        page = Html(response)
        met.append(page.texts("h2#claim")[0])
        assert page.texts(".row-name") == before[len(met) - 1 :]
        response = as_alice.post(page.attribute("#decide", "action"), page.fields("#decide"), follow=True)
    assert met == before[: STEP - 1]


@pytest.mark.parametrize("sort", ["", "newest", "certain", "category"])
def test_after_a_decision_comes_the_next_in_the_order(
    as_alice: Client, suggest: Suggest, alice: User, sort: str
) -> None:
    for number, category in enumerate(["Skill", "Interest", "Other", "Skill", "Interest"]):
        suggest(alice, f"Number {number}", trait_category=category, confidence_score=0.9 - number / 20)
    query = f"?sort={sort}" if sort else ""
    listed = names(as_alice.get(f"/review/{query}"))
    third = ExtractedTraitCandidate.objects.get(trait_name=listed[2])
    response = as_alice.post(path(third, "reject") + query, {"code": "not_me", "version": 1}, follow=True)
    assert Html(response).texts("h2#claim") == [listed[3]]
    assert names(response) == listed[:2] + listed[3:]


@pytest.mark.slow
@pytest.mark.parametrize("sort", ["", "newest", "certain", "category"])
def test_pages_neither_repeat_nor_skip_while_people_decide(
    as_alice: Client, suggest: Suggest, alice: User, sort: str
) -> None:
    """Also behind those that the recommended order weighs, and with many equal ones among them."""
    rows = [
        ExtractedTraitCandidate(
            candidate_id=f"00000000-0000-4000-8000-{number:012}",
            user=alice,
            trait_name=f"Number {number}",
            name_key=f"number {number}",
            trait_category=("Interest", "Skill", "Other")[number % 3],
            confidence_score=(number % 40) / 40,
            created_at=NOW,
        )
        for number in range(430)
    ]
    ExtractedTraitCandidate.objects.bulk_create(rows)
    query = f"sort={sort}" if sort else ""
    found, decided, address = list[str](), set[str](), f"/review/?{query}"
    while address:
        page = Html(as_alice.get(address))
        shown = page.texts(".row-name")
        assert not set(shown) & set(found)
        found += shown
        # From the page that was just read, as with a list that grows.
        for name in shown[:2]:
            candidate = ExtractedTraitCandidate.objects.get(trait_name=name)
            decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="other")
            decided.add(name)
        address = page.attribute("#more a", "href") if page.has("#more a") else ""
    assert sorted(found) == sorted(row.trait_name for row in rows)
    assert len(decided) >= 2 * (430 // PAGE)


@pytest.mark.parametrize("key", ["x", "1_2_3", "5_nan_1.0_0.5_2026-03-01_x", "_" * 5, "9" * 30, "0_0.5__inf_2026_1"])
def test_a_key_of_no_list_begins_at_the_top(as_alice: Client, suggest: Suggest, alice: User, key: str) -> None:
    suggest(alice)
    for sort in ("", "newest", "certain", "category"):
        assert names(as_alice.get("/review/", {"after": key, "sort": sort})) == ["Loves jazz"]
    assert names(as_alice.get("/review/", {"sort": "nonsense"})) == ["Loves jazz"]


# The menu


def test_each_order_of_the_menu(as_alice: Client, suggest: Suggest, alice: User) -> None:
    suggest(alice, "Old", created_at=NOW - dt.timedelta(3), confidence_score=0.7, trait_category="Skill")
    suggest(alice, "Sure", created_at=NOW - dt.timedelta(2), confidence_score=0.95, evidence=["once"])
    suggest(alice, "New", created_at=NOW, confidence_score=0.5, trait_category="KnowledgeDomain")
    assert names(as_alice.get("/review/?sort=newest")) == ["New", "Sure", "Old"]
    assert names(as_alice.get("/review/?sort=certain")) == ["Sure", "Old", "New"]
    assert names(as_alice.get("/review/?sort=category")) == ["New", "Sure", "Old"]
    page = Html(as_alice.get("/review/?sort=certain"))
    assert page.texts("#sort option") == [
        "Recommended first", "Newest first", "Most certain first", "By category",
    ]  # fmt: skip
    assert page.chosen("sort") == ["certain"]
    assert all("sort=certain" in address for address in page.actions() if "/confirm/" in address)


def test_what_is_due_first_comes_first_among_the_snoozed(as_alice: Client, suggest: Suggest, alice: User) -> None:
    now = timezone.now()
    waits = {"status": "awaiting_refinement"}
    suggest(alice, "For evidence", deferred_until=None, **waits)
    suggest(alice, "In a month", deferred_until=now + dt.timedelta(30), **waits)
    suggest(alice, "Tomorrow", deferred_until=now + dt.timedelta(1), **waits)
    page = as_alice.get("/review/?tab=later")
    assert names(page) == ["Tomorrow", "In a month", "For evidence"]
    assert Html(page).texts("#sort option")[0] == "Next due first"
    assert not Html(as_alice.get("/review/?tab=confirmed")).has("#sort")


def test_duplicates_are_shown_by_the_one_with_most_evidence(as_alice: Client, suggest: Suggest, alice: User) -> None:
    suggest(alice, "Loves jazz", evidence=["a", "b", "c"], created_at=NOW - dt.timedelta(1))
    suggest(alice, "loves  jazz!", created_at=NOW)
    for sort in ("", "newest"):
        assert names(as_alice.get("/review/", {"sort": sort})) == ["Loves jazz"]
