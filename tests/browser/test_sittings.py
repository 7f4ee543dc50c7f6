"""A sitting by keys, in Chromium: its progress follows, its end shows what was gained, and the strip undoes."""

import pytest
from playwright.sync_api import expect

from ptfi.accounts.models import User
from tests.support.browser import Opened
from tests.support.cast import Suggest

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sitting_is_worked_through_with_keys(opened: Opened, suggest: Suggest, alice: User) -> None:
    for number in range(3):
        suggest(alice, f"Number {number}", concepts=["jazz"])
    page = opened()
    page.get_by_role("button", name="Start with the 3 surest").click()
    expect(page.locator("#sitting-place")).to_have_text("1 of 3")
    page.locator("#open [data-heading]").wait_for()
    page.wait_for_timeout(600)
    page.keyboard.press("c")
    expect(page.locator("#sitting-place")).to_have_text("2 of 3")
    expect(page.locator(".strip li")).to_have_count(1)
    page.locator(".strip button").first.click()
    expect(page.locator("#sitting-place")).to_have_text("1 of 3")
    for _ in range(3):
        page.wait_for_timeout(900)
        page.keyboard.press("c")
    expect(page.locator("#open [data-heading]")).to_have_text("3 suggestions reviewed")
    expect(page.locator("svg.grown circle")).to_have_count(2)
    expect(page.get_by_role("link", name="Enough for today")).to_be_visible()


def test_filters_say_what_they_find_and_can_be_left(opened: Opened, suggest: Suggest, alice: User) -> None:
    suggest(alice, "Sails")
    suggest(alice, "Sings", trait_category="Skill")
    page = opened()
    page.locator("#category").select_option("Skill")
    expect(page.locator("#found")).to_have_text("1 of 2 found")
    page.get_by_role("link", name="Views").click()
    page.get_by_label("Save these filters as").fill("What I can do")
    page.get_by_role("button", name="Save view").click()
    expect(page.locator("#found")).to_have_text("1 of 2 found")
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#found")).to_have_text("")
    page.get_by_role("link", name="Views").click()
    page.get_by_role("link", name="What I can do").click()
    expect(page.locator("#rows .row-name")).to_have_text(["Sings"])
