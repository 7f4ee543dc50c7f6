"""The review queue in a browser: its keys, where the focus goes, what is announced, without a reload; and axe-core."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ptfi.accounts.models import User
from tests.conftest import Suggest, by, confirmed
from traits import services
from traits.models import CandidateStatus, ExtractedTraitCandidate, RejectionCode

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright's own event loop runs in this thread, which Django takes for asynchronous code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Browser, live_server: Any, alice: User) -> Iterator[Opened]:
    """Opens an address signed in as Alice; anything that the page's console complains about fails the test."""
    client = Client()
    client.force_login(alice)
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(path: str = "/review/", **options: Any) -> Page:
        context = chromium.new_context(**({"viewport": WIDE, "reduced_motion": "reduce"} | options))
        context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.set_default_timeout(10_000)
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    refused = re.compile("status of (400|409)|Status Error Code (400|409)")
    assert [text for text in complaints if not refused.search(text)] == []


@pytest.fixture
def queue(suggest: Suggest, alice: User) -> list[ExtractedTraitCandidate]:
    """Five suggestions, in the order in which they are listed."""
    now = timezone.now()
    return [suggest(alice, f"Likes number {n}", created_at=now - dt.timedelta(hours=n)) for n in range(5)]


def heading(page: Page) -> Any:
    return page.locator("#open [data-heading]")


def status(candidate: ExtractedTraitCandidate) -> str:
    candidate.refresh_from_db(fields=["status"])
    return candidate.status


def mark_page(page: Page) -> None:
    page.evaluate("window.notReloaded = true")


def assert_not_reloaded(page: Page) -> None:
    assert page.evaluate("window.notReloaded") is True


