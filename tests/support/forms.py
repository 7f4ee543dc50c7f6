"""Forms as a browser sends them: with the fields of the page on which they are."""

from typing import Any, NamedTuple

from django.test import Client

from tests.support.pages import Html


class Form(NamedTuple):
    """A form of a page: where it is sent, and what it sends if nothing is changed."""

    action: str
    fields: dict[str, str]


def form_of(client: Client, address: str, selector: str = "main form[method=post]") -> Form:
    """The first such form of the page."""
    page = Html(client.get(address))
    return Form(page.attribute(selector, "action") or address, page.fields(selector))


def send(client: Client, form: Form, *, headers: Any = None, **typed: Any) -> Any:
    """Send the form with what was typed into it."""
    return client.post(form.action, form.fields | typed, headers=headers or {})
