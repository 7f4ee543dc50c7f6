"""Suggestions that say the same: rejecting one rejects the others, in one batch that undoes as one."""

from collections.abc import Callable

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import Suggest, acting_for_self
from traits import decisions
from traits.models import CandidateStatus, ExtractedTraitCandidate, Suppression

pytestmark = pytest.mark.django_db


def statuses(user: User) -> dict[str, str]:
    return dict(ExtractedTraitCandidate.objects.filter(user=user).values_list("trait_name", "status"))


def test_rejecting_one_rejects_what_says_the_same(alice: User, bob: User, suggest: Suggest) -> None:
    first = suggest(alice, "Loves jazz")
    suggest(alice, "loves  JAZZ!")
    suggest(alice, "Loves jazz.", trait_category="Skill")
    suggest(bob, "Loves Jazz")
    outcome = decisions.reject(**acting_for_self(alice), candidate_id=first.pk, code="not_me", reason="No.")
    rejected = CandidateStatus.REJECTED
    assert statuses(alice) == {"Loves jazz": rejected, "loves  JAZZ!": rejected, "Loves jazz.": "candidate"}
    assert statuses(bob) == {"Loves Jazz": "candidate"}
    assert {entry.rejection_code for entry in outcome.entries} == {"not_me"}
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    assert set(statuses(alice).values()) == {"candidate"}
    assert not Suppression.objects.filter(user=alice).exists()


def test_a_bulk_reject_takes_suggestions_that_say_the_same(alice: User, suggest: Suggest) -> None:
    chosen = [suggest(alice, "Loves jazz").pk, suggest(alice, "Sails").pk]
    suggest(alice, "sails")
    outcome = decisions.decide_many(**acting_for_self(alice), candidate_ids=chosen, decision="rejected", code="other")
    assert (outcome.count("applied"), len(outcome.entries)) == (2, 3)
    decisions.undo(**acting_for_self(alice), action_id=outcome.batch_id)
    assert set(statuses(alice).values()) == {"candidate"}


def test_the_notice_counts_them(alice: User, suggest: Suggest, signed_in: Callable[[User], Client]) -> None:
    first = suggest(alice, "Loves jazz")
    suggest(alice, "loves jazz")
    client = signed_in(alice)
    response = client.post(f"/review/{first.pk}/reject/", {"code": "other"}, follow=True)
    assert "Rejected “Loves jazz” and 1 more that says the same." in response.content.decode()