def test_j_and_k_move(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    expect(heading(page)).to_have_text("Likes number 0")
    page.keyboard.press("j")
    expect(heading(page)).to_have_text("Likes number 1")
    expect(heading(page)).to_be_focused()
    expect(page.locator("#rows a[aria-current]")).to_contain_text("Likes number 1")
    assert page.url.endswith(f"/review/{queue[1].pk}/")
    page.keyboard.press("k")
    expect(heading(page)).to_have_text("Likes number 0")
    page.keyboard.press("k")
    assert_not_reloaded(page)
    page.go_back()
    expect(heading(page)).to_have_text("Likes number 1")


def test_c_confirms_and_the_next_is_there(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    expect(heading(page)).to_be_focused()
    expect(page.locator("#toasts")).to_contain_text("Confirmed “Likes number 0”.")
    expect(page.locator("#toasts")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#decided")).to_contain_text("1 of 5")
    expect(page.locator("#rows li")).to_have_count(4)
    assert_not_reloaded(page)
    assert status(queue[0]) == CandidateStatus.CONFIRMED


@pytest.mark.parametrize(
    ("digit", "code"),
    list(enumerate(RejectionCode.values, 1)),
)
def test_r_and_a_digit_reject(opened: Opened, queue: list[ExtractedTraitCandidate], digit: int, code: str) -> None:
    page = opened()
    page.keyboard.press("r")
    expect(page.locator("details[data-menu=r]")).to_have_attribute("open", "")
    page.keyboard.press(str(digit))
    expect(heading(page)).to_have_text("Likes number 1")
    assert status(queue[0]) == CandidateStatus.REJECTED
    page.goto(page.url.split("/review/")[0] + f"/review/{queue[0].pk}/")
    expect(page.locator(".verdict-line")).to_contain_text(code.replace("_", " "))


def test_a_digit_alone_does_nothing(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    for key in ("1", "Enter", "Backspace", "Delete", "Control+c", "Alt+c", "Meta+c"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    expect(heading(page)).to_have_text("Likes number 0")
    assert {status(each) for each in queue} == {CandidateStatus.CANDIDATE}


@pytest.mark.parametrize("script", [True, False])
def test_enter_in_a_text_field_decides_nothing(
    opened: Opened, queue: list[ExtractedTraitCandidate], script: bool
) -> None:
    page = opened(java_script_enabled=script)
    for menu, field in (("d", "#date"), ("m", "#merge-q")):
        page.locator(f"details[data-menu={menu}] summary").click()
        page.locator(field).press("Enter")
        page.wait_for_timeout(300)
        page.goto(page.url)
    assert {status(each) for each in queue} == {CandidateStatus.CANDIDATE}


def test_keys_are_off_while_typing(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.keyboard.press("r")
    page.locator("#reason").fill("")
    page.locator("#reason").press_sequentially("crude 1 joke")
    page.wait_for_timeout(200)
    expect(page.locator("#reason")).to_have_value("crude 1 joke")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("number 3")
    expect(page.locator("#rows li")).to_have_count(1)
    expect(page.locator("#q")).to_have_value("number 3")
    assert page.url.endswith("/review/?q=number+3")
    assert {status(each) for each in queue} == {CandidateStatus.CANDIDATE}


def test_keys_can_be_switched_off(opened: Opened, queue: list[ExtractedTraitCandidate], alice: User) -> None:
    alice.keys_enabled = False
    alice.save()
    page = opened()
    for key in "cjx":
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    expect(heading(page)).to_have_text("Likes number 0")
    assert status(queue[0]) == CandidateStatus.CANDIDATE
    expect(page.locator(".actions kbd")).to_have_count(0)


def test_d_puts_off(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    for key, number in (("1", 1), ("2", 2), ("3", 3)):
        page.keyboard.press("d")
        page.keyboard.press(key)
        expect(heading(page)).to_have_text(f"Likes number {number}")
    assert [status(each) for each in queue[:3]] == [CandidateStatus.AWAITING_REFINEMENT] * 3


def test_e_edits_and_keeps_verdicts(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.get_by_role("radio", name="Out of context").first.check()
    page.keyboard.press("e")
    expect(heading(page)).to_have_text("Edit, then confirm")
    expect(heading(page)).to_be_focused()
    expect(page.get_by_role("radio", name="Out of context").first).to_be_checked()
    page.get_by_label("Name").fill("")
    page.get_by_role("button", name="Confirm with these changes").click()
    expect(page.locator("#id_name_error")).to_have_text("Give it a name.")
    page.get_by_label("Name").fill("Likes number nil")
    page.get_by_role("radio", name="4").check()
    page.get_by_role("button", name="Confirm with these changes").click()
    expect(heading(page)).to_have_text("Likes number 1")
    expect(page.locator("#toasts")).to_contain_text("with your changes")
    assert_not_reloaded(page)
    assert status(queue[0]) == CandidateStatus.REFINED


def test_m_merges(opened: Opened, queue: list[ExtractedTraitCandidate], alice: User) -> None:
    confirmed(alice, "Cooks well", concepts=["food"])
    confirmed(alice, "Bakes bread", concepts=["food"])
    page = opened()
    page.keyboard.press("m")
    expect(page.locator("#merge-q")).to_be_focused()
    expect(page.locator("#merge-choices button")).to_have_count(2)
    page.keyboard.type("cook")
    expect(page.locator("#merge-choices button")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Merged “Likes number 0” into “Cooks well”.")
    assert status(queue[0]) == CandidateStatus.REFINED


def test_z_takes_back_and_opens(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    page.keyboard.press("z")
    expect(heading(page)).to_have_text("Likes number 0")
    expect(page.locator("#toasts")).to_contain_text("Undone: confirmed, “Likes number 0”.")
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("nothing left to undo")
    assert_not_reloaded(page)
    assert status(queue[0]) == CandidateStatus.CANDIDATE


def test_the_notice_takes_back_too(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.keyboard.press("c")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(heading(page)).to_have_text("Likes number 0")
    assert_not_reloaded(page)
    assert status(queue[0]) == CandidateStatus.CANDIDATE


def test_x_selects_a_range_and_one_undo_takes_all_back(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.keyboard.press("x")
    for number in (1, 2):
        page.keyboard.press("j")
        expect(heading(page)).to_have_text(f"Likes number {number}")
    page.keyboard.press("X")
    expect(page.locator("#selected")).to_have_text("3 selected")
    page.locator("#bulk").get_by_role("button", name="Reject").click()
    expect(heading(page)).to_have_text("Reject 3 suggestions")
    expect(heading(page)).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator("#toasts")).to_contain_text("Rejected 3 suggestions.")
    assert [status(each) for each in queue[:3]] == [CandidateStatus.REJECTED] * 3
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Undone: rejected, 3 suggestions.")
    expect(page.locator("#rows li")).to_have_count(5)
    assert {status(each) for each in queue} == {CandidateStatus.CANDIDATE}
    assert_not_reloaded(page)


def test_a_decision_keeps_the_selection(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.locator("#rows input").nth(3).check()
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    expect(page.locator(f'#rows input[value="{queue[3].pk}"]')).to_be_checked()
    expect(page.locator("#selected")).to_have_text("1 selected")


def test_near_duplicates_are_selected_together(opened: Opened, suggest: Suggest, alice: User) -> None:
    first, second = suggest(alice, "Loves jazz"), suggest(alice, "loves JAZZ")
    page = opened()
    page.get_by_role("button", name="Select these too").click()
    expect(page.locator("#selected")).to_have_text("2 selected")
    page.locator("#bulk").get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Confirm 2").click()
    expect(heading(page)).to_have_text("All done")
    assert {status(first), status(second)} == {CandidateStatus.CONFIRMED}


def test_help_opens_and_closes(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    expect(page.locator("#help-title")).to_be_focused()
    page.keyboard.press("c")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    assert status(queue[0]) == CandidateStatus.CANDIDATE


def test_n_goes_to_a_trait_of_ones_own(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"/traits/new/$"))


def test_what_another_tab_decided_is_said(opened: Opened, queue: list[ExtractedTraitCandidate], alice: User) -> None:
    page = opened()
    mark_page(page)
    services.confirm(**by(alice), candidate_id=queue[0].pk)
    page.keyboard.press("c")
    expect(page.locator("#toasts")).to_contain_text("already decided")
    expect(page.get_by_role("link", name="Open the trait")).to_be_visible()
    expect(page.locator("#rows li")).to_have_count(4)
    page.keyboard.press("j")
    expect(heading(page)).to_have_text("Likes number 1")
    assert_not_reloaded(page)


def test_a_held_key_decides_once(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    for _ in range(4):
        page.keyboard.down("c")
    page.keyboard.up("c")
    expect(heading(page)).to_have_text("Likes number 1")
    page.wait_for_timeout(300)
    assert [status(each) for each in queue].count(CandidateStatus.CONFIRMED) == 1


def test_the_list_grows(opened: Opened, suggest: Suggest, alice: User) -> None:
    now = timezone.now()
    for number in range(70):
        suggest(alice, f"Likes {number}", created_at=now - dt.timedelta(hours=number))
    page = opened()
    expect(page.locator("#rows li[data-row]")).to_have_count(30)
    page.locator("#more a").scroll_into_view_if_needed()
    expect(page.locator("#rows li[data-row]")).to_have_count(60)
    page.locator("#rows a").nth(45).click()
    expect(heading(page)).to_have_text("Likes 45")
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes 46")
    expect(page.locator("#rows li[data-row]")).to_have_count(60)
    page.locator("#rows input").nth(50).check()
    page.locator("#bulk").get_by_role("button", name="Confirm").click()
    expect(heading(page)).to_have_text("Confirm 1 suggestion")


def test_more_filters_come_on_demand(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.get_by_role("link", name="More filters").click()
    page.get_by_label("Concept").select_option("jazz")
    expect(page).to_have_url(re.compile(r"/review/\?concept=jazz$"))
    expect(page.locator("#rows li")).to_have_count(5)


def test_without_a_script(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened(java_script_enabled=False)
    page.get_by_role("button", name="Confirm").last.click()
    expect(page.locator("#toasts")).to_contain_text("Confirmed “Likes number 0”.")
    expect(heading(page)).to_have_text("Likes number 1")
    page.locator("details[data-menu=r] summary").click()
    page.get_by_role("button", name="Outdated").click()
    expect(heading(page)).to_have_text("Likes number 2")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(heading(page)).to_have_text("Likes number 1")
    page.locator("#rows input").nth(0).check()
    page.locator("#rows input").nth(1).check()
    page.locator("#bulk").get_by_role("button", name="Later").click()
    expect(page.locator("h2").first).to_have_text("Put off 2 suggestions")
    page.get_by_role("button", name="Tomorrow").click()
    expect(page.locator("#toasts")).to_contain_text("Put off 2 suggestions.")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Name").fill("Edited without a script")
    page.get_by_role("button", name="Confirm with these changes").click()
    expect(page.locator("#toasts")).to_contain_text("with your changes")


# Every state, both sizes, both themes


def assert_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:150] for node in each["nodes"]]) for each in found] == []


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def states(suggest: Suggest, alice: User) -> dict[str, str]:
    """Addresses of all kinds of pages, with difficult names."""
    old = confirmed(alice, "Loves jazz", concepts=["jazz", "music"]).trait
    rejected = suggest(alice, "W" * 255)
    services.reject(**by(alice), candidate_id=rejected.pk, code="other", reason="long " * 50)
    later = suggest(alice, "يحب موسيقى الجاز " * 10)
    services.defer(**by(alice), candidate_id=later.pk, until=timezone.now() + dt.timedelta(days=3))
    suggest(alice, "喜欢爵士乐" * 40, evidence=["我喜欢爵士乐" * 200, "x" * 500], confidence_score=0.3)
    suggest(alice, "Z̸̧̢̛̙a̷͔͑l̴̪̇go " * 8, trait_category="Skill", concepts=["c" * 200])
    private = suggest(alice, "Loves jazz, too", evidence=["Jazz and music."])
    private.supporting_evidence[0]["verdict"] = "too_private"
    private.save(update_fields=["supporting_evidence"])
    suggest(alice, "loves jazz too", concepts=["jazz", "music"])
    assert old
    return {
        "queue": "/review/",
        "card": f"/review/{private.pk}/",
        "edit": f"/review/{private.pk}/edit/",
        "merge": f"/review/{private.pk}/merge/",
        "later": "/review/?tab=later",
        "confirmed": "/review/?tab=confirmed",
        "rejected": f"/review/{rejected.pk}/",
        "nothing": "/review/?q=nowhere",
        "filters": "/review/filters/",
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_state_is_accessible(
    opened: Opened, suggest: Suggest, alice: User, viewport: dict[str, int], theme: str
) -> None:
    empty = opened(viewport=viewport, color_scheme=theme)
    assert_accessible(empty)
    assert_fits(empty)
    root = empty.url.split("/review/")[0]
    for path in states(suggest, alice).values():
        empty.goto(root + path)
        assert_accessible(empty)
        assert_fits(empty)
    empty.goto(root + "/review/")
    for menu in ("r", "d", "m"):
        empty.keyboard.press(menu)
        expect(empty.locator(f"details[data-menu={menu}]")).to_have_attribute("open", "")
        assert_accessible(empty)
        assert_fits(empty)
        empty.keyboard.press("Escape")
    empty.keyboard.press("x")
    if viewport == NARROW:
        empty.get_by_role("button", name="List").click()
        expect(empty.locator("#queue")).to_be_visible()
        assert_accessible(empty)
    empty.locator("#bulk").get_by_role("button", name="Confirm").click()
    expect(heading(empty)).to_contain_text("Confirm")
    assert_accessible(empty)
    assert_fits(empty)
    empty.keyboard.press("?")
    assert_accessible(empty)


def test_on_a_phone_the_actions_are_in_reach(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened(viewport=NARROW, has_touch=True, is_mobile=True)
    box = page.get_by_role("button", name="Confirm").last.bounding_box()
    assert box
    assert box["y"] > NARROW["height"] * 0.6
    assert box["y"] + box["height"] <= NARROW["height"]
    assert box["height"] >= 44
    page.get_by_role("button", name="List").click()
    page.locator("#rows a").nth(2).click()
    expect(heading(page)).to_have_text("Likes number 2")
    expect(page.locator("#queue")).to_be_hidden()
