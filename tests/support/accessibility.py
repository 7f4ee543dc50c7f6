"""Checks of a page with axe-core, and of its width."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Content that comes into view requests more one frame later; wait for that, then for all requests to finish.
STILL = """async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
    while (document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling"))
        await new Promise(requestAnimationFrame)
}"""


def faults_at(page: Page, address: str) -> list[str]:
    """The faults of the page at this address, once it has loaded completely."""
    page.goto(address)
    page.evaluate(STILL)
    return faults(page)


def faults(page: Page) -> list[str]:
    """Each violation with its element, and whether the page scrolls sideways."""
    found = [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("it scrolls sideways")
    return found
