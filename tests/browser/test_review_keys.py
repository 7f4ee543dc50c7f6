"""The keys of the review queue in a browser: where the focus goes, what is announced, without a reload."""

import re

import pytest
from playwright.sync_api import expect

from ptfi.accounts.models import User
from tests.support.browser import Opened, no_request, recorded
from tests.support.cast import acting_for_self, confirmed
from tests.support.decisions import status
from tests.support.review_browser import all_sent, assert_not_reloaded, heading, mark_page
from traits import decisions
from traits.models import CandidateStatus, ExtractedTraitCandidate, RejectionCode

pytestmark = pytest.mark.django_db(transaction=True)


def test_j_and_k_move(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    expect(heading(page)).to_have_text("Likes number 0")
    page.keyboard.press("j")
    expect(heading(page)).to_have_text("Likes number 1")
    expect(heading(page)).to_be_focused()
    expect(page.locator("#rows a[aria-current]")).to_contain_text("Likes number 1")
    assert page.url.endswith(f"/review/{queue[1].pk}/")
    page.keyboard.press("k")
    expect(heading(page)).to_have_text("Likes number 0")
    page.keyboard.press("k")
    assert_not_reloaded(page)
    page.go_back()
    expect(heading(page)).to_have_text("Likes number 1")


def test_c_confirms_and_the_next_is_there(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    expect(heading(page)).to_be_focused()
    expect(page.locator("#toasts")).to_contain_text("Confirmed “Likes number 0”.")
    expect(page.locator("#toasts")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#decided")).to_contain_text("1 of 5")
    expect(page.locator("#rows li")).to_have_count(4)
    assert_not_reloaded(page)
    all_sent(page)
    assert status(queue[0]) == CandidateStatus.CONFIRMED


@pytest.mark.parametrize(
    ("digit", "code"),
    list(enumerate(RejectionCode.values, 1)),
)
def test_r_and_a_digit_reject(opened: Opened, queue: list[ExtractedTraitCandidate], digit: int, code: str) -> None:
    page = opened()
    page.keyboard.press("r")
    expect(page.locator("details[data-menu=reject]")).to_have_attribute("open", "")
    page.keyboard.press(str(digit))
    expect(heading(page)).to_have_text("Likes number 1")
    all_sent(page)
    assert status(queue[0]) == CandidateStatus.REJECTED
    page.goto(page.url.split("/review/")[0] + f"/review/{queue[0].pk}/")
    expect(page.locator(".verdict-line")).to_contain_text(str(RejectionCode(code).label))


def test_a_digit_alone_does_nothing(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    with no_request(page):
        page.keyboard.press("r")
        page.keyboard.press("Escape")
        for key in ("1", "Enter", "Backspace", "Delete", "Control+c", "Alt+c", "Meta+c"):
            page.keyboard.press(key)
    expect(heading(page)).to_have_text("Likes number 0")
    all_sent(page)
    assert {status(each) for each in queue} == {CandidateStatus.CANDIDATE}


def test_a_request_is_noticed(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    # Keys show what was fetched ahead, so they send nothing that could be waited for.
    with pytest.raises(AssertionError, match="/review/"), no_request(page):
        page.evaluate("fetch('/review/')")


def test_keys_are_off_while_typing(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    with no_request(page):
        page.keyboard.press("r")
        page.locator("#reason").fill("")
        page.locator("#reason").press_sequentially("crude 1 joke")
    expect(page.locator("#reason")).to_have_value("crude 1 joke")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("number 3")
    expect(page.locator("#rows li")).to_have_count(1)
    expect(page.locator("#q")).to_have_value("number 3")
    assert page.url.endswith("/review/?q=number+3")
    all_sent(page)
    assert {status(each) for each in queue} == {CandidateStatus.CANDIDATE}


def test_keys_can_be_switched_off(opened: Opened, queue: list[ExtractedTraitCandidate], alice: User) -> None:
    alice.keys_enabled = False
    alice.save()
    page = opened()
    with no_request(page):
        for key in "cjx":
            page.keyboard.press(key)
    expect(heading(page)).to_have_text("Likes number 0")
    all_sent(page)
    assert status(queue[0]) == CandidateStatus.CANDIDATE
    expect(page.locator(".actions kbd")).to_have_count(0)


def test_d_and_a_digit_snooze(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    for key, number in (("1", 1), ("2", 2), ("3", 3)):
        page.keyboard.press("d")
        page.keyboard.press(key)
        expect(heading(page)).to_have_text(f"Likes number {number}")
    all_sent(page)
    assert [status(each) for each in queue[:3]] == [CandidateStatus.AWAITING_REFINEMENT] * 3


def test_e_edits_and_keeps_verdicts(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.get_by_role("radio", name="Out of context").first.check()
    page.keyboard.press("e")
    expect(heading(page)).to_have_text("Edit, then confirm")
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_role("radio", name="Out of context").first).to_be_checked()
    page.get_by_label("Name").fill("")
    page.get_by_role("button", name="Confirm with these changes").click()
    expect(page.locator("#id_name_error")).to_have_text("Enter a name.")
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("Likes number nil")
    page.get_by_role("radio", name="4").check()
    page.get_by_role("button", name="Confirm with these changes").click()
    expect(heading(page)).to_have_text("Likes number 1")
    expect(page.locator("#toasts")).to_contain_text("with your changes")
    assert_not_reloaded(page)
    all_sent(page)
    assert status(queue[0]) == CandidateStatus.REFINED


def test_m_merges_into_a_trait(opened: Opened, queue: list[ExtractedTraitCandidate], alice: User) -> None:
    confirmed(alice, "Cooks well", concepts=["food"])
    confirmed(alice, "Bakes bread", concepts=["food"])
    page = opened()
    page.keyboard.press("m")
    expect(page.locator("#merge-q")).to_be_focused()
    expect(page.locator("#merge-choices button")).to_have_count(2)
    page.keyboard.type("cook")
    expect(page.locator("#merge-choices button")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Merged “Likes number 0” into “Cooks well”.")
    all_sent(page)
    assert status(queue[0]) == CandidateStatus.REFINED


def test_z_takes_back_and_opens(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    page.keyboard.press("z")
    expect(heading(page)).to_have_text("Likes number 0")
    expect(page.locator("#toasts")).to_contain_text("Undone. “Likes number 0” is back in your queue.")
    expect(page.locator("#undo button")).to_be_disabled()
    assert_not_reloaded(page)
    all_sent(page)
    assert status(queue[0]) == CandidateStatus.CANDIDATE


def test_x_selects_a_range_and_one_undo_takes_all_back(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.keyboard.press("x")
    for number in (1, 2):
        page.keyboard.press("j")
        expect(heading(page)).to_have_text(f"Likes number {number}")
    page.keyboard.press("X")
    expect(page.locator("#selected")).to_have_text("Selected: 3")
    page.locator("#bulk").get_by_role("button", name="Reject").click()
    expect(heading(page)).to_have_text("Reject 3 suggestions")
    expect(heading(page)).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator("#toasts")).to_contain_text("Rejected 3 suggestions.")
    all_sent(page)
    assert [status(each) for each in queue[:3]] == [CandidateStatus.REJECTED] * 3
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Undone. 3 suggestions are back in your queue.")
    expect(page.locator("#rows li")).to_have_count(5)
    all_sent(page)
    assert {status(each) for each in queue} == {CandidateStatus.CANDIDATE}
    assert_not_reloaded(page)


def test_help_opens_and_closes(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    expect(page.locator("#help-title")).to_be_focused()
    page.keyboard.press("c")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    all_sent(page)
    assert status(queue[0]) == CandidateStatus.CANDIDATE


def test_n_goes_to_a_trait_of_ones_own(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"/traits/new/$"))


def test_what_another_tab_decided_is_said(opened: Opened, queue: list[ExtractedTraitCandidate], alice: User) -> None:
    page = opened()
    mark_page(page)
    decisions.confirm(**acting_for_self(alice), candidate_id=queue[0].pk)
    page.keyboard.press("c")
    expect(page.locator("#faults")).to_contain_text("already decided")
    expect(page.locator("#toasts [data-toast]")).to_have_count(0)
    expect(page.get_by_role("link", name="Open trait")).to_be_visible()
    expect(page.locator("#rows li")).to_have_count(4)
    page.keyboard.press("j")
    expect(heading(page)).to_have_text("Likes number 1")
    expect(page).to_have_title("Likes number 1 · Review · PTFI")
    assert_not_reloaded(page)


def test_a_held_key_decides_once(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    with recorded(page) as requests:
        for _ in range(4):
            page.keyboard.down("c")
        page.keyboard.up("c")
        expect(heading(page)).to_have_text("Likes number 1")
    assert [request.method for request in requests].count("POST") == 1
    all_sent(page)
    assert [status(each) for each in queue].count(CandidateStatus.CONFIRMED) == 1
