"""Helpers of the browser tests: Chromium's options, window sizes, fixture types, recorded requests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Request, ViewportSize

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
Enter = Callable[..., Page]
Opened = Callable[..., Page]
SETTLED = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"""


def settle(page: Page) -> None:
    """Return once the page has handled all input: after two frames and a task, no handler is waiting any more."""
    page.evaluate(SETTLED)


@contextmanager
def recorded(page: Page) -> Iterator[list[Request]]:
    """Record the requests for pages and fragments that the block causes; not those for icons, events or cards ahead."""
    requests: list[Request] = []

    def note(request: Request) -> None:
        if request.resource_type in ("document", "xhr", "fetch") and request.headers.get("purpose") != "prefetch":
            requests.append(request)

    page.on("request", note)
    yield requests
    settle(page)
    page.remove_listener("request", note)


@contextmanager
def no_request(page: Page) -> Iterator[None]:
    """Assert that the block makes the page send no request to the server."""
    with recorded(page) as requests:
        yield
    assert [f"{request.method} {request.url}" for request in requests] == []
