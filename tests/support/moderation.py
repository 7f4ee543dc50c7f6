"""Moderating through staff's pages, and reading the result."""

from typing import Any

from django.test import Client

from ptfi.accounts.models import User
from traits.models import ExtractedTraitCandidate, ModerationEntry

ACT = "/admin/traits/extractedtraitcandidate/act/"


def act(client: Client, action: str, *candidates: ExtractedTraitCandidate, **more: str) -> Any:
    """Submit the action as the preview's form does."""
    form = {"action": action, "candidate": [str(row.pk) for row in candidates], "confirm": "yes", "reason": "Ticket 17"}
    return client.post(ACT, form | more)


def fresh(row: ExtractedTraitCandidate) -> ExtractedTraitCandidate:
    return ExtractedTraitCandidate.objects.get(pk=row.pk)


def entries(user: User) -> list[tuple[str, str]]:
    rows = ModerationEntry.objects.filter(user=user).order_by("created_at", "pk")
    return list(rows.values_list("action", "reason"))
