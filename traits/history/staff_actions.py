"""What staff did with a person's suggestions, as that person sees it."""

import dataclasses
import uuid

from ptfi.accounts.models import User
from ptfi.web import keyset
from ptfi.web.keyset import Page
from traits.models import CandidateStatus, ExtractedTraitCandidate, ModerationAction, ModerationEntry

ORDER = ("-created_at", "entry_id")
SAID: dict[str, str] = {
    ModerationAction.ARCHIVE: "Staff took a suggestion out of your queue",
    ModerationAction.REQUEUE: "Staff put a suggestion back into your queue",
    ModerationAction.FLAG: "Staff hold a suggestion back for now",
    ModerationAction.RELEASE: "Staff released a suggestion that was held back",
    ModerationAction.REASSIGN: "Staff took away a suggestion that is about somebody else",
    ModerationAction.RECEIVE: "Staff brought you a suggestion that had come to somebody else by mistake",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class StaffAction:
    """What staff did, in words, and the suggestion, where it is the person's and not held back.

    can_open: whether there is a page of the suggestion.
    """

    entry: ModerationEntry
    said: str
    candidate: ExtractedTraitCandidate | None

    @property
    def can_open(self) -> bool:
        return self.candidate is not None and self.candidate.status != CandidateStatus.ARCHIVED


def staff_actions(user: User, after: str = "", limit: int = keyset.PAGE) -> Page[StaffAction]:
    """A page of what staff did with the person's suggestions, newest first."""
    page = keyset.page(ModerationEntry.objects.filter(user=user), ORDER, after, limit)
    candidates = _candidates(user, page.rows)
    rows = [
        StaffAction(entry=entry, said=SAID[entry.action], candidate=candidates.get(entry.candidate_id))
        for entry in page.rows
    ]
    return Page(rows=rows, next=page.next)


def _candidates(user: User, entries: list[ModerationEntry]) -> dict[uuid.UUID, ExtractedTraitCandidate]:
    """The suggestions, by id."""
    ids = [entry.candidate_id for entry in entries]
    if not ids:
        return {}
    rows = ExtractedTraitCandidate.objects.filter(user=user, held_reason="", pk__in=ids)
    return {row.pk: row for row in rows.only("candidate_id", "trait_name", "status")}
