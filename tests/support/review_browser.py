"""Helpers of the review queue's browser tests."""

from playwright.sync_api import Locator, Page, expect

from ptfi.accounts.models import User
from tests.support.cast import PASSWORD
from tests.support.data_folder import wait_until

LEFT = "window.outbox ? window.outbox.records().length : 0"


def heading(page: Page) -> Locator:
    return page.locator("#open [data-heading]")


def all_sent(page: Page) -> None:
    """Wait until the server has answered every decision of this browser."""
    wait_until(lambda: page.evaluate(LEFT) == 0)


def ready(page: Page) -> None:
    """Wait until the open card was visible long enough to be decided."""
    expect(page.locator("#open[data-fresh]")).to_have_count(0)


def mark_page(page: Page) -> None:
    page.evaluate("window.notReloaded = true")


def assert_not_reloaded(page: Page) -> None:
    assert page.evaluate("window.notReloaded") is True


def sign_in_elsewhere(page: Page, site: str, user: User) -> None:
    """Sign in in another tab, which changes the CSRF token, and come back."""
    tab = page.context.new_page()
    tab.goto(f"{site}/accounts/login/")
    tab.get_by_label("E-mail").fill(user.email or "")
    tab.get_by_label("Password").fill(PASSWORD)
    with tab.expect_navigation():
        tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.close()
