"""What axe-core and the width of a page have to say."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# What comes into view asks for more in the frame after; then nothing may be under way.
STILL = """async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
    while (document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling"))
        await new Promise(requestAnimationFrame)
}"""


def faults_at(page: Page, address: str) -> list[str]:
    """What is wrong with the page at this address once all of it is there."""
    page.goto(address)
    page.evaluate(STILL)
    return faults(page)


def faults(page: Page) -> list[str]:
    """Each violation with the place it stands at, and whether the page scrolls sideways."""
    found = [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("it scrolls sideways")
    return found
