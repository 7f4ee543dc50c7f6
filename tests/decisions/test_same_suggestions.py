"""Suggestions that say the same: each decision takes the others along, in one batch that undoes as one."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.api import api_of
from tests.support.cast import Suggest, acting_for_self, client_of, confirmed_trait
from tests.support.decisions import assert_log_whole, log_of
from tests.support.pages import Html, text_of
from tests.support.review_pages import path
from traits import decisions
from traits.decisions.inputs import Changes, Relation
from traits.errors import InvalidError
from traits.models import MAX_LIST, CandidateStatus, ExtractedTraitCandidate, PersonaTrait, Suppression

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


def contents(trait: PersonaTrait | None) -> list[str]:
    assert trait
    return [piece["content"] for piece in trait.evidence]


def test_confirming_one_adds_the_evidence_of_the_others(alice: User, bob: User, suggest: Suggest) -> None:
    """Also of one that is due again; not of one in another category, and not of anybody else's."""
    first = suggest(alice, "Loves jazz", evidence=["One."], concepts=["jazz"])
    suggest(alice, "loves  JAZZ!", evidence=["Two.", "Three."], concepts=["bebop"])
    past = timezone.now() - dt.timedelta(hours=1)
    suggest(alice, "loves jazz", evidence=["Four."], status="awaiting_refinement", deferred_until=past)
    suggest(alice, "Loves jazz.", trait_category="Skill")
    suggest(bob, "Loves Jazz")
    outcome = decisions.confirm(**acting_for_self(alice), candidate_id=first.pk)
    assert sorted(contents(outcome.trait)) == ["Four.", "One.", "Three.", "Two."]
    assert outcome.trait
    # The spelling with most evidence.
    assert (outcome.trait.pk, outcome.trait.name) == (first.pk, "loves  JAZZ!")
    assert outcome.trait.concepts == ["jazz", "bebop"]
    assert (outcome.entry.user_decision, outcome.same) == ("confirmed_asis", 2)
    assert list(statuses(alice).values()).count(CandidateStatus.CANDIDATE) == 1
    assert set(statuses(bob).values()) == {CandidateStatus.CANDIDATE}
    assert PersonaTrait.objects.get(user=alice).evidence == outcome.trait.evidence
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    assert not PersonaTrait.objects.filter(user=alice).exists()
    assert "confirmed_by_user" not in statuses(alice).values()
    assert_log_whole(alice)
    history = text_of(client_of(alice).get("/persona/history/"))
    assert "You confirmed 3 suggestions" in history


def test_confirming_what_is_a_trait_already_adds_to_it(alice: User, suggest: Suggest) -> None:
    trait = confirmed_trait(alice, "Loves jazz", evidence=["One."], concepts=["jazz"])
    again, other = suggest(alice, "loves jazz!", evidence=["Two."]), suggest(alice, "Loves JAZZ", evidence=["Three."])
    changes = Changes(user_confidence=4, concepts=["bebop"])
    outcome = decisions.confirm(**acting_for_self(alice), candidate_id=again.pk, changes=changes)
    trait.refresh_from_db()
    assert contents(trait) == ["One.", "Two.", "Three."]
    assert (trait.name, trait.user_confidence, trait.concepts) == ("Loves jazz", 4, ["jazz", "bebop"])
    assert log_of(alice)[1:] == ["merged", "merged"]
    assert {statuses(alice)[row.trait_name] for row in (again, other)} == {CandidateStatus.REFINED}
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    trait.refresh_from_db()
    assert contents(trait) == ["One."]


def test_the_name_that_counts_is_the_one_after_the_changes(alice: User, suggest: Suggest) -> None:
    trait = confirmed_trait(alice, "Loves jazz")
    apart = decisions.confirm(
        **acting_for_self(alice), candidate_id=suggest(alice).pk, changes=Changes(name="Loves bebop")
    )
    assert apart.trait
    assert apart.trait.pk != trait.pk
    joined = decisions.confirm(
        **acting_for_self(alice), candidate_id=suggest(alice, "Likes jazz").pk, changes=Changes(name="loves JAZZ")
    )
    assert joined.trait
    assert (joined.trait.pk, joined.trait.name) == (trait.pk, "loves JAZZ")
    decisions.set_status(**acting_for_self(alice), trait_id=trait.pk, status="dormant")
    new = decisions.confirm(**acting_for_self(alice), candidate_id=suggest(alice, "Loves jazz!").pk)
    assert new.trait
    assert new.trait.pk != trait.pk


@pytest.mark.parametrize("button", ["confirm", "reject", "snooze", "merge"])
@pytest.mark.parametrize("alone", [True, False])
def test_the_card_says_so_and_can_leave_them_out(
    alice: User, suggest: Suggest, as_alice: Client, button: str, alone: bool
) -> None:
    into = confirmed_trait(alice, "Likes music")
    first, second = suggest(alice, "Loves jazz"), suggest(alice, "loves jazz", evidence=["Three."])
    page = Html(as_alice.get(path(first)))
    assert "1 other suggestion says the same" in page.text
    assert "1 more piece from what says the same" in page.text
    assert "Decide only about this one" in page.text
    sent: dict[str, Any] = {"code": "other", "until": "evidence", "into": str(into.pk)} | (
        {"alone": "1"} if alone else {}
    )
    answer = as_alice.post(path(first, button), sent, follow=True)
    second.refresh_from_db()
    assert (second.status == CandidateStatus.CANDIDATE) == alone
    assert ("1 more that says the same" in text_of(answer)) != alone
    as_alice.post("/undo/")
    second.refresh_from_db()
    assert second.status == CandidateStatus.CANDIDATE


