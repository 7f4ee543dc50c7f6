"""What every page of a signed-in person shares: the request, who acts, and reading single values of a form."""

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
    """The person, deciding for themselves on a page: what every service takes."""
    return {"user": request.user, "actor": Actor(user_id=request.user.pk)}


def address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def read_choice(query: QueryDict, name: str, choices: Container[str]) -> str:
    """What was chosen; "" for what is not one of the choices."""
    value = query.get(name, "")
    return value if value in choices else ""


def read_name(query: QueryDict, name: str) -> str:
    """What was typed, as far as a name of ours may be that long."""
    return query.get(name, "").replace("\x00", "").strip()[:MAX_NAME]


def read_number(text: str, least: int, most: int) -> int:
    """A number between the two; least where it is none."""
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 10 else least


def lines(text: str) -> list[str]:
    """The lines that hold something."""
    return [line.strip() for line in text.splitlines() if line.strip()]
