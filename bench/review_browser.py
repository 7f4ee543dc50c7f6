"""From a key to the next card on the screen in the review queue, in Chromium.

    python bench/review_browser.py [--decisions 100] [--only plain]

Decides 100 suggestions per run, by turns confirmed (c) and rejected (r, 1), each 0.6 s after the last card came.
Measured from the last key's own time stamp until the frame with the next card was painted: a MutationObserver sees the
card, an animation frame follows it, and a message posted in that frame comes after the paint. Runs: plain; with 500 ms
added to each request; with 300 rows loaded; with 1,000 pieces of evidence on every card. Web server and projector run
as in production, on the embedded services. Works in a data folder of its own (.data/bench-load, or PTFI_DATA_DIR),
which it empties.
"""

import argparse
import contextlib
import os
import shutil
import statistics
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.load import WEB, running  # noqa: E402 (it starts the services, which the settings need)

# isort: split
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from bench.import_candidates import rows  # noqa: E402
from ptfi.accounts.models import User  # noqa: E402
from traits.ingest import batch as ingest  # noqa: E402
from traits.ingest.parsing import CandidateRecord, parse  # noqa: E402
from traits.models import UserRefinedTrait  # noqa: E402

PAUSE = 600
"""Milliseconds between a card and the next decision; the page takes none for a card that came 400 ms ago."""
MEASURE = """() => {
    const open = document.getElementById("open");
    const shown = () => open.querySelector("[data-candidate]")?.dataset.candidate;
    let before = shown(), pressed = 0;
    window.times = [];
    document.addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
    new MutationObserver(() => {
        if (shown() && shown() !== before) {
            const from = pressed;
            before = shown();
            requestAnimationFrame(() => {
                const channel = new MessageChannel();
                channel.port1.onmessage = () => window.times.push(performance.now() - from);
                channel.port2.postMessage(null);
            });
        }
    }).observe(open, { childList: true, subtree: true });
}"""
RUNS = ("plain", "delayed", "long list", "much evidence")


def person(pending: int, pieces: int) -> User:
    """A person with this many suggestions to review; pieces: how many each has, or 0 for two or three."""
    run = uuid.uuid4().hex[:8]
    made = []
    for row in rows(pending, 1, run):
        first = row["supporting_evidence"][0]
        if pieces:
            row["supporting_evidence"] = [{**first, "content": f"{first['content']} {n}"} for n in range(pieces)]
        made.append(parse(row))
    found = [row for row in made if isinstance(row, CandidateRecord)]
    step = 20 if pieces else 1_000
    for start in range(0, len(found), step):
        ingest.apply(found[start : start + step])
    return User.objects.get(external_id=f"bench:{run}:0")


@contextlib.contextmanager
def opened(browser: Browser, user: User) -> Iterator[Page]:
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    site = f"http://127.0.0.1:{WEB}"
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{site}/review/")
        page.wait_for_timeout(2_000)
        yield page


def slow(page: Page) -> None:
    """Add half a second to each request."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    delay = {"offline": False, "latency": 500, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", delay)


def load_rows(page: Page, count: int) -> None:
    while page.locator("#rows [data-row]").count() < count:
        page.locator("#more a").scroll_into_view_if_needed()
        page.wait_for_timeout(500)


def decide(page: Page, number: int) -> list[float]:
    """Decide this many suggestions; returns the milliseconds of each."""
    page.evaluate(MEASURE)
    for done in range(number):
        for key in ("r", "1") if done % 2 else ("c",):
            page.keyboard.press(key)
        while page.evaluate("window.times.length") <= done:
            page.wait_for_timeout(20)
        page.wait_for_timeout(PAUSE)
    while page.evaluate("window.outbox.records().length"):
        page.wait_for_timeout(100)
    times: list[float] = page.evaluate("window.times")
    return times


def run(browser: Browser, what: str, number: int) -> None:
    user = person(number + 30 if what != "long list" else number + 300, 1_000 if what == "much evidence" else 0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    with opened(browser, user) as page:
        if what == "delayed":
            slow(page)
        if what == "long list":
            load_rows(page, 300)
        times = decide(page, number)
    decided = UserRefinedTrait.objects.filter(user=user).count()
    if decided != number:
        raise SystemExit(f"{what}: {decided} decisions of {number} are in the log")
    ordered = sorted(times)
    high = ordered[round(0.95 * (len(ordered) - 1))]
    figures = (statistics.median(times), high, ordered[-1])
    sys.stdout.write("{:14} median {:6.1f} ms, 95th percentile {:6.1f} ms, most {:6.1f} ms\n".format(what, *figures))
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--decisions", type=int, default=100)
    parser.add_argument("--only", choices=RUNS)
    options = parser.parse_args()
    settings.ALLOWED_HOSTS.append("testserver")
    for command in ("migrate", "install_graph_schema"):
        call_command(command, verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    # Playwright runs an event loop in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    more: dict[str, Any] = {"executable_path": shutil.which("chromium"), "args": ["--headless", "--no-sandbox"]}
    with running(1), sync_playwright() as playwright, contextlib.closing(playwright.chromium.launch(**more)) as browser:
        for what in RUNS:
            if options.only in (None, what):
                run(browser, what, options.decisions)


if __name__ == "__main__":
    main()
