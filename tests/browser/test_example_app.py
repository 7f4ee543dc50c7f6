"""The example app in a real browser, from another origin than PTFI's."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, Route, expect

from ptfi.accounts.models import User
from ptfi.oauth.models import SpentToken
from ptfi.oauth.registration import register_spa
from tests.support.accessibility import faults
from tests.support.api import Api
from tests.support.browser import WIDE, Enter
from tests.support.cast import PASSWORD, make_candidate
from tests.support.example_app import CLIENT_ID, served
from tests.support.oauth import pipeline_token
from traits.models import ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db(transaction=True)
ACTIONS = re.compile("/actions$")
Start = Callable[..., Page]


@pytest.fixture
def app(site: str, settings: Any) -> Iterator[str]:
    """The address of the app, which is registered."""
    settings.SITE_URL = site
    with served(site) as address:
        register_spa(name="Pocket review", redirect_uris=[address], client_id=CLIENT_ID)
        yield address


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the consoles of pages complained about; a test that expects some takes them out."""
    said: list[str] = []
    yield said
    assert said == []


@pytest.fixture
def watched(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    with browser.new_context(viewport=WIDE, reduced_motion="reduce") as context:
        context.set_default_timeout(15_000)

        def note(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                complaints.append(message.text)

        context.on("console", note)
        context.on("weberror", lambda fault: complaints.append(str(fault.error)))
        yield context.new_page()


def tick_everything(page: Page) -> None:
    """Let the app see and do whatever it may; at first only the least is ticked."""
    expect(page.get_by_role("button", name="Allow", exact=True)).to_be_visible()
    for box in page.get_by_role("checkbox").all():
        box.check()


def sign_in(page: Page) -> None:
    page.get_by_role("button", name="Sign in with PTFI").click()
    tick_everything(page)
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_role("heading", name="To review")).to_be_visible()
    expect(page.locator("#who")).to_have_text("Alice")


@pytest.fixture
def start(watched: Page, app: str, enter: Enter, alice: User) -> Start:
    """Opens the app as Alice, who has a session with PTFI and lets the app in."""

    def start() -> Page:
        watched.goto(app)
        sign_in(enter(watched, alice, proven=True))
        return watched

    return start


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


def press(place: Locator, name: str) -> None:
    place.get_by_role("button", name=name, exact=True).click()


def said(page: Page) -> Locator:
    return page.get_by_role("status")


def entries() -> list[tuple[str, str, str | None]]:
    rows = UserRefinedTrait.objects.order_by("revision")
    return [(row.user_decision, row.rejection_code, row.client_id) for row in rows]


def test_from_signing_in_to_undoing(alice: User, bob: User, watched: Page, app: str) -> None:
    for name in ("Bakes bread", "Knits socks", "Sails at night"):
        make_candidate(alice, name)
    make_candidate(bob, "A secret of Bob's")
    watched.goto(app)
    watched.get_by_role("button", name="Sign in with PTFI").click()
    watched.get_by_label("E-mail").fill(alice.email or "")
    watched.get_by_label("Password").fill(PASSWORD)
    press(watched.locator("main"), "Sign in")
    expect(watched.get_by_role("button", name="Allow", exact=True)).to_be_visible()
    tick_everything(watched)
    press(watched.locator("main"), "Allow")
    watched.wait_for_url(app)
    expect(watched.get_by_text("3 suggestions are undecided.")).to_be_visible()
    expect(watched.locator("#who")).to_have_text("Alice")
    expect(watched.get_by_text("secret of Bob")).to_have_count(0)
    expect(card(watched, "Bakes bread").get_by_text("Jazz again tonight!")).to_be_visible()
    expect(card(watched, "Bakes bread").get_by_text("likely, 80 %")).to_be_visible()
    assert watched.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]
    decide_on_each(watched)
    assert entries() == [
        ("confirmed_asis", "", CLIENT_ID),
        ("confirmed_modified", "", CLIENT_ID),
        ("rejected", "too_private", CLIENT_ID),
        ("undone", "", CLIENT_ID),
    ]
    assert set(UserRefinedTrait.objects.values_list("user_id", "actor_id")) == {(alice.pk, alice.pk)}
    assert set(PersonaTrait.objects.values_list("name", "user_confidence")) == {
        ("Bakes bread", None),
        ("Knits socks and hats", 5),
    }
    assert [row["reason"] for row in UserRefinedTrait.objects.values_list("content", flat=True)].count("Mine.") == 1
    assert ExtractedTraitCandidate.objects.get(trait_name="Sails at night").status == "candidate"


