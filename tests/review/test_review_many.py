"""Undo, many decisions at once, and that nobody else can do either, over HTTP."""

import uuid
from typing import Any

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, Suggest, acting_for_self, confirmed
from tests.support.decisions import status
from tests.support.pages import Html, text_of
from tests.support.review_pages import HTMX, UNCHANGED, newest, path
from traits import decisions
from traits.decisions.inputs import Changes
from traits.models import CandidateStatus, PersonaTrait

# Undo


def test_undo_opens_what_it_brought_back(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="other")
    response = as_alice.post("/undo/", follow=True)
    assert response.redirect_chain[-1][0] == path(candidate)
    assert "Undone. “Loves jazz” is back in your queue." in text_of(response)
    assert status(candidate) == CandidateStatus.CANDIDATE
    response = as_alice.post("/undo/", follow=True)
    assert "nothing left to undo" in text_of(response)
    assert "notice-info" in response.content.decode()
    again = as_alice.post("/undo/", headers=HTMX)
    assert (again["HX-Retarget"], again["HX-Reswap"]) == ("#toasts", "innerHTML")
    assert "notice-info" in again.content.decode()


def test_undo_by_htmx_opens_it_too(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    outcome = decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    headers = HTMX | {"HX-Current-URL": "http://testserver/review/?tab=confirmed"}
    response = as_alice.post(f"/undo/{outcome.action_id}/?tab=confirmed", headers=headers)
    assert response["HX-Replace-Url"] == path(candidate)
    assert 'id="decide"' in response.content.decode()
    response = as_alice.post(f"/undo/{outcome.action_id}/", headers=headers)
    assert response.status_code == 409
    assert response["HX-Retarget"] == "#toasts"


def test_undo_of_what_was_added_goes_back_to_the_queue(as_alice: Client, alice: User) -> None:
    added = Changes(name="My own", category="Skill")
    decisions.add_trait(**acting_for_self(alice), changes=added)
    response = as_alice.post("/undo/", follow=True)
    assert "Undone. “My own” is no longer part of your persona." in text_of(response)
    assert not PersonaTrait.objects.filter(user=alice).exists()


# Many at once


def test_a_bulk_is_previewed_done_and_undone(as_alice: Client, suggest: Suggest, alice: User) -> None:
    ones = [suggest(alice, f"Likes {word}") for word in "abc"]
    sensitive = suggest(alice, "Believes in fate", trait_category="PhilosophicalStance")
    done = suggest(alice, "Done before")
    decisions.confirm(**acting_for_self(alice), candidate_id=done.pk)
    ids = [one.pk for one in (*ones, sensitive, done)] + [uuid.uuid4()]
    preview = as_alice.post("/review/bulk/", {"candidate_ids": ids, "decision": "confirm"})
    page = text_of(preview)
    assert "Confirm 3 suggestions" in page
    assert "1 left out: review this one by itself" in page
    assert "1 left out: already decided" in page
    assert "1 left out: no longer available" in page
    assert {status(one) for one in ones} == {CandidateStatus.CANDIDATE}
    response = as_alice.post("/review/bulk/", {"candidate_ids": ids, "decision": "confirm", "apply": "1"}, follow=True)
    assert "Confirmed 3 suggestions. 1 left out: review this one by itself." in text_of(response)
    assert {status(one) for one in ones} == {CandidateStatus.CONFIRMED}
    assert status(sensitive) == CandidateStatus.CANDIDATE
    response = as_alice.post("/undo/", follow=True)
    assert "Undone. 3 suggestions are back in your queue." in text_of(response)
    assert {status(one) for one in ones} == {CandidateStatus.CANDIDATE}


def test_undoing_a_bulk_leaves_what_changed_since(as_alice: Client, suggest: Suggest, alice: User) -> None:
    ones = [suggest(alice, f"Likes {word}") for word in "ab"]
    data = {"candidate_ids": [one.pk for one in ones], "decision": "reject", "code": "outdated", "apply": "1"}
    as_alice.post("/review/bulk/", data)
    batch = newest(alice).batch_id
    as_alice.post(path(ones[0], "reopen"))
    response = as_alice.post(f"/undo/{batch}/", follow=True)
    assert "1 later change stays." in text_of(response)
    assert status(ones[1]) == CandidateStatus.CANDIDATE


def test_bulk_reject_and_later_ask_for_the_rest(as_alice: Client, suggest: Suggest, alice: User) -> None:
    one, other = suggest(alice, "Likes a"), suggest(alice, "Likes b")
    assert "Wrong evidence" in text_of(as_alice.post("/review/bulk/", {"candidate_ids": one.pk, "decision": "reject"}))
    data = {"candidate_ids": one.pk, "decision": "reject", "apply": "1", "reason": "kept words"}
    response = as_alice.post("/review/bulk/", data, headers=HTMX)
    assert response.status_code == 400
    assert "kept words" in response.content.decode()
    assert as_alice.post("/review/bulk/", data | {"code": "other"}).status_code == 302
    assert status(one) == CandidateStatus.REJECTED
    later = {"candidate_ids": other.pk, "decision": "snooze", "apply": "1"}
    assert as_alice.post("/review/bulk/", later).status_code == 400
    assert as_alice.post("/review/bulk/", later | {"until": "tomorrow"}).status_code == 302
    assert status(other) == CandidateStatus.AWAITING_REFINEMENT


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"decision": "confirm"},
        {"candidate_ids": "x", "decision": "confirm"},
        {"candidate_ids": str(uuid.uuid4()), "decision": "merge"},
        {"ids": " ".join(str(uuid.uuid4()) for _ in range(2_001)), "decision": "confirm"},
    ],
)
def test_a_bad_bulk_is_told(as_alice: Client, data: dict[str, Any]) -> None:
    assert as_alice.post("/review/bulk/", data).status_code == 400
    assert as_alice.post("/review/bulk/", data, headers=HTMX)["HX-Retarget"] == "#toasts"


