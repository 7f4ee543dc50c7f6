"""What staff did with a person's suggestions, as that person sees it."""

import uuid

from django.db.models import Q

from ptfi.accounts.models import User
from ptfi.web.keyset import place_key, read_place
from traits.models import CandidateStatus, ExtractedTraitCandidate, ModerationAction, ModerationEntry

PAGE = 30
SAID: dict[str, str] = {
    ModerationAction.ARCHIVE: "Staff took a suggestion out of your queue",
    ModerationAction.REQUEUE: "Staff put a suggestion back into your queue",
    ModerationAction.FLAG: "Staff hold a suggestion back for now",
    ModerationAction.RELEASE: "Staff released a suggestion that was held back",
    ModerationAction.REASSIGN: "Staff took away a suggestion that is about somebody else",
    ModerationAction.RECEIVE: "Staff brought you a suggestion that had come to somebody else by mistake",
}


def moderated(user: User, after: str = "", limit: int = PAGE) -> tuple[list[ModerationEntry], str]:
    """A page of it, newest first, and the key to go on from; "" at the end.

    Each entry has said (what was done) and candidate: the suggestion, where it is the person's and not held back.
    """
    rows = ModerationEntry.objects.filter(user=user).order_by("-created_at", "entry_id")
    if place := read_place(after):
        moment, last_id = place
        rows = rows.filter(Q(created_at__lt=moment) | Q(created_at=moment, entry_id__gt=last_id))
    found = list(rows[: limit + 1])
    page = found[:limit]
    candidates = _candidates(user, page)
    for entry in page:
        entry.said = SAID[entry.action]  # type: ignore[attr-defined]
        entry.candidate = candidates.get(entry.candidate_id)  # type: ignore[attr-defined]
    last = page[-1] if len(found) > limit else None
    return page, place_key(last.created_at, last.pk) if last else ""


def _candidates(user: User, entries: list[ModerationEntry]) -> dict[uuid.UUID, ExtractedTraitCandidate]:
    """The suggestions by id; can_open says whether there is a page of them."""
    ids = [entry.candidate_id for entry in entries]
    if not ids:
        return {}
    rows = ExtractedTraitCandidate.objects.filter(user=user, held_reason="", pk__in=ids)
    found = {row.pk: row for row in rows.only("candidate_id", "trait_name", "status")}
    for row in found.values():
        row.can_open = row.status != CandidateStatus.ARCHIVED  # type: ignore[attr-defined]
    return found
