"""What a page that shows the next card itself asks of the server: small answers, few statements, what changed since."""

import uuid
from typing import Any

import pytest
from django.test import Client

from ptfi.accounts.models import User
from ptfi.web.forms import FIELD, new_key
from tests.support.cast import Suggest, acting_for_self, client_of, confirmed
from tests.support.decisions import status
from tests.support.pages import Html, markup_of, text_of
from tests.support.review_pages import HTMX, newest, path
from traits import decisions
from traits.models import CandidateStatus, ExtractedTraitCandidate, UserRefinedTrait
from traits.review.head import MOST_FOLLOWED

SENT = HTMX | {"HX-Target": "sent"}
MOST_BYTES = 4_096


def send(client: Client, candidate: ExtractedTraitCandidate, button: str = "confirm", **fields: Any) -> Any:
    return client.post(path(candidate, button), {"version": 1, **fields}, headers=SENT)


def test_an_answer_says_what_changed_and_has_no_card(as_alice: Client, suggest: Suggest, alice: User) -> None:
    first, second, third = suggest(alice, "Likes a"), suggest(alice, "likes A"), suggest(alice, "Likes b")
    response = send(as_alice, first, "reject", code="not_me")
    page = Html(response)
    assert not page.has("#claim")
    assert not page.has("#rows")
    assert "Rejected" in text_of(response)
    assert page.texts(".count") == ["1", "0", "0", "2"]
    told = page.one("[data-answer]")
    assert set((told.attributes["data-gone"] or "").split()) == {str(first.pk), str(second.pk)}
    assert f"/undo/{newest(alice).batch_id}/" in markup_of(response)
    assert status(third) == CandidateStatus.CANDIDATE


@pytest.mark.parametrize("name", ["Likes number 0", "ü" * 255])
def test_an_answer_is_small_and_takes_nine_statements(
    as_alice: Client, suggest: Suggest, alice: User, django_assert_max_num_queries: Any, name: str
) -> None:
    confirmed(alice, "Loves jazz", concepts=["jazz"])
    others = [suggest(alice, f"Likes number {number}", evidence=["x"] * 20) for number in range(1, 40)]
    candidate = suggest(alice, name)
    fields: dict[str, Any] = {FIELD: new_key(alice), "ahead": [str(each.pk) for each in others[:3]]}
    with django_assert_max_num_queries(9):
        response = send(as_alice, candidate, **fields)
    assert response.status_code == 200
    assert len(response.content) <= MOST_BYTES
    # Sent again, as after a lost answer, it has no further effect.
    again = send(as_alice, candidate, **fields)
    assert again.status_code == 200
    assert again["HX-Redirect"] == "/review/"
    assert UserRefinedTrait.objects.filter(user=alice).count() == 2


def test_cards_and_pages_take_few_statements(
    as_alice: Client, suggest: Suggest, alice: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        suggest(alice, f"Likes number {number}")
    for number in range(10):
        confirmed(alice, f"Loves jazz {number}", concepts=["jazz"])
    suggest(alice, "loves  jazz!")
    candidate = suggest(alice, "Loves jazz", evidence=["x"] * 20, concepts=["jazz"])
    with django_assert_max_num_queries(6):
        assert "Loves jazz" in text_of(as_alice.get(path(candidate), headers=HTMX))
    decisions.snooze(**acting_for_self(alice), candidate_id=candidate.pk, until=None)
    decisions.undo(**acting_for_self(alice), action_id=newest(alice).batch_id or uuid.UUID(int=0))
    with django_assert_max_num_queries(7):
        assert "History" in text_of(as_alice.get(path(candidate), headers=HTMX))
    with django_assert_max_num_queries(9):
        assert as_alice.get("/review/").status_code == 200
    decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="other")
    with django_assert_max_num_queries(6):
        assert "Review again" in text_of(as_alice.get(path(candidate), headers=HTMX))


def test_cards_that_name_what_was_decided_are_out_of_date(as_alice: Client, suggest: Suggest, alice: User) -> None:
    decided = suggest(alice, "Loves jazz", concepts=["jazz"])
    same = suggest(alice, "loves  JAZZ", concepts=["music"])
    topic = suggest(alice, "Plays the piano", concepts=["Jazz"])
    other = suggest(alice, "Repairs radios", concepts=["radio"])
    ahead = [str(each.pk) for each in (same, topic, other)]
    sent = {"alone": "1", "ahead": [*ahead, "nonsense", str(uuid.uuid4())]}
    told = Html(send(as_alice, decided, "snooze", until="evidence", **sent)).one("[data-answer]")
    assert set((told.attributes["data-stale"] or "").split()) == {str(same.pk)}
    told = Html(send(as_alice, decided, ahead=[*ahead, "nonsense", str(uuid.uuid4())], version=2)).one("[data-answer]")
    assert set((told.attributes["data-stale"] or "").split()) == {str(topic.pk)}
    assert set((told.attributes["data-gone"] or "").split()) == {str(decided.pk), str(same.pk)}
    told = Html(send(as_alice, other, "reject", code="not_me", ahead=ahead[:2])).one("[data-answer]")
    assert told.attributes["data-stale"] == ""


