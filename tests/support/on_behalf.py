"""Helpers for the pages on which support acts for a person, opened with a ticket."""

from typing import Any

from django.test import Client

from ptfi.accounts.models import User
from traits.models import ExtractedTraitCandidate

START = "/admin/traits/actedfor/"
TICKET = "SUP-2024/17"


def start(client: Client, whom: str, **fields: str) -> Any:
    return client.post(START, {"person": whom, "reference": TICKET, "asked": "on"} | fields)


def page_of(person: User, rest: str = "") -> str:
    return f"{START}{person.pk}/{rest}"


def suggestion(candidate: ExtractedTraitCandidate) -> str:
    return page_of(candidate.user, f"suggestions/{candidate.pk}/")
