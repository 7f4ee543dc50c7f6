"""The style page in a browser: choices that are not saved, faults, the slider, and the preview on a phone."""

import pytest
from playwright.sync_api import Dialog, expect

from ptfi.accounts.models import User
from tests.support.accessibility import faults
from tests.support.browser import NARROW, Opened, no_request
from traits.decisions import styles

pytestmark = pytest.mark.django_db(transaction=True)


def test_choices_that_are_not_saved_are_asked_about(opened: Opened, alice: User) -> None:
    page = opened("/styles/")
    asked = list[str]()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="At work").click()
    expect(page.get_by_role("link", name="At work")).to_have_attribute("aria-current", "page")
    assert asked == []
    page.locator("label.choice", has_text="Very formal").first.click()
    with no_request(page), page.expect_event("dialog"):
        page.get_by_role("link", name="With friends").click(no_wait_after=True)
    assert asked == ["beforeunload"]
    expect(page.get_by_role("radio", name="Very formal")).to_be_checked()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved 1 change")).to_be_visible()
    assert asked == ["beforeunload"]
    assert styles.styles(alice, "work") == {"FormalityLevel": "very_formal"}


def test_faults_lead_to_their_fields(opened: Opened) -> None:
    page = opened("/styles/")
    page.locator("#value-0").fill("Hi")
    page.get_by_role("button", name="Save", exact=True).click()
    notice = page.get_by_role("alert")
    expect(notice).to_be_focused()
    assert faults(page) == []
    notice.get_by_role("link", name="Custom").click()
    expect(page.locator("#value-0")).to_be_focused()


def test_on_a_phone_the_message_stays_in_sight(opened: Opened) -> None:
    page = opened("/styles/", viewport=NARROW)
    page.locator("#new_context").scroll_into_view_if_needed()
    page.locator("#field-VocabularyComplexity").scroll_into_view_if_needed()
    expect(page.locator("#style-preview")).to_be_in_viewport()
    expect(page.locator("#emoji-words")).to_be_hidden()
    page.get_by_role("radio", name="Set how often").check()
    expect(page.locator("#emoji-words")).to_be_visible()