def test_the_cards_of_others_are_not_looked_at(as_alice: Client, suggest: Suggest, alice: User, bob: User) -> None:
    theirs = suggest(bob, "Loves jazz")
    told = Html(send(as_alice, suggest(alice, "Loves jazz"), ahead=[str(theirs.pk)])).one("[data-answer]")
    assert str(theirs.pk) not in str(told.attributes)


def test_a_refusal_is_the_card_with_what_was_typed(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    response = send(as_alice, candidate, "snooze", until="date", date="nonsense")
    assert response.status_code == 400
    page = Html(response)
    assert page.has("#decide")
    assert not page.has("#rows")
    assert "Choose a date and a time." in text_of(response)
    response = send(as_alice, candidate, "reject", code="nonsense", reason="That was a joke.")
    assert response.status_code == 400
    assert "That was a joke." in text_of(response)
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    response = send(as_alice, candidate)
    assert response.status_code == 409
    assert "already decided" in text_of(response)
    assert Html(response).has("[data-candidate]")


def test_an_edit_is_answered_alike(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    response = send(as_alice, candidate, "edit", name="")
    assert response.status_code == 400
    assert Html(response).has("#edit")
    response = send(as_alice, candidate, "edit", name="Loves free jazz", category="Interest")
    assert Html(response).has("[data-answer]")


# What changed elsewhere


def news(client: Client, since: int, tab: str = "") -> Any:
    address = f"/review/news/?since={since}&total=3&tab={tab}"
    return Html(client.get(address, headers=HTMX)).one("[data-until]")


def test_the_page_learns_what_was_decided_elsewhere(
    as_alice: Client, suggest: Suggest, alice: User, django_assert_max_num_queries: Any
) -> None:
    first, second = suggest(alice, "Likes a"), suggest(alice, "Likes b")
    told = news(as_alice, 0)
    assert (told.attributes["data-gone"], told.attributes["data-here"], told.attributes["data-until"]) == ("", "", "0")
    decisions.confirm(**acting_for_self(alice), candidate_id=first.pk)
    decisions.reject(**acting_for_self(alice), candidate_id=second.pk, code="other")
    with django_assert_max_num_queries(4):
        told = news(as_alice, 0)
    assert set((told.attributes["data-gone"] or "").split()) == {str(first.pk), str(second.pk)}
    assert told.attributes["data-until"] == "2"
    assert news(as_alice, 0, "rejected").attributes["data-here"] == str(second.pk)
    decisions.undo(**acting_for_self(alice), action_id=newest(alice).pk)
    told = news(as_alice, 2)
    assert (told.attributes["data-gone"], told.attributes["data-here"]) == ("", str(second.pk))
    assert "data-all" not in told.attributes


def test_after_many_changes_the_page_asks_for_its_list(as_alice: Client, suggest: Suggest, alice: User) -> None:
    ids = [suggest(alice, f"Likes {number}").pk for number in range(MOST_FOLLOWED + 1)]
    for some in (ids[:100], ids[100:]):
        decisions.decide_many(
            **acting_for_self(alice), candidate_ids=some, decision="rejected", code="other", reason="", until=None
        )
    assert "data-all" in news(as_alice, 0).attributes


def test_nobody_learns_of_others(suggest: Suggest, alice: User, bob: User) -> None:
    decisions.confirm(**acting_for_self(alice), candidate_id=suggest(alice).pk)
    told = news(client_of(bob), 0)
    assert (told.attributes["data-gone"], told.attributes["data-here"]) == ("", "")


def test_what_is_reviewed_again_is_opened_in_a_list_that_holds_it(
    as_alice: Client, suggest: Suggest, alice: User
) -> None:
    candidate, *_ = (suggest(alice, f"Likes {number}") for number in range(4))
    decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="other")
    address = path(candidate, "reopen") + "?tab=rejected"
    response = as_alice.post(address, {"version": 2, "shown": 1}, headers=HTMX)
    assert response.status_code == 200
    assert Html(response).texts("h2#claim") == ["Likes 0"]
