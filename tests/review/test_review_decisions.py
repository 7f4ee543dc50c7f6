"""The decisions of the review queue without a script: every form of a card, over HTTP."""

import datetime as dt
import html
import uuid
import zoneinfo
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import Suggest, acting_for_self, confirmed
from tests.support.decisions import status
from tests.support.pages import Html, markup_of, text_of
from tests.support.review_pages import HTMX, UNCHANGED, names, newest, path
from traits import decisions
from traits.models import CandidateStatus, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

# Decisions


def test_confirming_goes_on_to_the_next(as_alice: Client, suggest: Suggest, alice: User) -> None:
    now = timezone.now()
    ones = [suggest(alice, f"Likes {word}", created_at=now - dt.timedelta(hours=n)) for n, word in enumerate("abc")]
    response = as_alice.post(path(ones[1], "confirm") + "?category=Interest", {"version": 1})
    assert response["Location"] == f"{path(ones[2])}?category=Interest"
    assert status(ones[1]) == CandidateStatus.CONFIRMED
    response = as_alice.post(path(ones[2], "confirm"), {"version": 1})
    assert response["Location"] == path(ones[0])
    response = as_alice.post(path(ones[0], "confirm"), {"version": 1}, follow=True)
    page = text_of(response)
    assert "All done" in page
    assert "3 confirmed" in page
    assert newest(alice).actor_id == alice.pk


def test_a_decision_by_htmx_brings_all_that_changed(as_alice: Client, suggest: Suggest, alice: User) -> None:
    now = timezone.now()
    first, second = (
        suggest(alice, "Likes a", created_at=now),
        suggest(alice, "Likes b", created_at=now - dt.timedelta(1)),
    )
    response = as_alice.post(path(first, "confirm"), {"version": 1, "shown": 2}, headers=HTMX)
    body = markup_of(response)
    assert response["HX-Replace-Url"] == path(second)
    assert "<html" not in body
    assert Html(response).texts("h2#claim") == ["Likes b"]
    assert names(response) == ["Likes b"]
    assert "1 of 2" in text_of(response)
    assert f"/undo/{newest(alice).pk}/" in body
    assert "Confirmed “Likes a”." in html.unescape(body)


def test_a_verdict_comes_with_any_decision(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    piece = candidate.supporting_evidence[0]["evidence_id"]
    as_alice.post(path(candidate, "snooze"), {"until": "evidence", f"verdict-{piece}": "too_private"})
    candidate.refresh_from_db()
    assert candidate.supporting_evidence[0]["verdict"] == "too_private"
    assert "1 too private to show" in text_of(as_alice.get(path(candidate)))
    as_alice.post(path(candidate, "confirm"), {f"verdict-{piece}": "supports"})
    assert status(candidate) == CandidateStatus.CONFIRMED


@pytest.mark.parametrize("code", ["not_me", "outdated", "wrong_evidence", "too_private", "duplicate", "other"])
def test_reject_with_a_reason(as_alice: Client, suggest: Suggest, alice: User, code: str) -> None:
    candidate = suggest(alice)
    as_alice.post(path(candidate, "reject"), {"code": code, "reason": "It was\r\na joke."})
    assert status(candidate) == CandidateStatus.REJECTED
    entry = newest(alice)
    assert (entry.rejection_code, entry.content["reason"]) == (code, "It was\na joke.")
    page = text_of(as_alice.get(path(candidate)))
    assert "Rejected" in page
    assert "It was a joke." in page


def test_what_was_typed_stays_when_it_is_refused(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    piece = candidate.supporting_evidence[0]["evidence_id"]
    typed = {"code": "nonsense", "reason": "my own words", f"verdict-{piece}": "out_of_context", "version": 1}
    for headers in ({}, HTMX):
        response = as_alice.post(path(candidate, "reject"), typed, headers=headers)
        page = Html(response)
        assert response.status_code == 400
        assert "Choose a reason." in page.text
        assert "my own words" in page.values("reason")
        assert page.chosen(f"verdict-{piece}") == ["out_of_context"]
    assert status(candidate) == CandidateStatus.CANDIDATE


def test_later_is_at_six_in_the_persons_zone(as_alice: Client, suggest: Suggest, alice: User) -> None:
    zone = zoneinfo.ZoneInfo("Asia/Tokyo")
    alice.time_zone = str(zone)
    alice.save()
    today = timezone.now().astimezone(zone).date()
    for choice, day in (
        ("tomorrow", today + dt.timedelta(days=1)),
        ("next_week", today + dt.timedelta(days=7 - today.weekday())),
    ):
        candidate = suggest(alice, f"Later {choice}")
        as_alice.post(path(candidate, "snooze"), {"until": choice})
        assert status(candidate) == CandidateStatus.AWAITING_REFINEMENT
        assert candidate.deferred_until == dt.datetime.combine(day, dt.time(6), tzinfo=zone)
    own = suggest(alice, "Later at a time")
    as_alice.post(path(own, "snooze"), {"until": "date", "date": f"{today.year + 1}-03-04T15:30"})
    status(own)
    assert own.deferred_until == dt.datetime(today.year + 1, 3, 4, 15, 30, tzinfo=zone)
    none = suggest(alice, "Later with evidence")
    as_alice.post(path(none, "snooze"), {"until": "evidence"})
    assert status(none) == CandidateStatus.AWAITING_REFINEMENT
    assert none.deferred_until is None
    page = text_of(as_alice.get("/review/?tab=later"))
    assert "Snoozed 4" in page
    assert "until new evidence" in page


def test_a_card_that_was_opened_before_an_upgrade_still_snoozes(
    as_alice: Client, suggest: Suggest, alice: User
) -> None:
    candidate = suggest(alice)
    as_alice.post(path(candidate, "defer"), {"until": "evidence"})
    assert status(candidate) == CandidateStatus.AWAITING_REFINEMENT


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"until": "date"},
        {"until": "date", "date": "2020-01-01T10:00"},
        {"until": "date", "date": "9999-12-31T23:59"},
        {"until": "date", "date": "0001-01-01T00:00"},
        {"until": "date", "date": "2027-02-31T00:00"},
        {"until": "date", "date": "\x00"},
    ],
)
def test_a_bad_time_is_told(as_alice: Client, suggest: Suggest, alice: User, data: dict[str, str]) -> None:
    candidate = suggest(alice)
    response = as_alice.post(path(candidate, "snooze"), data)
    assert response.status_code == 400
    assert "Choose a" in text_of(response)
    assert status(candidate) == CandidateStatus.CANDIDATE


