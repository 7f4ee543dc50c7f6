"""Quick hands and other keyboards in the review queue, and lists that grow: focus, filters, selections."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ptfi.accounts.models import User
from tests.support.browser import Opened, no_request
from tests.support.cast import Suggest, acting_for_self, confirmed_trait
from tests.support.decisions import status
from tests.support.review_browser import all_sent, heading
from traits import decisions
from traits.models import CandidateStatus, ExtractedTraitCandidate, PersonaTrait

pytestmark = pytest.mark.django_db(transaction=True)


def press(page: Page, **key: object) -> None:
    """A key as a browser reports it for a layout that the test machine does not have."""
    page.evaluate(
        "key => document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {bubbles: true, cancelable: true, ...key}))",
        key,
    )


def number_of(queue: list[ExtractedTraitCandidate], wanted: str) -> int:
    return [status(each) for each in queue].count(CandidateStatus(wanted))


def test_the_second_of_two_clicks_is_not_for_the_next_card(
    opened: Opened, queue: list[ExtractedTraitCandidate]
) -> None:
    page = opened()
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    page.wait_for_timeout(450)
    for number in (2, 3):
        box = page.locator("#open [data-act=confirm]").bounding_box()
        assert box
        at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.click(*at)
        expect(heading(page)).to_have_text(f"Likes number {number}")
        page.mouse.click(*at)
        page.wait_for_timeout(700)
        expect(heading(page)).to_have_text(f"Likes number {number}")
    assert page.evaluate("at => Boolean(document.elementFromPoint(...at).closest('[data-act=confirm]'))", list(at))
    all_sent(page)
    assert number_of(queue, "confirmed_by_user") == 3


def test_the_second_of_two_keys_is_not_for_the_next_card(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    page.keyboard.press("c")
    page.wait_for_timeout(700)
    expect(heading(page)).to_have_text("Likes number 1")
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 2")
    page.wait_for_timeout(450)
    page.keyboard.press("z")
    expect(heading(page)).to_have_text("Likes number 1")
    page.keyboard.press("z")
    page.wait_for_timeout(700)
    expect(heading(page)).to_have_text("Likes number 1")
    all_sent(page)
    assert number_of(queue, "confirmed_by_user") == 1


@pytest.mark.parametrize("layout", [("с", "KeyC"), ("ψ", "KeyC"), ("ב", "KeyC"), ("C", "KeyC"), ("c", "KeyI")])
def test_keys_of_other_layouts(opened: Opened, queue: list[ExtractedTraitCandidate], layout: tuple[str, str]) -> None:
    page = opened()
    press(page, key=layout[0], code=layout[1], modifierCapsLock=layout[0] == "C")
    expect(heading(page)).to_have_text("Likes number 1")


def test_keys_that_are_not_meant_for_us(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    with no_request(page):
        press(page, key="с", code="KeyC", ctrlKey=True)
        press(page, key="ć", code="KeyC")
        press(page, key="c", code="KeyC", modifierAltGraph=True)
        press(page, key="c", code="KeyC", isComposing=True)
        press(page, key="Process", code="KeyC")
        press(page, key="i", code="KeyC")
        press(page, key="C", code="KeyC", shiftKey=True)
    expect(heading(page)).to_have_text("Likes number 0")


@pytest.mark.parametrize(
    "digit", [{"key": "é", "code": "Digit2"}, {"key": "2", "code": "Numpad2"}, {"key": "٢", "code": "Digit2"}]
)
def test_digits_of_other_layouts(
    opened: Opened, queue: list[ExtractedTraitCandidate], digit: dict[str, object]
) -> None:
    page = opened()
    page.keyboard.press("r")
    press(page, **digit)
    expect(heading(page)).to_have_text("Likes number 1")
    all_sent(page)
    assert status(queue[0]) == CandidateStatus.REJECTED


def test_caps_lock_makes_no_range(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    press(page, key="X", code="KeyX", modifierCapsLock=True)
    for number in (1, 2):
        page.keyboard.press("j")
        expect(heading(page)).to_have_text(f"Likes number {number}")
    press(page, key="X", code="KeyX", modifierCapsLock=True)
    expect(page.locator("#selected")).to_have_text("Selected: 2")
    press(page, key="x", code="KeyX", modifierCapsLock=True, shiftKey=True)
    page.keyboard.press("k")
    expect(heading(page)).to_have_text("Likes number 1")
    press(page, key="ч", code="KeyX", shiftKey=True)
    expect(page.locator("#selected")).to_have_text("Selected: 3")


def test_the_filter_follows_the_tab(opened: Opened, queue: list[ExtractedTraitCandidate], alice: User) -> None:
    decisions.reject(**acting_for_self(alice), candidate_id=queue[0].pk, code="other")
    page = opened("/review/?tab=rejected")
    page.get_by_role("button", name="Review again").click()
    expect(page.locator(".review-tabs [aria-current]")).to_contain_text("To review")
    page.get_by_label("Search", exact=True).fill("number 3")
    expect(page.locator("#rows li")).to_have_count(1)
    expect(page.locator(".review-tabs [aria-current]")).to_contain_text("To review")
    expect(heading(page)).to_have_text("Likes number 3")


def test_filters_can_be_cleared_as_soon_as_there_are_any(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    clear = page.locator("#cleared").get_by_role("link", name="Clear filters")
    expect(clear).to_have_count(0)
    page.get_by_label("Category").select_option("Skill")
    expect(clear).to_be_visible()
    page.get_by_role("link", name="More filters").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Model")).to_be_focused()
    clear.click()
    expect(page.locator("#rows li")).to_have_count(5)
    expect(clear).to_have_count(0)


def test_loading_more_by_keyboard_goes_on_there(opened: Opened, suggest: Suggest, alice: User) -> None:
    now = timezone.now()
    suggest(alice, "Likes much", evidence=[f"Piece {number}" for number in range(30)], created_at=now)
    for number in range(40):
        suggest(alice, f"Likes {number}", created_at=now - dt.timedelta(hours=number + 1))
    page = opened(viewport={"width": 1280, "height": 500})
    more = page.get_by_role("button", name=re.compile("^Show .* more of 30|^Show all 30"))
    pieces = page.locator("#open .piece").count()
    more.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#open .piece").nth(pieces)).to_be_focused()
    page.locator("#more a").focus()
    expect(page.locator("#rows li[data-row]")).to_have_count(41)
    expect(page.locator("#rows li[data-row] a").nth(30)).to_be_focused()


def test_closing_a_notice_leaves_the_focus_on_the_page(opened: Opened, alice: User) -> None:
    trait = confirmed_trait(alice)
    page = opened(f"/traits/{trait.pk}/")
    page.get_by_role("button", name="Mark as dormant").click()
    page.get_by_role("button", name="Close message").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_all_that_are_shown_may_be_more_than_one_part(opened: Opened, suggest: Suggest, alice: User) -> None:
    now = timezone.now()
    for number in range(210):
        suggest(alice, f"Likes {number}", created_at=now - dt.timedelta(minutes=number))
    page = opened()
    for loaded in (60, 90, 120, 150, 180, 210):
        page.locator("#more a").scroll_into_view_if_needed()
        expect(page.locator("#rows li[data-row]")).to_have_count(loaded)
    page.get_by_role("link", name="Select all shown").click()
    expect(page.locator("#selected")).to_have_text("Selected: 210")
    page.locator("#bulk").get_by_role("button", name="Reject").click()
    expect(heading(page)).to_have_text("Reject 210 suggestions")


def test_what_says_the_same_is_counted(opened: Opened, suggest: Suggest, alice: User) -> None:
    for name in ("Repairs radios", "Loves sea shanties", "loves SEA shanties", "Loves sea  shanties!"):
        suggest(alice, name)
    page = opened()
    page.get_by_label("Select “Repairs radios”").check()
    page.locator("#rows input").first.check()
    page.locator("#bulk").get_by_role("button", name="Reject").click()
    expect(page.locator("#apply")).to_contain_text("And 2 that say the same")
    expect(page.locator("#apply")).to_contain_text("4 are rejected in all")
    page.get_by_role("button", name="Not me").click()
    expect(page.locator("#toasts")).to_contain_text("Rejected 4 suggestions.")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("4 suggestions are back in your queue.")
    all_sent(page)
    assert not PersonaTrait.objects.exists()
