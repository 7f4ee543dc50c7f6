"""Helpers of the review queue's browser tests."""

from playwright.sync_api import Locator, Page


def heading(page: Page) -> Locator:
    return page.locator("#open [data-heading]")


def mark_page(page: Page) -> None:
    page.evaluate("window.notReloaded = true")


def assert_not_reloaded(page: Page) -> None:
    assert page.evaluate("window.notReloaded") is True
