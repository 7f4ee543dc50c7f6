"""Which traits are close to a suggestion, and why."""

import datetime as dt

import pytest
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import confirmed_trait, make_candidate
from traits.models import PersonaTrait
from traits.similarity import similar_traits

pytestmark = pytest.mark.django_db


def test_each_reason_makes_a_trait_similar(alice: User, bob: User) -> None:
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
    assert (found[named.name].named_alike, found[named.name].concepts) == (True, [])
    assert (found[both.name].named_alike, found[both.name].concepts) == (False, ["jazz", "SEA"])
    assert (found[quoting.name].same_evidence, found[both.name].same_evidence) == (True, False)
    assert next(iter(found)) == named.name


def test_the_trait_itself_is_not_one(alice: User, jazz: PersonaTrait) -> None:
    assert similar_traits(alice, jazz) == []
    again = confirmed_trait(alice, "Loves jazz")
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
    found = similar_traits(alice, candidate)
    assert len(found) == 5
    assert found[0].trait_id == near.pk
