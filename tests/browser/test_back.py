"""The browser's Back: always a whole page, which shows things as they are now."""

import re

import pytest
from playwright.sync_api import Page, expect

from ptfi.accounts.models import User
from tests.support.browser import Opened
from tests.support.cast import acting_for_self, confirmed_trait
from tests.support.decisions import status
from tests.support.review_browser import heading
from traits import decisions
from traits.models import CandidateStatus, ExtractedTraitCandidate, PersonaTrait

pytestmark = pytest.mark.django_db(transaction=True)


def back(page: Page) -> None:
    page.go_back()
    # A fragment would have no navigation.
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_back_in_the_review_shows_cards_as_they_are(
    opened: Opened, queue: list[ExtractedTraitCandidate], alice: User
) -> None:
    page = opened()
    for place in (1, 2, 3):
        page.locator("#rows a").nth(place).click()
        expect(heading(page)).to_have_text(f"Likes number {place}")
    page.keyboard.press("c")
    expect(page.locator("#toasts")).to_contain_text("Likes number 3")
    expect(heading(page)).not_to_have_text("Likes number 3")
    # Another tab decides about one that was open here.
    decisions.confirm(**acting_for_self(alice), candidate_id=queue[1].pk)
    for place in (2, 1, 0):
        back(page)
        expect(heading(page)).to_have_text(f"Likes number {place}")
        expect(page.locator("#open").get_by_role("button", name=re.compile("^Confirm"))).to_have_count(int(place != 1))
    page.go_forward()
    expect(heading(page)).to_have_text("Likes number 1")
    expect(page.locator("#open")).to_contain_text("Confirmed")


def test_what_was_undone_elsewhere_is_undecided_when_one_comes_back(opened: Opened, alice: User) -> None:
    trait = confirmed_trait(alice, "Loves jazz")
    page = opened(f"/review/{trait.pk}/")
    expect(page.locator("#open")).to_contain_text("Confirmed")
    page.goto(page.url.replace("/review/", "/traits/"))
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator("#toasts, .toasts").first).to_contain_text("Loves jazz")
    assert not PersonaTrait.objects.filter(pk=trait.pk).exists()
    while f"/review/{trait.pk}/" not in page.url:
        back(page)
    expect(heading(page)).to_have_text("Loves jazz")
    page.keyboard.press("c")
    expect(page.locator("#toasts")).to_contain_text("Confirmed")
    assert PersonaTrait.objects.filter(pk=trait.pk).exists()


def test_back_with_a_selection_is_a_whole_page(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened("/traits/")
    page.get_by_role("link", name="Review", exact=True).click()
    expect(heading(page)).to_have_text("Likes number 0")
    # The heading may be there before the scripts, which listen to keys.
    page.wait_for_load_state()
    page.keyboard.press("x")
    expect(page.locator("#selected")).to_have_text("Selected: 1")
    page.keyboard.press("j")
    expect(heading(page)).to_have_text("Likes number 1")
    page.keyboard.press("x")
    expect(page.locator("#selected")).to_have_text("Selected: 2")
    back(page)
    expect(page).to_have_url(re.compile("/review/$"))
    expect(page.locator("#rows a")).to_have_count(len(queue))
    ticked = page.locator("#rows input:checked").count()
    expect(page.locator("#selected")).to_have_text(f"Selected: {ticked}" if ticked else "")
    assert {status(each) for each in queue} == {CandidateStatus.CANDIDATE}
