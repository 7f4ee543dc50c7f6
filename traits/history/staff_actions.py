"""What staff did with a person's suggestions, as that person sees it."""

import dataclasses
import uuid

from ptfi.accounts.models import User
from ptfi.texts import Text
from ptfi.web import keyset
from ptfi.web.keyset import Page
from traits.models import CandidateStatus, ExtractedTraitCandidate, ModerationAction, ModerationEntry

ORDER = ("-created_at", "entry_id")


@dataclasses.dataclass(frozen=True, kw_only=True)
class StaffAction:
    """What staff did, with the suggestion if it is the person's and not held."""

    entry: ModerationEntry
    candidate: ExtractedTraitCandidate | None

    @property
    def told(self) -> Text:
        return ModerationAction(self.entry.action).words.told

    @property
    def can_open(self) -> bool:
        """Whether the suggestion has a page to open."""
        return self.candidate is not None and self.candidate.status != CandidateStatus.ARCHIVED


def staff_actions(user: User, after: str = "", limit: int = keyset.PAGE) -> Page[StaffAction]:
    """A page of what staff did with the person's suggestions, newest first."""
    page = keyset.page(ModerationEntry.objects.filter(user=user), ORDER, after, limit)
    candidates = _candidates(user, page.rows)
    rows = [StaffAction(entry=entry, candidate=candidates.get(entry.candidate_id)) for entry in page.rows]
    return Page(rows=rows, next=page.next)


def _candidates(user: User, entries: list[ModerationEntry]) -> dict[uuid.UUID, ExtractedTraitCandidate]:
    """The suggestions of the entries, by id."""
    ids = [entry.candidate_id for entry in entries]
    if not ids:
        return {}
    rows = ExtractedTraitCandidate.objects.filter(user=user, held_reason="", pk__in=ids)
    return {row.pk: row for row in rows.only("candidate_id", "trait_name", "status")}
