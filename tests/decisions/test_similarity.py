"""Which traits are close to a suggestion, which are only related, and why."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import confirmed_trait, make_candidate, second_trait
from tests.support.pages import text_of
from traits.likeness.similarity import close_traits, similar_traits
from traits.models import PersonaTrait

pytestmark = pytest.mark.django_db


def test_each_reason_makes_a_trait_similar_or_related(alice: User, bob: User) -> None:
    confirmed_trait(bob)
    candidate = make_candidate(alice, "Loves jazz", evidence=["One.", "Two.", "Three."], concepts=["Jazz", "sea"])
    named = confirmed_trait(alice, "loves  JAZZ, often", concepts=[], evidence=["a"])
    both = confirmed_trait(alice, "Hums", concepts=["jazz", "SEA", "tea"], evidence=["b"])
    confirmed_trait(alice, "Drinks", concepts=["jazz", "tea"], evidence=["c"])
    quoting, half = (confirmed_trait(alice, name, concepts=[], evidence=["d"]) for name in ("Quotes", "Halves"))
    one = candidate.supporting_evidence[0]
    PersonaTrait.objects.filter(pk=quoting.pk).update(evidence=[one | {"evidence_id": "x"}, *quoting.evidence])
    PersonaTrait.objects.filter(pk=half.pk).update(evidence=[{**one, "source_detail": "elsewhere"}])
    found = {each.name: each for each in similar_traits(alice, candidate)}
    assert found.keys() == {named.name, both.name, quoting.name}
    assert (found[named.name].said_alike, found[named.name].concepts) == (True, [])
    assert (found[both.name].is_close, found[both.name].concepts) == (False, ["jazz", "SEA"])
    assert (found[quoting.name].same_evidence, found[both.name].same_evidence) == (True, False)
    assert next(iter(found)) == named.name
    assert [each.name for each in close_traits(alice, candidate)] == [named.name]


def test_the_trait_itself_is_not_one(alice: User, jazz: PersonaTrait) -> None:
    assert similar_traits(alice, jazz) == []
    again = second_trait(alice, "Loves jazz")
    assert [each.trait_id for each in similar_traits(alice, jazz)] == [again.pk]


def test_a_common_concept_does_not_hide_the_nearest(alice: User) -> None:
    now = timezone.now()
    PersonaTrait.objects.bulk_create(
        PersonaTrait(
            user=alice,
            name=f"Something {number}",
            name_key=f"something {number}",
            category="Interest",
            origin="user_defined",
            confidence=1,
            concepts=["jazz"],
            version=1,
            created_at=now - dt.timedelta(days=number),
            last_refined_at=now,
        )
        for number in range(400)
    )
    near = confirmed_trait(alice, "Loves to play the jazz piano", concepts=["piano"])
    candidate = make_candidate(alice, "Loves to play jazz piano", concepts=["jazz"])
    assert [each.trait_id for each in similar_traits(alice, candidate)] == [near.pk]


def test_all_traits_are_compared_in_one_query(alice: User, django_assert_num_queries: Any) -> None:
    for number in range(20):
        confirmed_trait(alice, f"Loves jazz number {number}", evidence=[f"Evidence {number}."])
    candidate = make_candidate(alice, "Loves jazz", concepts=["jazz"], evidence=["Something else."])
    with django_assert_num_queries(1):
        assert len(similar_traits(alice, candidate)) == 5


CARDS = {
    "the same in other words": (
        ("Explains with sailing metaphors", ["sailing", "metaphor", "writing", "work"]),
        ("Uses nautical comparisons to explain things", ["sailing", "metaphor"]),
        "Similar to your trait",
    ),
    "a contradiction by opposites": (
        ("Takes days to decide", ["decision-making", "doubt", "habits"]),
        ("Decides quickly and moves on", ["decision-making", "sailing", "improvisation"]),
        "May contradict one of your traits",
    ),
    "a contradiction by denial": (
        ("Drinks coffee at all hours", ["coffee", "habits", "commuting"]),
        ("Has given up coffee for tea", ["tea", "coffee", "habits", "health"]),
        "May contradict one of your traits",
    ),
    "two common topics": (
        ("Bails out sinking ships", ["sailing", "work", "meetings"]),
        ("Opens bad news with the bad news", ["clarity", "work", "meetings"]),
        "",
    ),
    "two other common topics": (
        ("Loves Monday status meetings", ["meetings", "work", "humour"]),
        ("Bails out sinking ships", ["sailing", "work", "meetings"]),
        "",
    ),
}


@pytest.mark.parametrize("kind", CARDS)
def test_the_line_under_the_name(as_alice: Client, alice: User, kind: str) -> None:
    (mine, topics), (suggested, others), line = CARDS[kind]
    confirmed_trait(alice, mine, trait_category="BehavioralPattern", concepts=topics, evidence=["Mine."])
    candidate = make_candidate(
        alice, suggested, trait_category="BehavioralPattern", concepts=others, evidence=["Suggested."]
    )
    page = text_of(as_alice.get(f"/review/{candidate.pk}/"))
    if line.startswith("May contradict"):
        assert line in page
    else:
        assert (f"{line} “ {mine} ”" in page) == bool(line)
        assert ("your trait “" in page) == bool(line)
    merge = text_of(as_alice.get(f"/review/{candidate.pk}/merge/", headers={"HX-Request": "true"}))
    assert ("Similar" in merge) == bool(line)
