"""Every form of every page, found by the addresses of the project: it has a key and one effect, and loses nothing."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from selectolax.lexbor import LexborNode

from ptfi.accounts.models import User
from ptfi.web import forms
from tests.support.cast import client_of, confirmed_trait, make_candidate
from tests.support.forms import Form, send
from tests.support.isolation import Theirs, routes
from tests.support.pages import Html
from traits.models import UserRefinedTrait

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TYPED = "Words that took ten minutes"
TEXTS = "textarea[name], input[type=text][name], input:not([type])[name]"
SENT_BY_SCRIPT = ("/accounts/2fa/webauthn",)


def addresses(ids: list[uuid.UUID]) -> Iterator[str]:
    for route in routes(get_resolver()):
        yield from dict.fromkeys(str(pk).join(re.split(r"<[^>]+>|\(\?P<.+?\)", route)) for pk in ids)


def shape(address: str) -> str:
    """The address without ids, so that one form stands for all of its kind."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", address)


def read(form: LexborNode, page: str, text: bool) -> Form:
    """What the form sends with its first button, with texts typed into it or not."""
    html = f"<main>{form.html}</main>"
    fields = Html(html).fields()
    for button in form.css("button[name]")[:1]:
        fields[button.attributes["name"] or ""] = button.attributes.get("value") or ""
    if text:
        fields |= {node.attributes["name"] or "": TYPED for node in form.css(TEXTS)}
    return Form(form.attributes.get("action") or page, fields)


def found(client: Client, ids: list[uuid.UUID]) -> dict[str, tuple[str, LexborNode]]:
    """A form of each kind, with the page that it is on."""
    every: dict[str, tuple[str, LexborNode]] = {}
    for address in addresses(ids):
        if address.startswith("/v1/") or "logout" in address:
            continue
        page = client.get(address)
        if page.status_code != 200 or not page.headers.get("Content-Type", "").startswith("text/html"):
            continue
        for form in Html(page).all("form"):
            if (form.attributes.get("method") or "").lower() == "post":
                every.setdefault(
                    f"{shape(address)} → {shape(form.attributes.get('action') or address)}", (address, form)
                )
    return every


@pytest.fixture
def theirs(alice: User) -> Theirs:
    confirmed_trait(alice, "Sails")
    make_candidate(alice, "Loves jazz")
    return Theirs(alice)


@pytest.mark.parametrize("who", ["alice", "sam"])
def test_every_form_has_a_key_of_its_own(theirs: Theirs, alice: User, sam: User, who: str) -> None:
    user = alice if who == "alice" else sam
    every = found(client_of(user), theirs.ids)
    assert len(every) > 30
    keys = [read(form, page, False).fields.get(forms.FIELD, "") for page, form in every.values()]
    assert [kind for kind, key in zip(every, keys, strict=True) if not forms.is_of(user, key)] == []
    assert len(set(keys)) == len(keys)


def test_every_form_has_one_effect_and_leads_to_one_page(theirs: Theirs, alice: User) -> None:
    client = client_of(alice, proven=True)
    faults = dict[str, Any]()
    for kind, (page, node) in found(client, theirs.ids).items():
        if shape(page).startswith(SENT_BY_SCRIPT):
            continue
        form, before = read(node, page, True), transaction.savepoint()
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        first, entries = send(client, form), UserRefinedTrait.objects.count()
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
        second = send(client, form)
        same = (first.status_code, first.headers.get("Location")) == (
            second.status_code,
            second.headers.get("Location"),
        )
        if first.status_code < 400 and not (same and UserRefinedTrait.objects.count() == entries):
            faults[kind] = (first.status_code, second.status_code, second.headers.get("Location"))
        transaction.savepoint_rollback(before)
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert faults == {}


def test_no_form_loses_its_text_with_the_session(theirs: Theirs, alice: User) -> None:
    faults = []
    kinds = found(client_of(alice, proven=True), theirs.ids)
    for kind, (page, node) in kinds.items():
        form = read(node, page, True)
        if TYPED not in form.fields.values() or form.action.startswith(forms.SECRET_PATHS):
            continue
        visitor = Client()
        assert send(visitor, form)["Location"].startswith("/accounts/login/"), kind
        visitor.force_login(alice)
        again = Html(visitor.get(form.action))
        if TYPED not in (again.one("main").html or "") or not again.has("main form[method=post] button"):
            faults.append(kind)
    assert faults == []
