"""What is open, chosen or typed on a card and not sent yet, in a browser: keys, moving on and refusals respect it."""

import pytest
from playwright.sync_api import Dialog, expect

from ptfi.accounts.models import User
from tests.support.browser import Opened, no_request
from tests.support.cast import Suggest, acting_for_self, confirmed
from tests.support.decisions import status
from tests.support.review_browser import all_sent, heading
from traits import decisions
from traits.models import CandidateStatus, ExtractedTraitCandidate, PersonaTrait

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("menu", ["reject", "snooze"])
def test_an_open_menu_takes_only_its_own_keys(opened: Opened, queue: list[ExtractedTraitCandidate], menu: str) -> None:
    page = opened()
    page.keyboard.press({"reject": "r", "snooze": "d"}[menu])
    with no_request(page):
        for key in "cejx?z":
            page.keyboard.press(key)
    expect(heading(page)).to_have_text("Likes number 0")
    expect(page.locator(f"details[data-menu={menu}]")).to_have_attribute("open", "")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(f"details[data-menu={menu}]")).not_to_have_attribute("open", "")
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    all_sent(page)
    assert [status(each) for each in queue].count(CandidateStatus.CONFIRMED) == 1


def test_an_untouched_edit_form_is_left_without_a_question(
    opened: Opened, queue: list[ExtractedTraitCandidate]
) -> None:
    page = opened()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.keyboard.press("e")
    expect(page.get_by_label("Name")).to_be_focused()
    heading(page).focus()
    with no_request(page):
        for key in "cjrx":
            page.keyboard.press(key)
    expect(heading(page)).to_have_text("Edit, then confirm")
    page.get_by_label("Name").focus()
    page.keyboard.press("Escape")
    expect(heading(page)).to_have_text("Likes number 0")
    all_sent(page)
    assert {status(each) for each in queue} == {CandidateStatus.CANDIDATE}


def test_a_changed_edit_form_is_left_only_on_purpose(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    answers = iter([False, True])
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept() if next(answers) else dialog.dismiss()

    page.on("dialog", answer)
    page.keyboard.press("e")
    page.get_by_label("Name").fill("Likes nothing")
    with no_request(page):
        page.locator("#rows a").nth(2).click()
    expect(page.get_by_label("Name")).to_have_value("Likes nothing")
    page.keyboard.press("Escape")
    expect(heading(page)).to_have_text("Likes number 0")
    assert len(asked) == 2


def test_verdicts_outlast_looking_at_another(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.get_by_role("radio", name="Out of context").first.check()
    page.keyboard.press("j")
    expect(heading(page)).to_have_text("Likes number 1")
    expect(page.get_by_role("radio", name="Out of context").first).not_to_be_checked()
    page.keyboard.press("k")
    expect(heading(page)).to_have_text("Likes number 0")
    expect(page.get_by_role("radio", name="Out of context").first).to_be_checked()
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    all_sent(page)
    assert PersonaTrait.objects.get(pk=queue[0].pk).evidence[0]["verdict"] == "out_of_context"


def test_a_refusal_keeps_the_place(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.keyboard.press("d")
    page.get_by_role("button", name="Snooze until then").click()
    expect(page.locator("#faults")).to_contain_text("Choose a date and a time.")
    expect(page.locator("#date")).to_be_focused()
    expect(page.locator("#rows a[aria-current]")).to_contain_text("Likes number 0")
    expect(page.locator("#toasts [data-toast]")).to_have_count(0)


def test_what_another_tab_decided_keeps_the_place(
    opened: Opened, queue: list[ExtractedTraitCandidate], alice: User
) -> None:
    page = opened(f"/review/{queue[2].pk}/")
    decisions.confirm(**acting_for_self(alice), candidate_id=queue[0].pk)
    page.evaluate("document.querySelector('#decide input[name=version]').value = 7")
    page.keyboard.press("c")
    expect(page.locator("#faults")).to_be_visible()
    expect(page.locator("#rows a[aria-current]")).to_contain_text("Likes number 2")


def test_selecting_does_not_move_the_list(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    before = page.locator("#rows").bounding_box()
    page.keyboard.press("x")
    expect(page.locator("#selected")).to_have_text("Selected: 1")
    assert page.locator("#rows").bounding_box() == before


@pytest.mark.parametrize("script", [True, False])
def test_the_card_leads_to_its_neighbours(opened: Opened, queue: list[ExtractedTraitCandidate], script: bool) -> None:
    page = opened(java_script_enabled=script)
    expect(page.get_by_role("link", name="Previous suggestion")).to_have_count(0)
    for number in (1, 2, 3, 4):
        page.get_by_role("link", name="Next suggestion").click()
        expect(heading(page)).to_have_text(f"Likes number {number}")
    expect(page.get_by_role("link", name="Next suggestion")).to_have_count(0)
    page.get_by_role("link", name="Previous suggestion").click()
    expect(heading(page)).to_have_text("Likes number 3")


def test_a_notice_goes_with_the_card(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.keyboard.press("c")
    expect(page.locator("#toasts")).to_contain_text("Confirmed “Likes number 0”.")
    page.keyboard.press("j")
    expect(heading(page)).to_have_text("Likes number 2")
    expect(page.locator("#toasts [data-toast]")).to_have_count(0)


def test_the_end_of_a_filter_leads_on(opened: Opened, suggest: Suggest, alice: User) -> None:
    suggest(alice, "Knows law", trait_category="Skill")
    suggest(alice, "Loves jazz")
    page = opened("/review/?category=Skill")
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Done with this filter")
    expect(page.locator("#open")).to_contain_text("1 more to review.")
    page.get_by_role("link", name="Continue with the rest").click()
    expect(heading(page)).to_have_text("Loves jazz")
    page.keyboard.press("d")
    page.keyboard.press("1")
    expect(heading(page)).to_have_text("All caught up")
    expect(page.locator("#open")).to_contain_text("1 snoozed.")


def test_what_becomes_of_a_clashing_trait_is_said(opened: Opened, suggest: Suggest, alice: User) -> None:
    confirmed(alice, "Loves jazz", concepts=["jazz"])
    suggest(alice, "Loves jazz, too", concepts=["jazz"])
    page = opened()
    page.locator(".clash > summary").click()
    expect(page.locator(".clash .compare").first).not_to_contain_text("Category")
    page.get_by_role("button", name="The new one is true now; mine was true before").click()
    expect(page.locator("#toasts")).to_contain_text("Confirmed “Loves jazz, too”. “Loves jazz” is dormant now.")
