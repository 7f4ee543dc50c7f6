"""What the browser tests share: how Chromium is started, the sizes of its windows, the types of the fixtures."""

from collections.abc import Callable

from playwright.sync_api import Page, ViewportSize

from ptfi.accounts.models import User

CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
Enter = Callable[[Page, User], Page]
Opened = Callable[..., Page]
