"""Letting a client in and disconnecting it, in a real browser."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from ptfi.accounts.models import User
from ptfi.oauth.scopes import MANAGE_TRAITS
from tests.support.accessibility import faults
from tests.support.browser import Enter, Opened
from tests.support.cast import PASSWORD
from tests.support.oauth import exchange, make_client, pkce, question, tokens_of, userinfo

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(site: str) -> str:
    """An address of another origin that answers, too."""
    return site.replace("localhost", "127.0.0.1") + "/healthz"


def test_from_the_question_to_the_disconnection(opened: Opened, site: str) -> None:
    app = make_client(redirect_uris=[elsewhere(site)])
    verifier, challenge = pkce()
    page = opened(question(app, challenge))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_label("change your traits")).not_to_be_checked()
    page.get_by_role("button", name="Allow", exact=True).click()
    page.wait_for_url(f"{elsewhere(site)}?*")
    code = parse_qs(urlsplit(page.url).query)["code"][0]
    data = {"grant_type": "authorization_code", "client_id": app.pk, "redirect_uri": elsewhere(site)}
    made = tokens_of(exchange(data | {"code": code, "code_verifier": verifier}))
    assert MANAGE_TRAITS not in made["scope"]
    page.goto(f"{site}/accounts/connections/")
    page.get_by_role("button", name="Disconnect Mirror").click()
    expect(page.get_by_text("Disconnected “Mirror”")).to_be_visible()
    assert userinfo(made["access_token"]).status_code == 401


def test_an_app_may_open_a_window_of_its_own(alice: User, page: Page, site: str) -> None:
    app, address = make_client(redirect_uris=[elsewhere(site)]), elsewhere(site)
    page.goto(address)
    page.evaluate(
        "() => { window.heard = new Promise(done => addEventListener('message', event => done(event.data))) }"
    )
    with page.expect_popup() as opening:
        page.evaluate("address => { window.open(address, 'sign-in', 'popup') }", site + question(app, pkce()[1]))
    popup = opening.value
    popup.get_by_label("E-mail").fill(alice.email or "")
    popup.get_by_label("Password").fill(PASSWORD)
    popup.get_by_role("button", name="Sign in", exact=True).click()
    popup.get_by_role("button", name="Allow", exact=True).click()
    popup.wait_for_url(f"{address}?*code=*")
    popup.evaluate("opener.postMessage('back', '*')")
    assert page.evaluate("window.heard") == "back"


def test_a_program_that_listens_on_ipv6_gets_its_answer(opened: Opened, site: str) -> None:
    app = make_client(redirect_uris=["http://[::1]/cb"])
    page = opened(question(app, pkce()[1], redirect_uri="http://[::1]:9/cb"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm", exact=True).click()
    with page.expect_request(lambda request: request.url.startswith("http://[::1]:9/cb?code=")):
        page.get_by_role("button", name="Allow", exact=True).click()


def test_saying_no_after_signing_in(alice: User, page: Page, site: str) -> None:
    app = make_client(redirect_uris=[elsewhere(site)])
    page.goto(site + question(app, pkce()[1]))
    page.get_by_label("E-mail").fill(alice.email or "")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Don’t allow").click()
    page.wait_for_url(f"{elsewhere(site)}?*error=access_denied*")


def test_signing_out_leads_back_to_the_app(opened: Opened, site: str) -> None:
    app = make_client(redirect_uris=[elsewhere(site)])
    page = opened(f"/identity/o/logout?client_id={app.pk}&post_logout_redirect_uri={elsewhere(site)}")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(elsewhere(site))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_of_the_provider(alice: User, page: Page, site: str, enter: Enter, theme: str, width: int) -> None:
    app = make_client("The Mirror of Everything You Ever Said")
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 844})
    enter(page, alice, proven=True)
    page.goto(site + question(app, pkce()[1]))
    found = {"question": faults(page)}
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_text("Choose at least one")).to_be_visible()
    found["nothing chosen"] = faults(page)
    for path in (f"/identity/o/logout?client_id={app.pk}", question(app, "x", client_id="nobody")):
        page.goto(site + path)
        found[path] = faults(page)
    assert {name: each for name, each in found.items() if each} == {}
