"""Chromium, and pages on which somebody is signed in."""

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ptfi.accounts.models import User
from tests.support.browser import CHROMIUM, WIDE, Enter, Opened
from tests.support.cast import client_of


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without it the tests that need it are skipped."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("SKIPPED: the browser tests need chromium")
    # Playwright runs an event loop in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a new, empty profile."""
    with browser.new_context(viewport=WIDE) as context:
        context.set_default_timeout(15_000)
        yield context.new_page()


@pytest.fixture
def enter(site: str) -> Enter:
    """Signs somebody in on a page; proven: as one who has just given their password."""

    def enter(page: Page, user: User, *, proven: bool = False) -> Page:
        cookie = client_of(user, proven=proven).cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
        return page

    return enter


@pytest.fixture
def opened(browser: Browser, site: str, enter: Enter, alice: User) -> Iterator[Opened]:
    """Opens an address signed in as Alice; anything that the page's console complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(path: str = "/review/", **options: Any) -> Page:
        context = browser.new_context(**({"viewport": WIDE, "reduced_motion": "reduce"} | options))
        contexts.append(context)
        page = enter(context.new_page(), alice)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.set_default_timeout(15_000)
        page.goto(site + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    refused = re.compile("status of (400|404|409)|Status Error Code (400|409)|net::ERR_FAILED")
    assert [text for text in complaints if not refused.search(text)] == []
