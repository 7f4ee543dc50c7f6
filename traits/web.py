"""Helpers shared by pages of signed-in people: the request, the actor, and reading single form values."""

from collections.abc import Container
from typing import Any

from django.http import HttpRequest, QueryDict
from django_htmx.middleware import HtmxDetails

from ptfi.accounts.models import User
from traits.log.entries import Actor
from traits.models import MAX_NAME


class Request(HttpRequest):
    """A request of a signed-in person."""

    user: User
    htmx: HtmxDetails


def acting_for_self(request: Request) -> dict[str, Any]:
    """Return the user and actor arguments that every service takes, for a person who decides on a page."""
    return {"user": request.user, "actor": Actor(user_id=request.user.pk)}


def address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def read_choice(query: QueryDict, name: str, choices: Container[str]) -> str:
    """Return the choice that was sent; "" if it is not one of the choices."""
    value = query.get(name, "")
    return value if value in choices else ""


def read_name(query: QueryDict, name: str) -> str:
    """Return the typed name, cut to the maximum length of names."""
    return query.get(name, "").replace("\x00", "").strip()[:MAX_NAME]


def read_number(text: str, least: int, most: int) -> int:
    """Parse a number and limit it to the range; the lower limit if it is not a number."""
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 10 else least


def lines(text: str) -> list[str]:
    """Return the lines that are not blank."""
    return [line.strip() for line in text.splitlines() if line.strip()]