def test_merge_into_a_trait(as_alice: Client, suggest: Suggest, alice: User) -> None:
    trait = confirmed(alice, "Loves jazz music").trait
    confirmed(alice, "Cooks well", concepts=["food"])
    candidate = suggest(alice, "Loves jazz", concepts=["bebop"])
    assert trait
    assert "Loves jazz music" in text_of(as_alice.get(path(candidate, "merge"))).split("All")[0]
    found = text_of(as_alice.get(path(candidate, "merge"), {"merge_q": "cook"}))
    assert "Cooks well" in found
    assert "Loves jazz music" not in found
    # Words at any place, in any order.
    for words, is_found in (("music ja", True), ("jazz music", True), ("C++", False), ("azz", False), ("  ", True)):
        page = text_of(
            as_alice.get(path(candidate, "merge"), {"merge_q": words}, headers={"HX-Target": "merge-choices"})
        )
        assert ("Loves jazz music" in page) is is_found, words
    response = as_alice.post(path(candidate, "merge"), {"into": trait.pk}, follow=True)
    assert "Merged “Loves jazz” into “Loves jazz music”." in text_of(response)
    page = text_of(as_alice.get(path(candidate)))
    assert "Merged into" in page
    assert "Unmerge and review" in page
    as_alice.post(path(candidate, "reopen"))
    assert status(candidate) == CandidateStatus.CANDIDATE
    trait.refresh_from_db()
    assert trait.concepts == ["jazz"]


@pytest.mark.parametrize("into", ["", "x", str(uuid.UUID(int=1))])
def test_merging_into_nothing_is_told(as_alice: Client, suggest: Suggest, alice: User, into: str) -> None:
    candidate = suggest(alice)
    assert as_alice.post(path(candidate, "merge"), {"into": into}).status_code == 400
    assert status(candidate) == CandidateStatus.CANDIDATE


