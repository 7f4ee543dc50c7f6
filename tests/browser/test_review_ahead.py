"""Decisions that travel behind the card: what is not answered yet is visible, kept, sent in order, and asks."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from ptfi.accounts.models import User
from tests.support.browser import Opened
from tests.support.cast import Suggest, acting_for_self, confirmed
from tests.support.data_folder import wait_until
from tests.support.decisions import status
from tests.support.review_browser import all_sent, assert_not_reloaded, heading, mark_page, ready, sign_in_elsewhere
from traits import decisions
from traits.models import CandidateStatus, ExtractedTraitCandidate, UserRefinedTrait

pytestmark = pytest.mark.django_db(transaction=True)
SENT = re.compile(r"/review/[0-9a-f-]+/(confirm|reject|snooze)/")
CONFIRMED, REJECTED, WAITING = CandidateStatus.CONFIRMED, CandidateStatus.REJECTED, CandidateStatus.CANDIDATE


def said(page: Page) -> Locator:
    """What the page says of decisions that are not answered yet."""
    return page.locator("#on-their-way [data-words]")


def wait_on(condition: Callable[[], object], page: Page) -> None:
    """Wait for the condition while the page goes on."""

    def holds() -> bool:
        page.wait_for_timeout(50)
        return bool(condition())

    wait_until(holds)


def waiting(page: Page) -> int:
    return int(page.evaluate("window.outbox.records().length"))


def held_back(page: Page) -> Callable[[], None]:
    """Let no decision reach the server; returns what lets them through again."""
    page.route(SENT, lambda route: route.abort())
    return lambda: page.unroute(SENT)


def decide_twice(page: Page) -> None:
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    page.keyboard.press("r")
    page.keyboard.press("2")
    expect(heading(page)).to_have_text("Likes number 2")


def send_again(page: Page) -> None:
    page.evaluate("window.dispatchEvent(new Event('online'))")
    all_sent(page)


def test_the_next_card_waits_for_no_answer(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    mark_page(page)
    page.wait_for_load_state("networkidle")
    held: list[Route] = []
    page.route(SENT, lambda route: held.append(route))
    decide_twice(page)
    expect(page.locator("#rows li")).to_have_count(3)
    expect(page.locator("#count-review")).to_have_text("3")
    expect(page.locator("#count-confirmed")).to_have_text("1")
    expect(page.locator("#decided")).to_contain_text("2 of 5 decided")
    expect(said(page)).to_have_text("Decisions on their way: 2")
    assert {status(each) for each in queue} == {WAITING}
    # In order: the second is sent once the first is answered.
    assert len(held) == 1
    held[0].continue_()
    wait_on(lambda: len(held) == 2, page)
    assert [status(each) for each in queue[:2]] == [CONFIRMED, WAITING]
    held[1].continue_()
    all_sent(page)
    expect(page.locator("#toasts")).to_contain_text("Rejected “Likes number 1”.")
    expect(page.locator("#on-their-way")).to_be_hidden()
    expect(page.locator("#decided")).to_contain_text("2 of 5 decided")
    assert [status(each) for each in queue[:2]] == [CONFIRMED, REJECTED]
    assert_not_reloaded(page)


def test_decisions_outlast_a_lost_connection(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")
    free = held_back(page)
    decide_twice(page)
    expect(said(page)).to_have_text("Waiting for the connection: 2")
    free()
    send_again(page)
    assert [status(each) for each in queue[:2]] == [CONFIRMED, REJECTED]
    made = UserRefinedTrait.objects.order_by("revision").values_list("original_candidate_id", flat=True)
    assert list(made) == [each.pk for each in queue[:2]]


def test_decisions_outlast_a_reload(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.on("dialog", lambda dialog: dialog.accept())
    page.wait_for_load_state("networkidle")
    free = held_back(page)
    decide_twice(page)
    page.goto(page.url.split("/review/")[0] + "/review/")
    expect(heading(page)).to_have_text("Likes number 2")
    expect(page.locator("#rows li")).to_have_count(3)
    expect(page.locator("#count-review")).to_have_text("3")
    expect(said(page)).to_contain_text("2")
    free()
    send_again(page)
    assert [status(each) for each in queue[:2]] == [CONFIRMED, REJECTED]


def test_an_answer_that_was_lost_is_asked_for_again(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(SENT, lose, times=1)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    wait_on(lambda: status(queue[0]) == CONFIRMED, page)
    send_again(page)
    expect(heading(page)).to_have_text("Likes number 1")
    expect(page.locator("#faults")).to_have_count(0)
    assert UserRefinedTrait.objects.count() == 1


def test_decisions_outlast_their_session(
    opened: Opened, queue: list[ExtractedTraitCandidate], alice: User, site: str
) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    decide_twice(page)
    expect(said(page)).to_contain_text("You’ve been signed out. Decisions that wait for you: 2")
    expect(page.locator("#on-their-way").get_by_role("link", name="Sign in")).to_be_visible()
    assert {status(each) for each in queue} == {WAITING}
    sign_in_elsewhere(page, site, alice)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    all_sent(page)
    assert [status(each) for each in queue[:2]] == [CONFIRMED, REJECTED]
    expect(said(page)).to_be_hidden()


def test_nothing_is_sent_for_another_account(
    opened: Opened, queue: list[ExtractedTraitCandidate], bob: User, site: str
) -> None:
    page = opened()
    page.on("dialog", lambda dialog: dialog.accept())
    page.wait_for_load_state("networkidle")
    free = held_back(page)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    sign_in_elsewhere(page, site, bob)
    free()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(said(page)).to_contain_text("Another account is signed in.")
    assert waiting(page) == 1
    # His own pages neither send it nor speak of it.
    page.goto(site + "/review/")
    expect(page.locator("#on-their-way")).to_be_hidden()
    assert waiting(page) == 0
    assert not UserRefinedTrait.objects.exists()


def test_a_refusal_brings_the_card_back(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")
    ExtractedTraitCandidate.objects.filter(pk=queue[0].pk).update(version=7)
    page.keyboard.press("r")
    page.locator("#reason").fill("That was a joke.")
    page.get_by_role("button", name="Outdated").click()
    expect(page.locator("#faults")).to_be_visible()
    expect(heading(page)).to_have_text("Likes number 0")
    expect(page.locator("#reason")).to_have_value("That was a joke.")
    expect(page.locator("#rows li")).to_have_count(5)
    expect(page.locator("#rows a[aria-current]")).to_contain_text("Likes number 0")
    expect(page.locator("#count-review")).to_have_text("5")
    assert waiting(page) == 0
    ready(page)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    all_sent(page)
    assert status(queue[0]) == CONFIRMED


def test_a_refused_card_waits_for_the_one_that_was_begun(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")
    held: list[Route] = []
    page.route(SENT, lambda route: held.append(route))
    ExtractedTraitCandidate.objects.filter(pk=queue[0].pk).update(version=7)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    page.keyboard.press("r")
    page.locator("#reason").fill("Mine")
    held[0].continue_()
    page.unroute(SENT)
    expect(page.locator("#toasts")).to_contain_text("Its card comes back after this one.")
    expect(page.locator("#reason")).to_have_value("Mine")
    page.get_by_role("button", name="Outdated").click()
    expect(heading(page)).to_have_text("Likes number 0")
    expect(page.locator("#faults")).to_be_visible()
    all_sent(page)
    assert [status(each) for each in queue[:2]] == [WAITING, REJECTED]


def test_a_suggestion_that_is_gone_says_so(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")
    ExtractedTraitCandidate.objects.filter(pk=queue[0].pk).update(status=CandidateStatus.ARCHIVED)
    with page.expect_response(SENT) as answered:
        page.keyboard.press("c")
    assert answered.value.status in (404, 409)
    expect(page.locator("#toasts [data-toast]")).to_be_visible()
    expect(heading(page)).to_have_text("Likes number 1")
    assert waiting(page) == 0


def test_no_card_is_decided_before_it_was_seen(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")
    free = held_back(page)
    for number in (1, 2):
        ready(page)
        # The button of the next card is there at once, in the same place.
        page.evaluate("for (const _ of [1, 2, 3]) document.querySelector('#open [data-act=confirm]').click()")
        expect(heading(page)).to_have_text(f"Likes number {number}")
        assert waiting(page) == number
    free()
    send_again(page)


def test_closing_asks_while_something_is_on_its_way(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.wait_for_load_state("networkidle")
    free = held_back(page)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    page.close(run_before_unload=True)
    wait_on(lambda: asked, page)
    assert asked == ["beforeunload"]
    free()
    send_again(page)
    page.reload()
    assert len(asked) == 1


def test_another_page_of_the_site_goes_on_sending(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.wait_for_load_state("networkidle")
    free = held_back(page)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("Likes number 1")
    page.get_by_role("link", name="My traits").first.click()
    expect(page).to_have_url(re.compile("/traits/$"))
    expect(said(page)).to_contain_text("1")
    free()
    send_again(page)
    assert status(queue[0]) == CONFIRMED


def test_what_was_not_sent_yet_is_taken_back(opened: Opened, queue: list[ExtractedTraitCandidate]) -> None:
    page = opened()
    page.wait_for_load_state("networkidle")
    free = held_back(page)
    decide_twice(page)
    expect(said(page)).to_have_text("Waiting for the connection: 2")
    ready(page)
    page.keyboard.press("z")
    expect(heading(page)).to_have_text("Likes number 1")
    expect(page.locator("#rows li")).to_have_count(4)
    assert waiting(page) == 1
    free()
    send_again(page)
    assert [status(each) for each in queue[:2]] == [CONFIRMED, WAITING]


def test_a_card_that_was_fetched_ahead_follows_the_decision_before(
    opened: Opened, suggest: Suggest, alice: User
) -> None:
    suggest(alice, "Cool-water sailing", concepts=["sailing"])
    suggest(alice, "Sails in cool water", concepts=["sailing"])
    confirmed(alice, "Plays chess", concepts=["chess"])
    page = opened()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#effect-title + ul")).to_contain_text("New topic")
    page.keyboard.press("c")
    all_sent(page)
    expect(page.locator("#effect-title + ul")).to_contain_text("Topic you already have: sailing")


def test_the_queue_ends_as_before(opened: Opened, queue: list[ExtractedTraitCandidate], alice: User) -> None:
    page = opened()
    for number in range(1, 5):
        ready(page)
        page.keyboard.press("c")
        expect(heading(page)).to_have_text(f"Likes number {number}")
    ready(page)
    page.keyboard.press("c")
    expect(heading(page)).to_have_text("All done")
    all_sent(page)
    decisions.undo(**acting_for_self(alice), action_id=UserRefinedTrait.objects.latest("revision").pk)
    assert [status(each) for each in queue].count(CONFIRMED) == 4