def decide_on_each(page: Page) -> None:
    press(card(page, "Bakes bread"), "Confirm")
    expect(said(page)).to_have_text("Confirmed. Bakes bread")
    knits = card(page, "Knits socks")
    press(knits, "Edit")
    knits.get_by_label("Name").fill("Knits socks and hats")
    knits.get_by_label("How much is it you?").select_option("5")
    press(knits, "Confirm with changes")
    expect(said(page)).to_contain_text("Confirmed with your changes.")
    sails = card(page, "Sails at night")
    press(sails, "Reject")
    sails.get_by_label("Too private").check()
    sails.get_by_label("In your own words").fill("Mine.")
    press(sails, "Reject it")
    expect(page.get_by_text("Nothing is undecided.")).to_be_visible()
    page.get_by_role("button", name="Undo").and_(page.get_by_role("button", description="Sails at night")).click()
    expect(page.get_by_text("One suggestion is undecided.")).to_be_visible()
    expect(card(page, "Sails at night").get_by_role("heading", level=2)).to_be_focused()


def test_an_answer_that_was_lost_is_asked_for_with_the_same_key(
    alice: User, start: Start, complaints: list[str]
) -> None:
    make_candidate(alice)
    page, keys = start(), list[str]()

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        answer = route.fetch()
        if len(keys) == 1:
            route.abort()
        else:
            route.fulfill(response=answer)

    page.route(ACTIONS, lose_the_first)
    with page.expect_response(ACTIONS) as answered:
        press(card(page, "Loves jazz"), "Confirm")
    expect(said(page)).to_have_text("Confirmed. Loves jazz")
    assert answered.value.headers["idempotent-replayed"] == "true"
    assert keys == [keys[0]] * 2
    assert entries() == [("confirmed_asis", "", CLIENT_ID)]
    assert complaints.pop() == "Failed to load resource: net::ERR_FAILED"


def test_what_changed_meanwhile_is_shown_and_what_was_typed_kept(
    alice: User, start: Start, complaints: list[str]
) -> None:
    candidate = make_candidate(alice)
    page = start()
    row: dict[str, Any] = {"candidateID": str(candidate.pk), "userID": str(alice.pk), "traitName": "Loves jazz"}
    row |= {"traitCategory": "Interest", "traitDescription": "Newly described.", "confidenceScore": 0.5}
    jazz = card(page, "Loves jazz")
    press(jazz, "Edit")
    jazz.get_by_label("Name").fill("Loves free jazz")
    assert Api(pipeline_token()).call("POST", "ingest/candidates", {"candidates": [row]})[1]["updated"] == 1
    press(jazz, "Confirm with changes")
    expect(jazz.get_by_text("This has changed since you opened it.")).to_be_visible()
    expect(jazz.get_by_text("possible, 50 %")).to_be_visible()
    expect(jazz.get_by_label("Name")).to_have_value("Loves free jazz")
    expect(jazz.get_by_label("Description")).to_have_value("Newly described.")
    press(jazz, "Confirm with changes")
    expect(said(page)).to_contain_text("Confirmed with your changes.")
    assert PersonaTrait.objects.get().name == "Loves free jazz"
    assert "409 (Conflict)" in complaints.pop()


def test_what_another_window_decided(start: Start, alice: User, complaints: list[str]) -> None:
    make_candidate(alice)
    page = start()
    other = page.context.new_page()
    other.goto(page.url)
    sign_in(other)
    press(card(other, "Loves jazz"), "Confirm")
    expect(said(other)).to_contain_text("Confirmed.")
    press(card(page, "Loves jazz"), "Confirm")
    expect(page.get_by_text("This suggestion was already decided")).to_have_count(2)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert "409 (Conflict)" in complaints.pop()


def test_too_many_requests_are_waited_out(alice: User, start: Start, settings: Any, complaints: list[str]) -> None:
    make_candidate(alice)
    page = start()
    page.clock.install()
    # Less than one, or the first request of a new minute would be served.
    settings.API_USER_REQUESTS_PER_MINUTE = 0.5
    press(card(page, "Loves jazz"), "Confirm")
    expect(said(page)).to_have_text(re.compile(r"^PTFI is busy\. Trying again in \d+ s …$"))
    settings.API_USER_REQUESTS_PER_MINUTE = 0
    page.clock.fast_forward("01:01")
    expect(said(page)).to_have_text("Confirmed. Loves jazz")
    assert "429" in complaints.pop()