def test_opening_the_merge_list_keeps_verdicts(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    piece = candidate.supporting_evidence[0]["evidence_id"]
    page = as_alice.post(path(candidate, "merge"), {"open": "1", f"verdict-{piece}": "not_me"}).content.decode()
    assert f'name="verdict-{piece}" value="not_me"' in page


CLASHES = {
    "replaces": ("confirm", {}, "dormant"),
    "was_true_before": ("confirm", {}, "active"),
    "old_was_wrong": ("confirm", {}, None),
    "both_true": ("confirm", {"new_contexts": "at work", "existing_contexts": "at home"}, "active"),
    "new_is_wrong": ("reject", {}, "active"),
}


@pytest.mark.parametrize("kind", CLASHES)
def test_a_clash_is_settled_and_undone_as_one(as_alice: Client, suggest: Suggest, alice: User, kind: str) -> None:
    old = confirmed(alice, "Loves jazz").trait
    candidate = suggest(alice, "Loves jazz no more")
    assert old
    assert "May contradict one of your traits" in text_of(as_alice.get(path(candidate)))
    action, contexts, expected = CLASHES[kind]
    data = {f"{field}-{old.pk}": text for field, text in contexts.items()}
    as_alice.post(path(candidate, action), {"relation": f"{kind}:{old.pk}", **data})
    now = PersonaTrait.objects.filter(pk=old.pk).first()
    assert (now.status if now else None) == expected
    assert status(candidate) == (CandidateStatus.REJECTED if action == "reject" else status(candidate))
    if kind == "was_true_before":
        became = PersonaTrait.objects.get(pk=candidate.pk)
        assert (became.status, became.valid_to) == ("dormant", became.created_at)
    if kind == "both_true":
        assert now
        assert now.expression_contexts == ["at home"]
        assert PersonaTrait.objects.get(pk=candidate.pk).expression_contexts == ["at work"]
    as_alice.post("/undo/")
    assert PersonaTrait.objects.get(pk=old.pk).status == "active"
    assert status(candidate) == CandidateStatus.CANDIDATE


def test_both_true_needs_contexts_and_keeps_what_was_typed(as_alice: Client, suggest: Suggest, alice: User) -> None:
    old = confirmed(alice, "Loves jazz").trait
    candidate = suggest(alice, "Loves jazz no more")
    assert old
    data = {"relation": f"both_true:{old.pk}", f"new_contexts-{old.pk}": "on Sundays"}
    response = as_alice.post(path(candidate, "confirm"), data)
    assert response.status_code == 400
    assert "on Sundays</textarea>" in response.content.decode()
    assert "Enter for each where it is true." in text_of(response)


@pytest.mark.parametrize("relation", ["replaces:", "replaces:x", f"replaces:{uuid.UUID(int=1)}", "nonsense:", "\x00:1"])
def test_a_clash_with_nothing_is_told(as_alice: Client, suggest: Suggest, alice: User, relation: str) -> None:
    candidate = suggest(alice)
    assert as_alice.post(path(candidate, "confirm"), {"relation": relation}).status_code == 400
    assert status(candidate) == CandidateStatus.CANDIDATE


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_body_that_is_too_large_is_told(
    as_alice: Client, suggest: Suggest, alice: User, headers: dict[str, str]
) -> None:
    candidate = suggest(alice)
    data = {"code": "other", "reason": "x" * 10 * 2**20}
    encoded = urlencode(data)
    response = as_alice.post(path(candidate, "reject"), encoded, "application/x-www-form-urlencoded", headers=headers)
    assert response.status_code == 413
    assert status(candidate) == CandidateStatus.CANDIDATE


@pytest.mark.slow
def test_a_thousand_verdicts_come_with_one_decision(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice, evidence=[f"piece {number}." for number in range(1_000)])
    verdicts = {f"verdict-{piece['evidence_id']}": "supports" for piece in candidate.supporting_evidence}
    as_alice.post(path(candidate, "confirm"), verdicts)
    assert {piece["verdict"] for piece in PersonaTrait.objects.get(pk=candidate.pk).evidence} == {"supports"}


@pytest.mark.parametrize("field", ["reason", "code", "relation", "version", "verdict-x", "verdict-\x00", "shown"])
def test_null_bytes_break_nothing(as_alice: Client, suggest: Suggest, alice: User, field: str) -> None:
    candidate = suggest(alice)
    for headers in ({}, HTMX):
        response = as_alice.post(path(candidate, "reject"), {"code": "other", field: "a\x00b"}, headers=headers)
        assert response.status_code in (200, 302, 400, 409)


# Two tabs


@pytest.mark.slow
def test_what_another_tab_decided_is_told_and_shown(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    for action, data in (("confirm", {}), ("reject", {"code": "other"}), ("edit", UNCHANGED)):
        for headers in ({}, HTMX):
            response = as_alice.post(path(candidate, action), {**data, "version": 1}, headers=headers)
            assert response.status_code == 409
            assert "already decided" in text_of(response)
            assert "Open trait" in text_of(response)
    assert as_alice.get(path(candidate, "edit")).status_code == 409
    assert UserRefinedTrait.objects.filter(user=alice).count() == 1


def test_a_stale_card_is_shown_afresh(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    ExtractedTraitCandidate.objects.filter(pk=candidate.pk).update(version=5)
    response = as_alice.post(path(candidate, "confirm"), {"version": 1}, headers=HTMX)
    assert response.status_code == 409
    assert 'name="version" value="5"' in response.content.decode()
    assert as_alice.post(path(candidate, "confirm"), {"version": 5}, headers=HTMX).status_code == 200


# Decided ones


def test_rejected_can_be_reviewed_again(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="other")
    assert "Review again" in text_of(as_alice.get("/review/?tab=rejected"))
    response = as_alice.post(path(candidate, "reopen") + "?tab=rejected", {"version": 2})
    assert response["Location"] == path(candidate)
    assert status(candidate) == CandidateStatus.CANDIDATE


def test_confirmed_ones_say_whether_the_graph_has_them(as_alice: Client, alice: User) -> None:
    outcome = confirmed(alice)
    assert "on its way" in text_of(as_alice.get("/review/?tab=confirmed"))
    alice.persona.refresh_from_db()
    alice.persona.projected_revision = alice.persona.revision
    alice.persona.save()
    assert "in your persona" in text_of(as_alice.get(f"/review/{outcome.action_id and outcome.trait.pk}/"))  # type: ignore[union-attr]
