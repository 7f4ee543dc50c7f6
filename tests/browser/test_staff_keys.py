"""An hour of staff's work in a browser, by keyboard alone."""

import json

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from playwright.sync_api import Browser, Locator, Page, expect

from ptfi.accounts.models import User
from tests.support.account_pages import code_of
from tests.support.browser import WIDE, Enter
from tests.support.candidate_files import new_row
from tests.support.cast import PASSWORD, Suggest, confirmed
from tests.support.graph_helpers import fail_projection
from tests.support.staff import staff_of

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/traits/extractedtraitcandidate/"
LOOK = """goal => {
    const element = document.activeElement;
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height, 20) / 2);
    return {
        there: element === goal,
        seen: (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none",
        covered: top && !element.contains(top) && !top.contains(element) && !element.closest("label")?.contains(top),
        nowhere: element === document.body,
        what: element.outerHTML,
    };
}"""
"""What has the focus: whether it is the goal, shows it, or is behind something else."""


def to(page: Page, goal: Locator, most: int = 80) -> None:
    """Press Tab until the focus is there; wherever it is on the way, it can be seen."""
    expect(goal).to_be_visible()
    element = goal.element_handle()
    for _ in range(most):
        page.keyboard.press("Tab")
        found = element.evaluate(LOOK)
        assert found["nowhere"] or (found["seen"] and not found["covered"]), found
        if found["there"]:
            return
    pytest.fail(f"no way to {goal}")


def press(page: Page, goal: Locator, key: str = "Enter") -> None:
    to(page, goal)
    page.keyboard.press(key)


def send(page: Page) -> None:
    """Press Enter and wait for what comes of it."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def follow(page: Page, goal: Locator) -> None:
    to(page, goal)
    send(page)


def fill(page: Page, label: str, text: str) -> None:
    to(page, page.get_by_label(label))
    page.keyboard.type(text)


def act(page: Page, button: str, reason: str = "Ticket 17", **more: str) -> None:
    """From a candidate's page: the action, its preview, a reason; then what is said."""
    follow(page, page.get_by_role("button", name=button))
    for label, text in more.items():
        fill(page, label, text)
        send(page)
    if button == "Hold back…":
        to(page, page.get_by_label("Sensitive"))
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("Unsafe")).to_be_checked()
    fill(page, "Reason", reason)
    send(page)


def say_why(page: Page) -> None:
    expect(page.get_by_label("Why do you need access?")).to_be_focused()
    page.keyboard.type("Complaint 118")
    send(page)


def go(page: Page, name: str) -> None:
    """By the menu of pages."""
    press(page, page.locator("summary", has_text="Pages"))
    follow(page, page.get_by_label("Staff pages").get_by_role("link", name=name, exact=True))


def test_suggestions_by_keyboard(page: Page, site: str, alice: User, bob: User, suggest: Suggest) -> None:
    secret = generate_totp_secret()
    TOTP.activate(staff_of("administrator"), secret)
    row = suggest(alice, "Likes number 0")
    suggest(alice, "Likes number 1")
    page.goto(f"{site}/admin/")
    fill(page, "E-mail", "nour@example.com")
    fill(page, "Password", PASSWORD)
    send(page)
    fill(page, "Code", code_of(secret))
    send(page)
    expect(page.get_by_role("heading", name="Staff pages")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content-start")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#content-start').contains(document.activeElement)")
    page.goto(f"{site}/admin/")
    go(page, "Suggestions")
    to(page, page.get_by_label("Held back"))
    page.keyboard.type("N")
    follow(page, page.get_by_role("button", name="Show"))
    assert "held=no" in page.url
    follow(page, page.get_by_role("link", name=row.trait_name))
    say_why(page)
    act(page, "Hold back…")
    expect(page.get_by_text("Held back: 1.")).to_be_visible()
    act(page, "Release…")
    expect(page.get_by_text("Released: 1.")).to_be_visible()
    act(page, "Archive…")
    act(page, "Put back into the queue…")
    expect(page.get_by_text("Put back into the queue: 1.")).to_be_visible()
    act(page, "Give to somebody else…", **{"New owner": str(bob.pk)})
    expect(page.get_by_text("Given to somebody else: 1.")).to_be_visible()
    expect(page.get_by_role("heading", name="Suggestions", level=1)).to_be_visible()
    for box in page.get_by_role("checkbox").all()[:2]:
        press(page, box, "Space")
        expect(box).to_be_checked()
    follow(page, page.get_by_role("button", name="Continue…"))
    fill(page, "Reason", "Rubbish")
    send(page)
    expect(page.get_by_text("Archived: 2.")).to_be_visible()


def test_files_log_and_graph_without_scripts(browser: Browser, site: str, enter: Enter, alice: User) -> None:
    confirmed(alice, "Sails")
    fail_projection(alice)
    with browser.new_context(viewport=WIDE, java_script_enabled=False) as context:
        page = enter(context.new_page(), staff_of("administrator"))
        work_without_scripts(page, site, alice)


def work_without_scripts(page: Page, site: str, alice: User) -> None:
    page.goto(site + LIST)
    follow(page, page.get_by_role("link", name="Import file"))
    to(page, page.get_by_label("File"))
    lines = [json.dumps(new_row(trait_name="Sings")), "nonsense"]
    page.get_by_label("File").set_input_files(
        {"name": "a.jsonl", "mimeType": "text/plain", "buffer": "\n".join(lines).encode()}
    )
    fill(page, "Reason", "Ticket 17")
    follow(page, page.get_by_role("button", name="Check file"))
    expect(page.get_by_text("1 refused")).to_be_visible()
    follow(page, page.get_by_role("button", name="Import 1 suggestion"))
    expect(page.get_by_text("New: 1,")).to_be_visible()
    go(page, "Suggestions")
    follow(page, page.get_by_role("link", name="Download list (CSV)"))
    expect(page.get_by_label("Why do you need access?")).to_be_focused()
    page.keyboard.type("For the team")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".csv")
    follow(page, page.get_by_role("link", name="Back to the list"))
    fill(page, "Search in names, descriptions and evidence", "sings")
    send(page)
    say_why(page)
    expect(page.get_by_role("link", name="Sings")).to_be_visible()
    go(page, "Decision log")
    follow(page, page.locator("tbody th a").first)
    say_why(page)
    expect(page.get_by_role("heading", name="Decision", exact=True)).to_be_visible()
    go(page, "Suggestion quality")
    go(page, "Graph projection")
    press(page, page.get_by_role("checkbox", name="Select this object for an action").first, "Space")
    to(page, page.get_by_label("Action:"))
    page.keyboard.type("Retry")
    follow(page, page.get_by_role("button", name="Go"))
    follow(page, page.get_by_role("button", name="Retry now"))
    expect(page.get_by_text("Retrying 1 person now.")).to_be_visible()
    follow(page, page.get_by_role("link", name=str(alice.pk)))
    follow(page, page.get_by_role("button", name="Pause…"))
    follow(page, page.get_by_role("button", name="Pause"))
    expect(page.get_by_text("Paused 1 person.")).to_be_visible()
    follow(page, page.get_by_role("button", name="Resume…"))
    follow(page, page.get_by_role("button", name="Resume"))
    expect(page.get_by_text("Resumed 1 person.")).to_be_visible()
