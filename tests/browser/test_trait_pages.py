"""The pages of traits in a browser: filters, the notice about close names, the theme, and the graph catching up."""

import time

import pytest
from playwright.sync_api import Page, expect

from graph import connection
from ptfi.accounts.models import User
from tests.support.browser import Enter
from tests.support.cast import confirmed, confirmed_trait
from tests.support.graph_helpers import project

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _graph_is_there() -> None:
    connection._away_until = 0.0


def names(page: Page) -> list[str]:
    return page.locator(".trait-row-name").all_inner_texts()


def test_the_list_follows_its_filters_and_the_graph(alice: User, page: Page, site: str, enter: Enter) -> None:
    confirmed(alice, "Loves jazz")
    confirmed(alice, "Sails", trait_category="Skill")
    project(alice)
    confirmed(alice, "Plays jazz", trait_category="Skill")
    enter(page, alice).goto(f"{site}/traits/")
    expect(page.locator("#graph-state")).to_contain_text("1 change is on its way to your graph.")
    page.evaluate("window.notReloaded = true")
    page.get_by_label("Search").fill("jazz")
    expect(page.locator(".trait-row")).to_have_count(1)
    assert "q=jazz" in page.url
    project(alice)
    expect(page.locator(".trait-row")).to_have_count(2)
    expect(page.locator("#graph-state")).to_be_hidden()
    page.get_by_label("Category").select_option("Skill")
    expect(page.locator(".trait-row")).to_have_count(1)
    assert names(page) == ["Plays jazz"]
    assert page.evaluate("window.notReloaded") is True
    with page.expect_event("load"):
        page.go_back()
    expect(page.locator(".trait-row")).to_have_count(2)
    expect(page.get_by_label("Search")).to_have_value("jazz")
    page.get_by_label("Status").select_option("dormant")
    expect(page.locator(".trait-row")).to_have_count(0)
    assert "status=dormant" in page.url


def test_the_list_comes_by_itself_when_the_graph_is_back(alice: User, page: Page, site: str, enter: Enter) -> None:
    confirmed(alice, "Loves jazz")
    project(alice)
    enter(page, alice)
    # As after a read that failed.
    connection._away_until = time.monotonic() + 3
    page.goto(f"{site}/traits/")
    expect(page.get_by_role("heading", name="Your graph is temporarily unavailable")).to_be_visible()
    expect(page.locator(".trait-row")).to_have_count(1, timeout=15_000)
    expect(page.get_by_role("heading", name="Your graph is temporarily unavailable")).to_have_count(0)


def test_a_close_name_is_pointed_out_while_typing(alice: User, page: Page, site: str, enter: Enter) -> None:
    confirmed(alice, "Loves jazz")
    enter(page, alice).goto(f"{site}/traits/new/")
    page.get_by_label("Name", exact=True).press_sequentially("Loves jazz a lot")
    expect(page.locator("#similar")).to_contain_text("Loves jazz")
    assert "azz" not in page.url


def test_a_decision_is_announced_and_undone(alice: User, page: Page, site: str, enter: Enter) -> None:
    trait = confirmed_trait(alice)
    enter(page, alice).goto(f"{site}/traits/{trait.pk}/")
    page.get_by_role("button", name="Mark as dormant").click()
    notice = page.locator("#toasts [data-toast]")
    expect(notice).to_contain_text("dormant")
    notice.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Undone")
    trait.refresh_from_db()
    assert trait.status == "active"
    page.get_by_role("button", name="Close message").click()
    expect(page.locator("#toasts [data-toast]")).to_have_count(0)


def test_the_theme_is_chosen_and_kept(alice: User, page: Page, site: str, enter: Enter) -> None:
    page.emulate_media(color_scheme="light")
    enter(page, alice).goto(f"{site}/traits/new/")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.get_by_label("Your account").click()
    page.get_by_role("radio", name="Dark").check()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.get_by_label("Your account").click()
    page.get_by_role("radio", name="Auto").check()
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name="Auto")).to_be_hidden()


def test_a_request_without_an_answer_is_told_and_loses_nothing(
    alice: User, page: Page, site: str, enter: Enter
) -> None:
    enter(page, alice).goto(f"{site}/traits/new/")
    page.context.set_offline(True)
    page.get_by_label("Name", exact=True).press_sequentially("Sails")
    expect(page.locator("#toasts")).to_contain_text("We couldn’t reach the server.")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Sails")


def test_a_session_that_ended_is_told_and_loses_nothing(alice: User, page: Page, site: str, enter: Enter) -> None:
    enter(page, alice).goto(f"{site}/traits/new/")
    page.context.clear_cookies(name="session")
    page.get_by_label("Name", exact=True).press_sequentially("Sails")
    expect(page.locator("#toasts")).to_contain_text("You’ve been signed out.")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Sails")
