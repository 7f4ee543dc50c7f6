"""The pages for what goes wrong."""

import uuid
from typing import Any

from django.test import Client

from ptfi.accounts.models import User
from tests.support.pages import text_of
from tests.support.trait_pages import HTMX, path
from traits.models import PersonaTrait


def test_error_pages(as_alice: Client, jazz: PersonaTrait, settings: Any) -> None:
    missing = as_alice.get("/nowhere/")
    assert missing.status_code == 404
    assert "This doesn’t exist, or it isn’t yours." in text_of(missing)
    large = as_alice.post(path(jazz, "edit"), {"name": "x" * 2_000_000})
    assert large.status_code == 413
    assert "too large to send in one go" in text_of(large)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = as_alice.cookies
    assert strict.post(path(jazz, "status"), {"status": "dormant"}).status_code == 403
    forbidden = as_alice.get("/admin/", follow=True)
    assert forbidden.status_code == 403
    assert "You don’t have access to this page." in text_of(forbidden)
    bad = as_alice.get("/", headers={"Host": "elsewhere.example"})
    assert bad.status_code == 400


def test_browsers_that_ask_for_an_icon_by_its_usual_name_find_it(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(".svg")


def test_htmx_gets_an_error_as_a_notice(as_alice: Client) -> None:
    answer = as_alice.post(f"/traits/{uuid.uuid4()}/status/", {"status": "dormant"}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (404, "#toasts")
    assert "<html" not in answer.content.decode()


def test_the_page_for_a_broken_server_needs_no_database(rf: Any) -> None:
    """Without the db mark any query would fail the test."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils.functional import SimpleLazyObject

    from ptfi.web.error_pages import server_error

    request = rf.get("/")
    request.session = SessionStore("a-session-of-the-database")
    request.user = SimpleLazyObject(lambda: User.objects.get())
    answer = server_error(request)
    assert answer.status_code == 500
    assert "Something went wrong on our side." in text_of(answer)
