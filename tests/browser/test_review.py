"""The review queue in a browser: with a mouse, without a script, on a phone; and axe-core on its every state."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ptfi.accounts.models import User
from tests.support.accessibility import faults
from tests.support.browser import NARROW, WIDE, Opened, recorded
from tests.support.cast import Suggest, acting_for_self, confirmed
from tests.support.decisions import status
from tests.support.review_browser import all_sent, assert_not_reloaded, heading, mark_page
from traits import decisions
from traits.models import CandidateStatus, ExtractedTraitCandidate, PersonaTrait

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_notice_takes_back_too(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.keyboard.press("c")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(heading(page)).to_have_text("Likes number 0")
    assert_not_reloaded(page)
    all_sent(page)
    assert status(queue[0]) == CandidateStatus.CANDIDATE


def test_a_decision_keeps_the_selection(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.locator("#rows input").nth(3).check()
    page.locator("#open [data-act=confirm]").click()
    expect(heading(page)).to_have_text("Likes number 1")
    expect(page.locator(f'#rows input[value="{queue[3].pk}"]')).to_be_checked()
    expect(page.locator("#selected")).to_have_text("Selected: 1")


def test_what_says_the_same_is_decided_along(opened: Opened, suggest: Suggest, alice: User) -> None:
    first, second = suggest(alice, "Loves jazz"), suggest(alice, "loves JAZZ")
    page = opened()
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("All done")
    all_sent(page)
    assert {status(first), status(second)} == {CandidateStatus.CONFIRMED, CandidateStatus.REFINED}
    assert PersonaTrait.objects.count() == 1


def test_scrolling_loads_the_rest_of_the_list(opened: Opened, suggest: Suggest, alice: User) -> None:
    now = timezone.now()
    for number in range(70):
        suggest(alice, f"Likes {number}", created_at=now - dt.timedelta(hours=number))
    page = opened()
    expect(page.locator("#rows li[data-row]")).to_have_count(30)
    page.locator("#more a").scroll_into_view_if_needed()
    expect(page.locator("#rows li[data-row]")).to_have_count(60)
    page.locator("#rows a").nth(45).click()
    expect(heading(page)).to_have_text("Likes 45")
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes 46")
    expect(page.locator("#rows li[data-row]")).to_have_count(59)
    page.locator("#rows input").nth(50).check()
    page.locator("#bulk").get_by_role("button", name="Confirm").click()
    expect(heading(page)).to_have_text("Confirm 1 suggestion")


def test_more_filters_come_on_demand(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.get_by_role("link", name="More filters").click()
    page.get_by_label("Topic").select_option("jazz")
    expect(page).to_have_url(re.compile(r"/review/\?concept=jazz$"))
    expect(page.locator("#rows li")).to_have_count(5)


@pytest.mark.parametrize("script", [True, False])
def test_enter_in_a_text_field_decides_nothing(
    opened: Opened, queue: list[ExtractedTraitCandidate], script: bool
) -> None:
    page = opened(java_script_enabled=script)
    for menu, field in (("snooze", "#date"), ("merge", "#merge-q")):
        page.locator(f"details[data-menu={menu}] summary").click()
        if script:
            with recorded(page) as requests:
                page.locator(field).press("Enter")
            assert "POST" not in [request.method for request in requests]
        else:
            with page.expect_navigation():
                page.locator(field).press("Enter")
        page.goto(page.url)
    assert {status(each) for each in queue} == {CandidateStatus.CANDIDATE}


def test_without_a_script(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened(java_script_enabled=False)
    page.get_by_role("button", name="Confirm").last.click()
    expect(page.locator("#toasts")).to_contain_text("Confirmed “Likes number 0”.")
    expect(heading(page)).to_have_text("Likes number 1")
    page.locator("details[data-menu=reject] summary").click()
    page.get_by_role("button", name="Outdated").click()
    expect(heading(page)).to_have_text("Likes number 2")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(heading(page)).to_have_text("Likes number 1")
    page.locator("#rows input").nth(0).check()
    page.locator("#rows input").nth(1).check()
    page.locator("#bulk").get_by_role("button", name="Snooze").click()
    expect(page.locator("h2").first).to_have_text("Snooze 2 suggestions")
    page.get_by_role("button", name="Tomorrow").click()
    expect(page.locator("#toasts")).to_contain_text("Snoozed 2 suggestions.")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Name").fill("Edited without a script")
    page.get_by_role("button", name="Confirm with these changes").click()
    expect(page.locator("#toasts")).to_contain_text("with your changes")


def states(suggest: Suggest, alice: User) -> dict[str, str]:
    """Addresses of all kinds of pages, with difficult names."""
    confirmed(alice, "Loves jazz", concepts=["jazz", "music"])
    rejected = suggest(alice, "W" * 255)
    decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="other", reason="long " * 50)
    later = suggest(alice, "يحب موسيقى الجاز " * 10)
    decisions.snooze(**acting_for_self(alice), candidate_id=later.pk, until=timezone.now() + dt.timedelta(days=3))
    suggest(alice, "喜欢爵士乐" * 40, evidence=["我喜欢爵士乐" * 200, "x" * 500], confidence_score=0.3)
    suggest(alice, "Z̸̧̢̛̙a̷͔͑l̴̪̇go " * 8, trait_category="Skill", concepts=["c" * 200])
    private = suggest(alice, "Loves jazz, too", evidence=["Jazz and music."])
    private.supporting_evidence[0]["verdict"] = "too_private"
    private.save(update_fields=["supporting_evidence"])
    suggest(alice, "loves jazz too", concepts=["jazz", "music"])
    return {
        "queue": "/review/",
        "card": f"/review/{private.pk}/",
        "edit": f"/review/{private.pk}/edit/",
        "merge": f"/review/{private.pk}/merge/",
        "later": "/review/?tab=later",
        "confirmed": "/review/?tab=confirmed",
        "rejected": f"/review/{rejected.pk}/",
        "nothing": "/review/?q=nowhere",
        "filters": "/review/filters/",
    }


@pytest.mark.parametrize(("theme", "viewport"), [("light", WIDE), ("dark", NARROW)], ids=["wide", "narrow"])
def test_every_state_is_accessible(
    opened: Opened, suggest: Suggest, alice: User, viewport: dict[str, int], theme: str
) -> None:
    empty = opened(viewport=viewport, color_scheme=theme)
    assert faults(empty) == []
    root = empty.url.split("/review/")[0]
    for path in states(suggest, alice).values():
        empty.goto(root + path)
        assert faults(empty) == []
    empty.goto(root + "/review/")
    for key, menu in (("r", "reject"), ("d", "snooze"), ("m", "merge")):
        empty.keyboard.press(key)
        expect(empty.locator(f"details[data-menu={menu}]")).to_have_attribute("open", "")
        assert faults(empty) == []
        empty.keyboard.press("Escape")
    empty.keyboard.press("x")
    if viewport == NARROW:
        empty.get_by_role("button", name="Queue").click()
        expect(empty.locator("#queue")).to_be_visible()
        assert faults(empty) == []
    empty.locator("#bulk").get_by_role("button", name="Confirm").click()
    expect(heading(empty)).to_contain_text("Confirm")
    assert faults(empty) == []
    empty.keyboard.press("?")
    assert faults(empty) == []


def test_on_a_phone_the_actions_are_in_reach(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened(viewport=NARROW, has_touch=True, is_mobile=True)
    box = page.get_by_role("button", name="Confirm").last.bounding_box()
    assert box
    assert box["y"] > NARROW["height"] * 0.6
    assert box["y"] + box["height"] <= NARROW["height"]
    assert box["height"] >= 44
    page.get_by_role("button", name="Queue").click()
    page.locator("#rows a").nth(2).click()
    expect(heading(page)).to_have_text("Likes number 2")
    expect(page.locator("#queue")).to_be_hidden()


def test_a_form_that_was_opened_by_its_address_is_sent(opened: Opened, suggest: Suggest, alice: User) -> None:
    """It stands alone there: the card that HTMX would replace is on another page."""
    candidate = suggest(alice, "Loves jazz")
    page = opened(f"/review/{candidate.pk}/edit/")
    page.get_by_label("Name", exact=True).fill("Loves free jazz")
    with page.expect_navigation():
        page.get_by_role("button", name="Confirm").click()
    expect(page.locator("h1")).to_have_text("Review")
    all_sent(page)
    assert PersonaTrait.objects.get(user=alice).name == "Loves free jazz"
