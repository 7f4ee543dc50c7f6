"""What the tests of the review queue share."""

import html
import re
from typing import Any

from ptfi.accounts.models import User
from traits.models import ExtractedTraitCandidate, UserRefinedTrait

HTMX = {"HX-Request": "true", "HX-Target": "open"}
UNCHANGED = {
    "name": "Loves jazz",
    "description": "Because it is said often.",
    "category": "Interest",
    "concepts": "jazz",
}


def text_of(response: Any) -> str:
    """What is read on the page: no tags, single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def path(candidate: ExtractedTraitCandidate, action: str = "") -> str:
    return f"/review/{candidate.pk}/" + (f"{action}/" if action else "")


def status(candidate: ExtractedTraitCandidate) -> str:
    candidate.refresh_from_db(fields=["status", "deferred_until"])
    return candidate.status


def newest(user: User) -> UserRefinedTrait:
    return UserRefinedTrait.objects.filter(user=user).latest("revision")


def names(response: Any) -> list[str]:
    return re.findall(r'class="row-name" dir="auto">([^<]*)<', response.content.decode())
