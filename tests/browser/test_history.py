"""The history in a browser: filters and undoing without a reload, and the check that goes on by itself."""

import re

import pytest
from playwright.sync_api import expect

from ptfi.accounts.models import User
from tests.support.browser import Opened
from tests.support.cast import acting_for_self, confirmed, make_candidate
from tests.support.review_browser import assert_not_reloaded, mark_page
from traits import decisions
from traits.decisions.inputs import Changes
from traits.log import verification

pytestmark = pytest.mark.django_db(transaction=True)


def test_undo_and_filters_stay_on_the_page(alice: User, opened: Opened) -> None:
    confirmed(alice)
    decisions.reject(**acting_for_self(alice), candidate_id=make_candidate(alice, "Knits").pk, code="not_me")
    page = opened("/persona/history/")
    mark_page(page)
    page.get_by_role("button", name=re.compile("Undo.*confirmed “Loves jazz”")).click()
    expect(page.locator("#toasts")).to_contain_text("Undone. “Loves jazz” is back in your queue.")
    expect(page.locator("li:focus")).to_contain_text("You confirmed “Loves jazz”")
    page.get_by_label("Decision").select_option("rejected")
    expect(page.locator(".entry")).to_have_count(1)
    assert page.url.endswith("/persona/history/?decision=rejected&category=&actor=&since=&until=")
    assert_not_reloaded(page)
    page.go_back()
    expect(page.locator(".entry")).to_have_count(3)


def test_each_filter_works_by_itself(alice: User, opened: Opened) -> None:
    confirmed(alice)
    page = opened("/persona/history/")
    mark_page(page)
    for label, value in (("Category", "Skill"), ("Decided by", "staff")):
        page.get_by_label(label, exact=True).select_option(value)
        expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
        page.get_by_label(label, exact=True).select_option("")
        expect(page.locator(".entry")).to_have_count(1)
    for label, day in (("From", "2100-01-01"), ("To", "2001-01-01")):
        page.get_by_label(label, exact=True).fill(day)
        expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
        page.get_by_label(label, exact=True).fill("")
        expect(page.locator(".entry")).to_have_count(1)
    assert_not_reloaded(page)


def test_the_menu_is_within_a_phone(alice: User, opened: Opened) -> None:
    confirmed(alice)
    page = opened("/persona/history/", viewport={"width": 390, "height": 800})
    page.get_by_text("Verify or export").click()
    box = page.locator(".page-head .menu-panel").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_without_a_script(alice: User, opened: Opened) -> None:
    confirmed(alice)
    page = opened("/persona/history/", java_script_enabled=False)
    page.get_by_label("Decision").select_option("confirmed_asis")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Undone. “Loves jazz” is back in your queue.")
    expect(page).to_have_url(re.compile(r"decision=confirmed_asis.*#e-"))
    expect(page.locator(".entry")).to_contain_text("undo entry")


def test_the_check_goes_on_by_itself(alice: User, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "PIECE", 2)
    for number in range(5):
        decisions.add_trait(**acting_for_self(alice), changes=Changes(name=f"Hums {number}", category="Skill"))
    page = opened("/persona/history/check/")
    page.get_by_role("button", name="Verify now").click()
    expect(page.locator("#check")).to_contain_text("Log intact")
    expect(page.locator("#check")).to_contain_text("5 entries without a gap, from")
