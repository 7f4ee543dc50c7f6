"""Pages that follow what happens elsewhere: another tab, an import in another process, the projector."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ptfi.accounts.models import User
from tests.support.browser import Enter, Opened
from tests.support.candidate_files import row
from tests.support.cast import Suggest, acting_for_self, confirmed_trait
from tests.support.data_folder import ROOT, wait_until
from tests.support.events import EventsProcess
from tests.support.graph_helpers import project
from tests.support.processes import database_address
from tests.support.review_browser import all_sent, assert_not_reloaded, heading, mark_page
from traits import decisions
from traits.models import ExtractedTraitCandidate, UserRefinedTrait

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def events(site: str, settings: Any, transactional_db: None) -> Iterator[EventsProcess]:
    process = EventsProcess(site)
    address = f"http://localhost:{process.port}"
    settings.EVENTS_URL = f"{address}/events"
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    connect = {"connect-src": [*directives["connect-src"], address]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives | connect}
    yield process
    process.stop()


def import_elsewhere(user: User, folder: Path, count: int) -> None:
    file = folder / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row(uuid.uuid4(), number)) for number in range(count)))
    address = database_address()
    subprocess.run(
        [sys.executable, "manage.py", "import_candidates", str(file), "--owner", str(user.email)],
        env=dict(os.environ) | {"DATABASE_URL": address, "PTFI_EMBEDDED": "", "HTTPS": "0"},
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=True,
    )


@pytest.mark.usefixtures("events")
def test_what_one_tab_decides_the_other_follows(
    alice: User, queue: list[ExtractedTraitCandidate], opened: Opened
) -> None:
    one, other, third = opened(), opened(), opened(f"/review/{queue[3].pk}/")
    for page in (one, other, third):
        page.wait_for_load_state("networkidle")
        mark_page(page)
    third.keyboard.press("r")
    third.locator("#reason").fill("Mine")
    one.keyboard.press("c")
    expect(heading(one)).to_have_text("Likes number 1")
    all_sent(one)
    decisions.reject(**acting_for_self(alice), candidate_id=queue[3].pk, code="other")
    project(alice)
    expect(heading(other)).to_have_text("Likes number 1")
    for page in (one, other, third):
        expect(page.locator("#rows [data-row]")).to_have_count(3)
        expect(page.locator("#count-review")).to_have_text("3")
    # What somebody has begun stays; the server refuses it later.
    expect(third.locator("#reason")).to_have_value("Mine")
    decisions.undo(**acting_for_self(alice), action_id=UserRefinedTrait.objects.get(revision=1).pk)
    project(alice)
    for page in (one, other, third):
        expect(page.locator("#rows [data-row]")).to_have_count(4)
        assert_not_reloaded(page)


@pytest.mark.usefixtures("events")
def test_two_tabs_and_an_import(
    alice: User, queue: list[ExtractedTraitCandidate], opened: Opened, tmp_path: Path
) -> None:
    jazz = confirmed_trait(alice)
    trait, traits, review = opened(f"/traits/{jazz.pk}/"), opened("/traits/"), opened()
    for page in (trait, traits, review):
        mark_page(page)
    expect(trait.locator(".badge-coming, .badge-waiting")).to_be_visible()
    project(alice)
    expect(trait.locator(".badge-there")).to_have_text("in your persona")
    expect(traits.locator(".trait-row")).to_have_count(1)
    review.get_by_role("button", name="Confirm").first.click()
    expect(review.locator("#count-confirmed")).to_have_text("2")
    project(alice)
    expect(traits.locator(".trait-row")).to_have_count(2)
    import_elsewhere(alice, tmp_path, 3)
    expect(review.get_by_role("status").filter(has_text="3 new suggestions")).to_be_visible()
    expect(review.locator("#count-review")).to_have_text("7")
    expect(review.locator("#rows [data-row]")).to_have_count(4)
    review.get_by_role("link", name="Show", exact=True).click()
    expect(review.locator("#rows [data-row]")).to_have_count(7)
    expect(review.get_by_text("3 new suggestions")).to_have_count(0)
    for page in (trait, traits, review):
        assert_not_reloaded(page)


def test_a_page_outlives_the_events_process(
    events: EventsProcess, alice: User, suggest: Suggest, page: Page, site: str, enter: Enter, tmp_path: Path
) -> None:
    suggest(alice)
    with page.expect_request("**/events"):
        enter(page, alice).goto(f"{site}/review/")
    events.stop()
    import_elsewhere(alice, tmp_path, 1)
    expect(page.get_by_text("1 new suggestion")).to_have_count(0)
    again = EventsProcess(site, port=events.port)
    try:
        # Nobody told it meanwhile: it looks for itself when the stream is back.
        expect(page.get_by_text("1 new suggestion")).to_be_visible()
    finally:
        again.stop()


def test_a_tab_that_nobody_sees_holds_no_stream(
    events: EventsProcess, alice: User, suggest: Suggest, page: Page, site: str, enter: Enter, tmp_path: Path
) -> None:
    suggest(alice)
    hidden = "Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => '%s'});"
    changed = "document.dispatchEvent(new Event('visibilitychange'))"
    page.add_init_script(
        "window.streams = []; const Real = EventSource;"
        "window.EventSource = class extends Real { constructor(...all) { super(...all); window.streams.push(this); } };"
    )
    enter(page, alice).goto(f"{site}/review/")
    wait_until(lambda: page.evaluate("streams.map((stream) => stream.readyState)") == [1])
    page.evaluate(hidden % "hidden" + changed)
    assert page.evaluate("streams.map((stream) => stream.readyState)") == [2]
    import_elsewhere(alice, tmp_path, 1)
    page.evaluate(hidden % "visible" + changed)
    expect(page.get_by_text("1 new suggestion")).to_be_visible()


def test_without_the_events_process_pages_ask_as_before(alice: User, suggest: Suggest, opened: Opened) -> None:
    suggest(alice)
    page = opened()
    assert page.locator("script[src*='live']").count() == 0
    confirmed_trait(alice, "Sails")
    page.goto(page.url.split("/review/")[0] + "/traits/")
    expect(page.locator("#graph-state")).to_contain_text("on its way")
    project(alice)
    expect(page.locator(".trait-row")).to_have_count(1)
