"""What keys need of the server: notes, an undo that says what it reverses, very many at once, own keys, and finding."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import Suggest, acting_for_self, client_of, confirmed
from tests.support.decisions import status
from tests.support.pages import Html, said, text_of
from tests.support.review_pages import HTMX, newest, path
from traits import decisions
from traits.decisions.bulk import MOST
from traits.models import CandidateStatus, ExtractedTraitCandidate, Suppression, UserRefinedTrait
from traits.review.keys.actions import ACTIONS
from traits.review.order.recent import VISIT_PAUSE

WAITING, REJECTED = CandidateStatus.CANDIDATE, CandidateStatus.REJECTED


def reasons(*candidates: ExtractedTraitCandidate) -> list[str]:
    """The reason of the newest entry about each."""
    entries = UserRefinedTrait.objects.order_by("revision")
    return [entries.filter(original_candidate=each).last().content["reason"] for each in candidates]  # type: ignore[union-attr]


# Notes


def test_a_note_is_added_to_a_rejection_and_to_what_went_with_it(
    as_alice: Client, suggest: Suggest, alice: User
) -> None:
    first, same, other = suggest(alice, "Likes a"), suggest(alice, "likes A"), suggest(alice, "Likes b")
    response = as_alice.post(path(first, "reject"), {"version": 1, "code": "not_me"}, follow=True)
    page = Html(response)
    assert page.link("Add a note a") == path(first, "note")
    assert "You rejected “ Likes a ”" in text_of(as_alice.get(path(first, "note")))
    empty = as_alice.post(path(first, "note"), {"reason": "  "})
    assert (empty.status_code, "Write a note first." in text_of(empty)) == (400, True)
    response = as_alice.post(path(first, "note"), {"reason": "That was a joke."}, follow=True)
    assert "Added your note on “Likes a”. It also holds for 1 other that you rejected with it." in text_of(response)
    assert reasons(first, same) == ["That was a joke."] * 2
    assert newest(alice).rejection_code == "not_me"
    assert "You added a note to rejecting “ Likes a ”" in text_of(as_alice.get(path(first)))
    assert (status(first), status(same), status(other)) == (REJECTED, REJECTED, WAITING)
    assert "Note: Likes a" in Html(as_alice.get("/review/")).texts(".strip-name")
    # One undo removes the note, the next one the rejection with all that it did.
    as_alice.post("/undo/")
    assert (status(first), Suppression.objects.filter(user=alice).count()) == (REJECTED, 1)
    as_alice.post("/undo/")
    assert (status(first), status(same), Suppression.objects.filter(user=alice).count()) == (WAITING, WAITING, 0)


def test_what_is_not_rejected_takes_no_note(as_alice: Client, suggest: Suggest, alice: User, bob: User) -> None:
    waiting, gone = suggest(alice), suggest(alice, "Sails", status=CandidateStatus.ARCHIVED)
    response = as_alice.post(path(waiting, "note"), {"reason": "Kept words"})
    assert response.status_code == 409
    assert "Notes can only be added to suggestions that you rejected." in text_of(response)
    assert as_alice.get(path(waiting, "note")).status_code == 409
    assert "Kept words" in Html(response).values("reason")
    assert as_alice.post(path(gone, "note"), {"reason": "x"}).status_code == 404
    as_alice.post(path(waiting, "reject"), {"code": "other"})
    assert client_of(bob).post(path(waiting, "note"), {"reason": "x"}).status_code == 404
    sent = HTMX | {"HX-Target": "sent"}
    answer = as_alice.post(path(waiting, "note"), {"reason": "So."}, headers=sent)
    assert Html(answer).attribute("[data-answer]", "data-undo-label").startswith("Undo: note on “")
    assert not Html(answer).has("[data-note]")


# Undo that says what it reverses


def undo_button(client: Client) -> tuple[str, str, bool]:
    """Where the button leads, what it says, and whether it can be pressed."""
    page = Html(client.get("/review/"))
    button = page.one("#undo button").attributes
    title = re.sub("[\u2068\u2069]", "", button.get("title") or "")
    return page.attribute("#undo", "action"), title, "disabled" not in button


def test_undo_names_the_newest_decision_of_this_visit(as_alice: Client, suggest: Suggest, alice: User) -> None:
    assert not undo_button(as_alice)[2]
    confirmed(alice, "Loves jazz")
    decisions.put_styles(**acting_for_self(alice), context="", styles={"Catchphrase": "Na ja"})
    outcome = decisions.snooze(**acting_for_self(alice), candidate_id=suggest(alice, "Sails").pk, until=None)
    assert undo_button(as_alice) == (f"/undo/{outcome.action_id}/", "Undo: snoozed “Sails”", True)
    as_alice.post(f"/undo/{outcome.action_id}/")
    # Styles are none of the review's decisions.
    assert undo_button(as_alice)[1:] == ("Undo: confirmed “Loves jazz”", True)
    many = [suggest(alice, f"Likes {number}").pk for number in range(3)]
    decisions.decide_many(**acting_for_self(alice), candidate_ids=many, decision="rejected", code="other")
    assert undo_button(as_alice)[1] == "Undo: 3 decisions made together"


@pytest.mark.owner
def test_undo_ends_with_the_visit(as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed(alice, "Loves jazz")
    now = timezone.now()
    for minutes, offered in ((29, True), (31, False)):
        monkeypatch.setattr(timezone, "now", lambda: now + dt.timedelta(minutes=minutes))  # noqa: B023
        assert undo_button(as_alice)[2] is offered
    assert dt.timedelta(minutes=30) == VISIT_PAUSE


# Very many


def go_on(client: Client, response: Any) -> Any:
    page = Html(response)
    return client.post(page.attribute("#apply", "action"), page.fields("#apply"))


@pytest.mark.slow
def test_all_that_match_are_decided_in_parts_and_undone_as_one(as_alice: Client, suggest: Suggest, alice: User) -> None:
    for number in range(MOST + 30):
        suggest(alice, f"Likes {number}")
    other = suggest(alice, "Codes", trait_category="Skill")
    page = Html(as_alice.get("/review/?category=Interest&select=page"))
    link = page.link(f"Select all {MOST + 30} that match ⇧a")
    page = Html(as_alice.get(link))
    assert page.has("#select-matching:not([disabled])")
    # Which boxes are ticked makes no difference then, so nobody can untick one.
    assert not page.has("input[name=candidate_ids]:not([disabled])")
    fields = page.fields("#bulk") | {"decision": "reject"}
    preview = as_alice.post(page.attribute("#bulk", "action"), fields)
    assert f"Reject {MOST + 30} suggestions" in text_of(preview)
    assert f"and {MOST + 30 - 50} more" in text_of(preview)
    page = Html(preview)
    response = as_alice.post(page.attribute("#apply", "action"), page.fields("#apply") | {"code": "outdated"})
    assert f"{MOST} of {MOST + 30} done" in text_of(response)
    assert UserRefinedTrait.objects.count() == MOST
    # The same part again has no further effect.
    response = go_on(as_alice, response)
    assert said(response) == [f"Rejected {MOST + 30} suggestions."]
    assert status(other) == WAITING
    batch = newest(alice).batch_id
    assert UserRefinedTrait.objects.filter(batch_id=batch).count() == MOST + 30
    undone = as_alice.post(f"/undo/{batch}/", follow=True)
    assert f"Undone. {MOST + 30} suggestions are back in your queue." in text_of(undone)


def test_a_batch_is_continued_only_by_its_person_and_soon(suggest: Suggest, alice: User, bob: User) -> None:
    mine, theirs = suggest(alice, "Likes a"), suggest(bob, "Likes b")
    done = decisions.decide_many(**acting_for_self(alice), candidate_ids=[mine.pk], decision="rejected", code="other")
    data = {"ids": str(theirs.pk), "decision": "reject", "code": "other", "apply": "1", "batch": str(done.batch_id)}
    assert client_of(bob).post("/review/bulk/", data).status_code == 302
    assert status(theirs) == REJECTED
    assert UserRefinedTrait.objects.filter(batch_id=done.batch_id).count() == 1
    assert client_of(bob).post("/review/bulk/", data | {"ids": f"{uuid.uuid4()} x"}).status_code == 400


# Own keys


def test_people_choose_their_keys(as_alice: Client, suggest: Suggest, alice: User) -> None:
    suggest(alice)
    usual = Html(as_alice.get(reverse("review_keys"))).fields("form.own-keys")
    assert {name: usual[name] for name in ACTIONS} == {name: action.key for name, action in ACTIONS.items()}
    refused = as_alice.post(reverse("review_keys"), usual | {"confirm": "r", "next": "1", "edit": "E"})
    assert refused.status_code == 400
    assert "The same key is for: “reject, then choose a reason”." in text_of(refused)
    assert "The same key is for: “confirm as suggested”." in text_of(refused)
    assert "Choose a letter from A to Z" in text_of(refused)
    assert "E" in Html(refused).values("edit")
    alice.refresh_from_db()
    assert alice.keys == {}
    # Two actions may exchange their keys; an empty field stands for the usual one.
    as_alice.post(reverse("review_keys"), usual | {"confirm": "r", "reject": "C", "next": ""})
    alice.refresh_from_db()
    assert alice.keys == {"confirm": "r", "reject": "C"}
    page = Html(as_alice.get("/review/"))
    assert page.attribute("[data-act=confirm]", "aria-keyshortcuts") == "r"
    assert "⇧c" in page.texts(".actions kbd")
    as_alice.post(reverse("review_keys"), usual | {"usual": "1", "confirm": "y"})
    alice.refresh_from_db()
    assert alice.keys == {}


def test_the_usual_keys_differ() -> None:
    keys = [action.key for action in ACTIONS.values()]
    assert len(set(keys)) == len(keys)


# Finding


def test_everything_is_found_by_its_name(as_alice: Client, suggest: Suggest, alice: User, bob: User) -> None:
    confirmed(alice, "Loves jazz")
    confirmed(bob, "Loves jazz too")
    page = Html(as_alice.get("/find/"))
    assert page.texts(".found-group h2") == ["Actions", "Pages", "Filters"]
    page = Html(as_alice.get("/find/?q=jazz"))
    assert page.texts(".found-group a") == ["Loves jazz", "Search suggestions for “jazz”"]
    for q, href in (
        ("snooze choose", "/review/"),
        ("blocked", "/persona/suppressions/"),
        ("category skill", "/review/?category=Skill"),
        ("newest", "/review/?sort=newest"),
    ):
        part = as_alice.get("/find/", {"q": q}, headers=HTMX | {"HX-Target": "palette-list"})
        assert Html(part).attribute("a", "href") == href
        assert not Html(part).has("h1")


def test_every_page_that_is_found_is_there(as_alice: Client) -> None:
    links = [each.attributes["href"] or "" for each in Html(as_alice.get("/find/")).all(".found-group a")]
    assert [link for link in set(links) if as_alice.get(link).status_code not in (200, 302)] == []
