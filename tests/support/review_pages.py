"""Helpers of the review queue's tests."""

from typing import Any

from ptfi.accounts.models import User
from tests.support.pages import Html
from traits.models import ExtractedTraitCandidate, UserRefinedTrait

HTMX = {"HX-Request": "true", "HX-Target": "open"}
UNCHANGED = {
    "name": "Loves jazz",
    "description": "Because it is said often.",
    "category": "Interest",
    "concepts": "jazz",
}


def path(candidate: ExtractedTraitCandidate, action: str = "") -> str:
    return f"/review/{candidate.pk}/" + (f"{action}/" if action else "")


def newest(user: User) -> UserRefinedTrait:
    return UserRefinedTrait.objects.filter(user=user).latest("revision")


def names(response: Any) -> list[str]:
    """The names in the list."""
    return Html(response).texts(".row-name")
