"""Forms in a browser: what was typed outlasts sessions, leaving and lost connections, and is sent once."""

import pytest
from django.conf import settings
from playwright.sync_api import Dialog, Page, expect

from ptfi.accounts.models import User
from tests.support.browser import Enter, Opened, settle
from tests.support.cast import PASSWORD, confirmed_trait
from tests.support.decisions import status
from tests.support.review_browser import all_sent, heading, sign_in_elsewhere
from traits.models import CandidateStatus, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db(transaction=True)
NOTES = "Ten lines\nabout jazz"


def end_session(page: Page) -> None:
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)


def come_back(page: Page) -> None:
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def leaves(page: Page) -> list[str]:
    """The kinds of questions that leaving the page asks; each is answered by leaving."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    return asked


def test_a_page_of_before_a_sign_in_still_decides(
    alice: User, page: Page, site: str, enter: Enter, queue: list[ExtractedTraitCandidate]
) -> None:
    enter(page, alice).goto(f"{site}/review/")
    end_session(page)
    sign_in_elsewhere(page, site, alice)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    all_sent(page)
    assert status(queue[0]) == CandidateStatus.CONFIRMED


def test_an_edit_outlasts_its_session(
    alice: User, page: Page, site: str, enter: Enter, queue: list[ExtractedTraitCandidate]
) -> None:
    enter(page, alice).goto(f"{site}/review/")
    page.keyboard.press("e")
    page.get_by_label("Description").fill(NOTES)
    end_session(page)
    page.get_by_role("button", name="Confirm with these changes").click()
    expect(heading(page)).to_have_text("Likes number 1")
    notice = page.locator("#on-their-way")
    expect(notice).to_contain_text("You’ve been signed out. Decisions that wait for you: 1")
    sign_in_elsewhere(page, site, alice)
    come_back(page)
    all_sent(page)
    expect(notice).to_be_hidden()
    assert PersonaTrait.objects.get(user=alice).description == NOTES


@pytest.mark.parametrize("another", [False, True])
def test_a_trait_outlasts_its_session(
    alice: User, bob: User, page: Page, site: str, enter: Enter, another: bool
) -> None:
    trait = confirmed_trait(alice)
    enter(page, alice).goto(f"{site}/traits/{trait.pk}/edit/")
    page.get_by_label("Notes").fill(NOTES)
    end_session(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("You’ve been signed out. What you typed is still here.")
    sign_in_elsewhere(page, site, bob if another else alice)
    page.get_by_role("button", name="Save").click()
    if another:
        expect(page.locator("#toasts")).to_contain_text("Another account is signed in in this browser now")
    else:
        expect(page.locator("#toasts")).to_contain_text("Saved “Loves jazz”.")
    assert PersonaTrait.objects.get(pk=trait.pk).notes == ("" if another else NOTES)


def test_a_page_of_another_account_gets_no_token_of_the_session(
    alice: User, bob: User, page: Page, site: str, enter: Enter, queue: list[ExtractedTraitCandidate]
) -> None:
    token = "meta[name=csrf-token]"
    enter(page, alice).goto(f"{site}/review/")
    before = page.get_attribute(token, "content")
    end_session(page)
    sign_in_elsewhere(page, site, bob)
    with page.expect_response("**/accounts/session/"):
        come_back(page)
    settle(page)
    assert page.get_attribute(token, "content") == before
    page.keyboard.press("c")
    expect(page.locator("#on-their-way")).to_contain_text("Another account is signed in.")
    assert not UserRefinedTrait.objects.exists()


def test_without_a_script_the_form_is_there_after_signing_in(opened: Opened, alice: User) -> None:
    page = opened("/traits/new/", java_script_enabled=False)
    page.get_by_label("Name", exact=True).fill("Sails")
    page.get_by_label("Notes").fill(NOTES)
    end_session(page)
    page.get_by_role("button", name="Add to my persona").click()
    page.get_by_label("E-mail").fill(alice.email or "")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("Notes")).to_have_value(NOTES)
    page.get_by_label("Category").select_option("Skill")
    page.get_by_role("button", name="Add to my persona").click()
    expect(page.locator("#toasts")).to_contain_text("Added “Sails”.")


def test_a_decision_without_a_session_or_a_server_was_not_saved(
    alice: User, page: Page, site: str, enter: Enter, queue: list[ExtractedTraitCandidate]
) -> None:
    enter(page, alice).goto(f"{site}/review/")
    page.locator("#rows input").first.check()
    page.context.set_offline(True)
    page.locator("#bulk").get_by_role("button", name="Confirm").click()
    expect(page.locator("#toasts")).to_contain_text("We couldn’t reach the server. Your decision was not saved.")
    page.context.set_offline(False)
    end_session(page)
    page.locator("#bulk").get_by_role("button", name="Confirm").click()
    expect(page.locator("#toasts")).to_contain_text("You’ve been signed out. Your decision was not saved.")
    assert not UserRefinedTrait.objects.exists()


def test_a_plain_form_stays_while_the_server_is_away(alice: User, page: Page, site: str, enter: Enter) -> None:
    trait = confirmed_trait(alice)
    enter(page, alice).goto(f"{site}/traits/{trait.pk}/edit/")
    page.get_by_label("Notes").fill(NOTES)
    page.context.set_offline(True)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("We couldn’t reach the server. What you typed is still here.")
    expect(page.get_by_label("Notes")).to_have_value(NOTES)
    page.context.set_offline(False)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved “Loves jazz”.")


def test_double_clicks_do_it_once(opened: Opened, alice: User) -> None:
    page = opened("/traits/new/")
    page.get_by_label("Name", exact=True).fill("Sails")
    page.get_by_label("Category").select_option("Skill")
    page.get_by_role("button", name="Add to my persona").dblclick(delay=60)
    expect(page.locator("#toasts")).to_contain_text("Added “Sails”.")
    page.get_by_role("link", name="Edit").first.click()
    page.get_by_label("Name", exact=True).fill("Sails a lot")
    page.get_by_role("button", name="Save").dblclick()
    expect(page.locator("#toasts")).to_contain_text("Saved “Sails a lot”.")
    page.get_by_role("button", name="Mark as dormant").dblclick()
    expect(page.locator("#toasts")).to_contain_text("dormant")
    assert UserRefinedTrait.objects.filter(user=alice).count() == 3


def test_leaving_asks_once_and_only_for_changes(opened: Opened, alice: User, site: str) -> None:
    trait = confirmed_trait(alice, "Two  spaces\nand lines", trait_description="  a \n b ")
    page = opened(f"/traits/{trait.pk}/edit/")
    asked = leaves(page)
    page.get_by_label("Notes").click()
    page.get_by_role("link", name="Persona", exact=True).click()
    expect(page.locator("h1", has_text="persona")).to_be_visible()
    assert asked == []
    for address, label in ((f"/traits/{trait.pk}/edit/", "Notes"), (f"/traits/{trait.pk}/remove/", "Why?")):
        page.goto(site + address)
        page.get_by_label(label).fill(NOTES)
        page.get_by_role("link", name="Persona", exact=True).click()
        expect(page.locator("h1", has_text="persona")).to_be_visible()
        assert asked == ["beforeunload"]
        asked.clear()
    page.goto(site + "/traits/new/")
    page.get_by_label("Name", exact=True).fill("Sails")
    page.get_by_role("button", name="Add to my persona").click()
    expect(page.get_by_text("Choose a category.")).to_be_visible()
    assert asked == []
    page.get_by_label("Category").select_option("Skill")
    page.get_by_role("button", name="Add to my persona").click()
    expect(page.locator("#toasts")).to_contain_text("Added “Sails”.")
    page.get_by_role("link", name="Persona", exact=True).first.click()
    assert asked == []


def test_the_review_asks_once_for_each_way_out(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    asked = leaves(page)
    for leave in ("#rows li:nth-child(3) a", '.review-tabs a[href*="later"]', ".brand"):
        page.goto(page.url.split("/review/")[0] + "/review/")
        page.keyboard.press("e")
        page.get_by_label("Description").fill(NOTES)
        page.locator(leave).first.click()
        expect(page.locator("#edit")).to_have_count(0)
        assert len(asked) == 1, leave
        asked.clear()
    page.goto(page.url.split("/review/")[0] + "/review/")
    page.keyboard.press("e")
    page.get_by_label("Description").fill(NOTES)
    page.get_by_role("button", name="Confirm with these changes").click()
    expect(heading(page)).to_have_text("Likes number 1")
    page.locator("#rows a").nth(2).click()
    expect(heading(page)).to_have_text("Likes number 3")
    page.go_back()
    assert asked == []


def test_a_reason_is_there_when_the_card_is_again(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    asked = leaves(page)
    page.keyboard.press("r")
    page.locator("#reason").fill(NOTES)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(heading(page)).to_have_text("Likes number 1")
    expect(page.locator("#reason")).to_have_value("")
    page.keyboard.press("k")
    expect(heading(page)).to_have_text("Likes number 0")
    expect(page.locator("#reason")).to_have_value(NOTES)
    assert asked == []
    page.locator(".brand").click()
    expect(page.locator("#reason")).to_have_value("")
    assert asked == ["beforeunload"]
