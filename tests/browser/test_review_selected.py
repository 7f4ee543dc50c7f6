"""Keys in the review queue that act on what is selected, on what was just decided, and on the evidence; and Ctrl+K."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from ptfi.accounts.models import User
from tests.support.browser import Opened, no_request
from tests.support.cast import Suggest, acting_for_self
from tests.support.decisions import status
from tests.support.review_browser import all_sent, assert_not_reloaded, heading, mark_page, ready
from traits import decisions
from traits.models import CandidateStatus, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db(transaction=True)
WAITING, CONFIRMED, REJECTED = CandidateStatus.CANDIDATE, CandidateStatus.CONFIRMED, CandidateStatus.REJECTED


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def select_four(page: Page) -> None:
    """Five keys: the first, and the range up to the fourth."""
    page.wait_for_load_state("networkidle")
    keys(page, "x", "j", "j", "j")
    expect(heading(page)).to_have_text("Likes number 3")
    keys(page, "X")
    expect(page.locator("#selected")).to_have_text("Selected: 4")


def test_keys_decide_on_the_selection(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    select_four(page)
    keys(page, "c")
    expect(heading(page)).to_have_text("Confirm 4 suggestions")
    # Escape goes back to the card with the selection kept; again, it clears the selection.
    keys(page, "Escape")
    expect(heading(page)).to_have_text("Likes number 3")
    expect(page.locator("#selected")).to_have_text("Selected: 4")
    keys(page, "Escape")
    expect(page.locator("#selected")).to_have_text("")
    keys(page, "x", "k")
    expect(heading(page)).to_have_text("Likes number 2")
    keys(page, "x", "d")
    expect(heading(page)).to_have_text("Snooze 2 suggestions")
    # Another key previews another decision; the same key makes it, with the first reason.
    keys(page, "r")
    expect(heading(page)).to_have_text("Reject 2 suggestions")
    assert {status(each) for each in queue} == {WAITING}
    ready(page)
    keys(page, "r")
    expect(page.locator("#toasts")).to_contain_text("Rejected 2 suggestions.")
    assert [status(each) for each in queue] == [WAITING, WAITING, REJECTED, REJECTED, WAITING]
    ready(page)
    select_rest(page)
    keys(page, "c")
    expect(heading(page)).to_have_text("Confirm 3 suggestions")
    ready(page)
    keys(page, "Enter")
    expect(page.locator("#toasts")).to_contain_text("Confirmed 3 suggestions.")
    # One undo each, and one redo each, in the same page.
    for key, text in (
        ("z", "3 suggestions are back"),
        ("z", "2 suggestions are back"),
        ("Z", "Rejected 2"),
        ("Z", "Confirmed 3"),
    ):
        ready(page)
        keys(page, key)
        expect(page.locator("#toasts")).to_contain_text(text)
    assert [status(each) for each in queue].count(REJECTED) == 2
    assert [status(each) for each in queue].count(CONFIRMED) == 3
    assert_not_reloaded(page)


def select_rest(page: Page) -> None:
    keys(page, "A")
    expect(page.locator("#selected")).to_have_text("Selected: 3")


def test_a_rejection_in_ones_own_words_takes_three_keys(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")
    # Before the reason: r, a, the words, Ctrl+Enter.
    keys(page, "r", "a")
    page.keyboard.type("That was a joke.")
    keys(page, "Control+Enter")
    expect(heading(page)).to_have_text("Likes number 1")
    # After it: r, a digit, a, the words, Ctrl+Enter. Both travel behind the next card, in order.
    page.route(re.compile("/review/[0-9a-f-]+/(reject|note)/"), lambda route: route.abort())
    ready(page)
    keys(page, "r", "1")
    expect(heading(page)).to_have_text("Likes number 2")
    keys(page, "a")
    expect(page.locator("#note-about")).to_have_text("Likes number 1")
    page.keyboard.type("Not so.")
    keys(page, "Control+Enter")
    expect(page.locator("#note")).to_be_hidden()
    expect(page.locator("#on-their-way [data-words]")).to_have_text("Waiting for the connection: 2")
    page.unroute_all()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    all_sent(page)
    expect(page.locator("#toasts")).to_contain_text("Added your note on “Likes number 1”.")
    entries = UserRefinedTrait.objects.order_by("revision")
    said = [(each.rejection_code, each.content["reason"]) for each in entries]
    assert said == [("other", "That was a joke."), ("not_me", ""), ("not_me", "Not so.")]
    expect(page.locator("#undo button")).to_have_attribute("title", re.compile("Undo: note on .*Likes number 1"))


def test_the_same_note_twice_is_two_notes(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")
    keys(page, "r", "1")
    all_sent(page)
    for _ in range(2):
        keys(page, "a")
        page.keyboard.type("Twice.")
        keys(page, "Control+Enter")
        all_sent(page)
    said = [each.content["reason"] for each in UserRefinedTrait.objects.order_by("revision")]
    assert said == ["", "Twice.", "Twice."]


def test_undo_of_a_refused_decision_undoes_no_other(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")
    decisions.reject(**acting_for_self(queue[0].user), candidate_id=queue[0].pk, code="other")
    held = list[Route]()
    page.route(re.compile("/review/[0-9a-f-]+/confirm/"), lambda route: held.append(route))
    ready(page)
    keys(page, "c")
    expect(page.locator("#on-their-way [data-words]")).to_contain_text("1")
    keys(page, "z")
    held[0].continue_()
    page.unroute_all()
    all_sent(page)
    expect(heading(page)).to_have_text("Likes number 0")
    keys(page, "j")
    expect(heading(page)).to_have_text("Likes number 1")
    ready(page)
    keys(page, "c")
    all_sent(page)
    # By the time that the next one is answered, anything that followed this one has been.
    expect(heading(page)).to_have_text("Likes number 2")
    ready(page)
    keys(page, "c")
    all_sent(page)
    page.wait_for_load_state("networkidle")
    assert [status(each) for each in queue[:3]] == [REJECTED, CONFIRMED, CONFIRMED]


def test_undo_says_what_and_redo_has_the_words(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    keys(page, "z")
    expect(page.locator("#toasts")).to_contain_text("There is nothing left to undo from this visit.")
    keys(page, "e")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Likes my number")
    keys(page, "Enter")
    expect(heading(page)).to_have_text("Edit, then confirm")
    keys(page, "Control+Enter")
    expect(heading(page)).to_have_text("Likes number 1")
    all_sent(page)
    expect(page.locator("#undo button")).to_have_attribute(
        "title", re.compile("Undo: confirmed .Likes my number. with")
    )
    ready(page)
    keys(page, "z")
    expect(heading(page)).to_have_text("Likes number 0")
    expect(page.locator("#redo")).to_be_visible()
    assert not PersonaTrait.objects.exists()
    ready(page)
    keys(page, "Z")
    expect(heading(page)).to_have_text("Likes number 1")
    all_sent(page)
    assert PersonaTrait.objects.get().name == "Likes my number"
    expect(page.locator("#redo")).to_be_hidden()
    assert_not_reloaded(page)


def test_verdicts_have_keys(opened: Opened, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice, "Loves jazz", evidence=["I love jazz.", "Jazz!", "So she says."])
    page = opened()
    with no_request(page):
        keys(page, "v", "1", "v", "v", "3")
        expect(page.locator(".piece.judging .quote")).to_have_text("So she says.")
        keys(page, "0", "3", "V", "V", "Escape")
    expect(page.locator(".judging")).to_have_count(0)
    expect(heading(page)).to_be_focused()
    keys(page, "c")
    expect(heading(page)).to_have_text("All done")
    all_sent(page)
    assert [piece["verdict"] for piece in PersonaTrait.objects.get(pk=candidate.pk).evidence] == [
        "supports",
        "",
        "not_me",
    ]


def test_own_keys_replace_the_usual_ones(opened: Opened, queue: list[ExtractedTraitCandidate], alice: User) -> None:
    alice.keys = {"confirm": "y", "next": "C"}
    alice.save()
    page = opened()
    with no_request(page):
        keys(page, "c", "j")
    expect(heading(page)).to_have_text("Likes number 0")
    page.keyboard.press("Shift+c")
    expect(heading(page)).to_have_text("Likes number 1")
    keys(page, "y")
    expect(heading(page)).to_have_text("Likes number 2")
    all_sent(page)
    assert [status(each) for each in queue[:2]] == [WAITING, CONFIRMED]


def test_everything_is_found_with_one_key(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    keys(page, "Control+k")
    expect(page.locator("#palette-q")).to_be_focused()
    page.keyboard.type("confirm as")
    expect(page.locator("#palette-list a")).to_have_count(2)
    expect(page.locator("#palette-list a[aria-selected=true]")).to_contain_text("Confirm as suggested")
    keys(page, "Enter")
    expect(heading(page)).to_have_text("Likes number 1")
    assert_not_reloaded(page)
    keys(page, "Control+k")
    page.keyboard.type("connected")
    expect(page.locator("#palette-list a[aria-selected=true]")).to_contain_text("Connected apps")
    keys(page, "Enter")
    expect(page).to_have_url(re.compile("/accounts/connections/$"))
    page.wait_for_load_state("networkidle")
    keys(page, "Control+k")
    page.keyboard.type("number 0")
    expect(page.locator("#palette-list a")).to_have_count(2)
    keys(page, "ArrowDown", "Enter")
    expect(page).to_have_url(re.compile(r"/review/\?q=number\+0$"))


def test_many_are_decided_in_parts_with_progress(opened: Opened, suggest: Suggest, alice: User) -> None:
    for number in range(203):
        suggest(alice, f"Likes number {number}")
    page = opened()
    keys(page, "A")
    expect(page.locator("#selected")).to_have_text(re.compile(r"Selected: \d+$"))
    keys(page, "A")
    expect(page.locator("#selected")).to_have_text("Selected: All 203 that match")
    keys(page, "d")
    expect(heading(page)).to_have_text("Snooze 203 suggestions")
    keys(page, "3")
    expect(page.locator("#toasts")).to_contain_text("Snoozed 203 suggestions.", timeout=20_000)
    ready(page)
    keys(page, "z")
    expect(page.locator("#toasts")).to_contain_text("203 suggestions are back in your queue.", timeout=20_000)