def test_tokens_are_renewed_before_they_end(alice: User, start: Start, settings: Any) -> None:
    make_candidate(alice)
    settings.IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 20
    page = start()
    renewed = SpentToken.objects.count()
    press(card(page, "Loves jazz"), "Confirm")
    expect(said(page)).to_have_text("Confirmed. Loves jazz")
    assert SpentToken.objects.count() == renewed + 1


def test_after_being_disconnected_it_has_to_sign_in_again(
    alice: User, start: Start, site: str, complaints: list[str]
) -> None:
    make_candidate(alice)
    page = start()
    settings_page = page.context.new_page()
    settings_page.goto(f"{site}/accounts/connections/")
    settings_page.get_by_role("button", name="Disconnect Pocket review").click()
    expect(settings_page.get_by_text("Disconnected “Pocket review”")).to_be_visible()
    press(card(page, "Loves jazz"), "Confirm")
    expect(page.get_by_text("so it has to sign in again")).to_be_visible()
    expect(page.get_by_text("Loves jazz")).to_have_count(0)
    assert "401 (Unauthorized)" in complaints.pop()
    assert entries() == []
    sign_in(page)
    press(card(page, "Loves jazz"), "Confirm")
    expect(said(page)).to_have_text("Confirmed. Loves jazz")


def test_signing_out_revokes(alice: User, start: Start, app: str) -> None:
    page = start()
    with page.expect_request("**/v1/**") as asked:
        page.reload()
        sign_in(page)
    token = asked.value.headers["authorization"].removeprefix("Bearer ")
    assert Api(token).get("/traits/candidates")[0] == 200
    with page.expect_response("**/identity/o/api/revoke"):
        page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in with PTFI")).to_be_visible()
    assert Api(token).get("/traits/candidates")[0] == 401


def test_letting_it_only_look(alice: User, watched: Page, app: str, enter: Enter) -> None:
    make_candidate(alice)
    enter(watched, alice, proven=True).goto(app)
    watched.get_by_role("button", name="Sign in with PTFI").click()
    press(watched.locator("main"), "Allow")
    expect(watched.get_by_text("You did not let this app see your suggestions")).to_be_visible()
    expect(card(watched, "Loves jazz")).to_have_count(0)


def test_the_app_says_that_it_was_not_allowed(alice: User, watched: Page, app: str, enter: Enter) -> None:
    enter(watched, alice, proven=True).goto(app)
    watched.get_by_role("button", name="Sign in with PTFI").click()
    watched.get_by_role("button", name="Don’t allow").click()
    expect(watched.get_by_role("alert")).to_have_text("You did not let this app in.")


def test_a_sign_in_that_was_not_begun_here_is_ignored(watched: Page, app: str) -> None:
    watched.goto(f"{app}?code=stolen&state=guessed")
    expect(watched.get_by_role("alert")).to_contain_text("was not begun here")
    assert watched.url == app


def test_an_origin_that_nobody_registered(alice: User, start: Start, site: str, complaints: list[str]) -> None:
    page = start()
    with page.expect_request("**/v1/**") as asked:
        page.reload()
        sign_in(page)
    token = asked.value.headers["authorization"]
    with served(site) as elsewhere:
        # Of loopback addresses in digits every port is the same to consents (RFC 8252), of names none is.
        page.goto(elsewhere.replace("127.0.0.1", "localhost"))
        call = "async ([url, token]) => (await fetch(url, {headers: {Authorization: token}})).status"
        with pytest.raises(Error, match="Failed to fetch"):
            page.evaluate(call, [f"{site}/v1/users/me/persona/traits/candidates", token])
        page.get_by_role("button", name="Sign in with PTFI").click()
        page.wait_for_url(f"{site}/identity/o/authorize?*")
        expect(page.get_by_role("heading", name="That didn’t work")).to_be_visible()
    assert any("blocked by CORS policy" in text for text in complaints)
    complaints.clear()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_the_app_fits_each_theme_and_width(alice: User, start: Start, watched: Page, theme: str, width: int) -> None:
    watched.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    watched.set_viewport_size({"width": width, "height": 844})
    make_candidate(alice, "A" * 120 + "ا" * 60, evidence=["Jazz", "爵士乐", "الجاز", "x" * 400])
    make_candidate(alice, "Bakes bread")
    page = start()
    found = {"list": faults(page)}
    press(card(page, "Bakes bread"), "Confirm")
    for kind in ("Edit", "Reject"):
        press(card(page, "AAA"), kind)
        found[kind] = faults(page)
    page.reload()
    found["signed out"] = faults(page)
    assert {name: each for name, each in found.items() if each} == {}