def test_all_of_a_page_can_be_selected_without_a_script(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    link = Html(as_alice.get("/review/")).attribute("[data-select-all]", "href")
    assert Html(as_alice.get(link)).chosen("candidate_ids") == [str(candidate.pk)]


# Nobody else


@pytest.mark.slow
def test_bob_sees_and_changes_nothing_of_alices(suggest: Suggest, alice: User, bob: User, signed_in: SignedIn) -> None:
    candidate = suggest(alice, "Alice's secret")
    outcome = confirmed(alice, "Loves jazz")
    mine = suggest(bob, "Bob's own")
    stranger = signed_in(bob)
    assert outcome.trait
    assert "secret" not in text_of(stranger.get("/review/?q=secret"))
    for action in ("", "edit", "merge"):
        assert stranger.get(path(candidate, action)).status_code == 404
    for action, data in (
        ("confirm", {}),
        ("edit", UNCHANGED),
        ("reject", {"code": "other"}),
        ("snooze", {"until": "tomorrow"}),
        ("merge", {"into": str(outcome.trait.pk)}),
        ("reopen", {}),
    ):
        assert stranger.post(path(candidate, action), data).status_code == 404
        assert stranger.post(path(candidate, action), data, headers=HTMX).status_code == 404
    assert stranger.post(f"/undo/{outcome.action_id}/").status_code == 404
    assert stranger.post(path(mine, "merge"), {"into": outcome.trait.pk}).status_code == 400
    assert stranger.post(path(mine, "confirm"), {"relation": f"replaces:{outcome.trait.pk}"}).status_code == 400
    preview = stranger.post("/review/bulk/", {"candidate_ids": candidate.pk, "decision": "confirm"})
    assert "secret" not in text_of(preview)
    assert status(candidate) == CandidateStatus.CANDIDATE


def test_held_back_and_replaced_ones_are_not_there(as_alice: Client, suggest: Suggest, alice: User) -> None:
    held = suggest(alice, "Held back", held_reason="complaint")
    replaced = suggest(alice, "Replaced", status=CandidateStatus.ARCHIVED)
    assert "Suggestions will appear here" in text_of(as_alice.get("/review/"))
    for candidate in (held, replaced):
        assert as_alice.get(path(candidate)).status_code == 404
    assert as_alice.post(path(held, "confirm")).status_code == 404
    assert as_alice.post(path(replaced, "confirm")).status_code in (404, 409)


def test_an_empty_or_too_large_selection_says_what_to_do(as_alice: Client) -> None:
    nothing = as_alice.post("/review/bulk/", {"decision": "confirm"})
    assert (nothing.status_code, "Select the suggestions first." in text_of(nothing)) == (400, True)
    ids = " ".join(str(uuid.uuid4()) for _ in range(2_001))
    many = as_alice.post("/review/bulk/", {"decision": "confirm", "ids": ids})
    assert (many.status_code, "Select up to 2,000 suggestions at a time." in text_of(many)) == (400, True)