def test_the_card_says_what_it_adds_to_and_which_spelling_counts(
    alice: User, suggest: Suggest, as_alice: Client
) -> None:
    first = suggest(alice, "Loves Jazz.", evidence=["One."])
    suggest(alice, "Loves jazz", evidence=["Two.", "Three."])
    page = text_of(as_alice.get(path(first)))
    assert "New trait “ Loves jazz ” in the category Interest (spelled as where there is most evidence)" in page
    confirmed_trait(alice, "LOVES jazz")
    page = text_of(as_alice.get(path(suggest(alice, "loves jazz!"))))
    assert "Added to your trait “ LOVES jazz ”, which says the same" in page


def test_what_does_not_fit_stays_to_be_reviewed(alice: User, suggest: Suggest, as_alice: Client) -> None:
    first = suggest(alice, "Loves jazz", concepts=[f"topic {number}" for number in range(MAX_LIST)])
    more = suggest(alice, "loves jazz", concepts=["one more"])
    decisions.confirm(**acting_for_self(alice), candidate_id=first.pk)
    assert statuses(alice)[more.trait_name] == CandidateStatus.CANDIDATE
    answer = as_alice.post(path(more, "confirm"), {})
    assert answer.status_code == 400
    assert "The trait would have more than 50 topics." in text_of(answer)


def test_bulk_decisions_take_them_along(alice: User, suggest: Suggest, as_alice: Client) -> None:
    chosen = suggest(alice, "Loves jazz", evidence=["One."])
    suggest(alice, "loves jazz", evidence=["Two.", "Three."])
    preview = {"candidate_ids": [str(chosen.pk)], "decision": "confirm"}
    assert "joins “ Loves jazz ”" in text_of(as_alice.post("/review/bulk/", preview))
    for decision, status in (("deferred", "awaiting_refinement"), ("confirmed_asis", "")):
        outcome = decisions.decide_many(**acting_for_self(alice), candidate_ids=[chosen.pk], decision=decision)
        assert (len(outcome.entries), outcome.count("applied")) == (2, 1)
        assert not status or set(statuses(alice).values()) == {status}
        if status:
            decisions.undo(**acting_for_self(alice), action_id=outcome.batch_id)
    trait = PersonaTrait.objects.get(user=alice)
    assert (trait.pk, trait.name, len(trait.evidence)) == (chosen.pk, "loves jazz", 3)


def test_an_app_leaves_them_out_too(alice: User, suggest: Suggest) -> None:
    first, second = suggest(alice, "Loves jazz"), suggest(alice, "loves jazz")
    api = api_of(alice)
    sent = {"userDecision": "deferred", "deferUntil": "new_evidence"}
    assert api.post(f"/traits/candidates/{first.pk}/actions", sent | {"onlyThis": True})[0] == 200
    assert statuses(alice)[second.trait_name] == CandidateStatus.CANDIDATE
    status, said = api.post(f"/traits/candidates/{second.pk}/actions", {"userDecision": "confirmed_asis"})
    assert (status, said["message"]) == (200, "Confirmed.")


def test_without_scripts_merging_leaves_the_others_out_if_ticked(
    as_alice: Client, alice: User, suggest: Suggest
) -> None:
    trait = confirmed_trait(alice, "Sails")
    first, other = suggest(alice, "Loves jazz"), suggest(alice, "loves jazz")
    page = Html(as_alice.post(path(first, "merge"), {"open": "1", "alone": "1", "version": 1}))
    assert page.values("alone") == ["1"]
    as_alice.post(path(first, "merge"), {"into": str(trait.pk), "alone": "1", "version": 1})
    assert ExtractedTraitCandidate.objects.get(pk=other.pk).status == CandidateStatus.CANDIDATE


def test_undo_opens_what_was_decided(as_alice: Client, alice: User, suggest: Suggest) -> None:
    first = suggest(alice, "Loves jazz")
    suggest(alice, "loves jazz")
    outcome = decisions.confirm(**acting_for_self(alice), candidate_id=first.pk)
    assert as_alice.post(f"/undo/{outcome.action_id}/").headers["Location"] == path(first)


def test_editing_saves_the_name_that_it_shows(as_alice: Client, alice: User, suggest: Suggest) -> None:
    first = suggest(alice, "loves jazz", evidence=["a"])
    suggest(alice, "Loves jazz", evidence=["a", "b"])
    form = Html(as_alice.get(path(first, "edit"))).fields("#edit")
    assert form["name"] == "Loves jazz"
    as_alice.post(path(first, "edit"), form | {"description": "Other words."})
    assert PersonaTrait.objects.get(user=alice).name == "Loves jazz"


def test_an_answer_makes_no_second_trait_of_a_name(as_alice: Client, alice: User, suggest: Suggest) -> None:
    confirmed_trait(alice, "Likes dogs")
    other = confirmed_trait(alice, "Dislikes dogs")
    candidate = suggest(alice, "likes dogs")
    page = as_alice.get(path(candidate))
    assert "May contradict one of your traits" not in text_of(page)
    assert "which says the same" in text_of(page)
    relation = Relation(trait_id=other.pk, kind="replaces")
    with pytest.raises(InvalidError) as refused:
        decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk, relation=relation)
    assert "Confirm without an answer" in str(refused.value.details)
    assert PersonaTrait.objects.filter(user=alice).count() == 2
