"""What the pipeline changed in suggestions that were waiting, as the person and staff see it."""

import dataclasses
import uuid
from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from ptfi.accounts.models import User
from ptfi.web import keyset
from ptfi.web.keyset import Page
from traits.ingest.changes import kept
from traits.log.diff import ChangedPiece, Difference, changed_pieces, suggestion_differences
from traits.models import UNDECIDED, CandidateChange, CandidateStatus, ExtractedTraitCandidate

ORDER = ("-id",)
SIZE = 10
"""Rows per page; each may quote much evidence."""
EVIDENCE = "supporting_evidence"


@dataclasses.dataclass(frozen=True, kw_only=True)
class SuggestionChange:
    """A change, with the suggestion as it is now."""

    row: CandidateChange
    candidate: ExtractedTraitCandidate

    @property
    def differences(self) -> list[Difference]:
        return suggestion_differences(self.row.before, self.row.after)

    @property
    def pieces(self) -> list[ChangedPiece]:
        """The pieces of evidence that came or went."""
        before, after = ({"candidate": {"evidence": side.get(EVIDENCE)}} for side in (self.row.before, self.row.after))
        return changed_pieces(before, after)[0]

    @property
    def can_open(self) -> bool:
        """Whether the suggestion has a page of the person's to open."""
        return self.candidate.status != CandidateStatus.ARCHIVED


def changes_of(user: User, after: str = "", limit: int = SIZE) -> Page[SuggestionChange]:
    """A page of what the pipeline changed in the person's suggestions, newest first.

    Suggestions that staff hold back are left out, and those that were replaced or withdrawn, which the log shows.
    """
    held = ExtractedTraitCandidate.objects.filter(pk=OuterRef("candidate_id"), status__in=UNDECIDED)
    rows = kept().filter(~Exists(held.exclude(held_reason="")), user=user)
    seen = Q(after__status__isnull=True) | ~Q(after__status=CandidateStatus.ARCHIVED.value)
    return _page(rows.filter(seen, after__withdrawn_at__isnull=True), after, limit)


def changes_in(batch_id: uuid.UUID, after: str = "") -> Page[SuggestionChange]:
    """A page of what a batch changed, newest first, for staff."""
    return _page(kept().filter(batch_id=batch_id), after, SIZE)


def changes_to(candidate: ExtractedTraitCandidate) -> list[SuggestionChange]:
    """The newest changes of one suggestion, for staff."""
    return _page(kept().filter(candidate_id=candidate.pk), "", SIZE).rows


def _page(rows: QuerySet[CandidateChange], after: str, limit: int) -> Page[SuggestionChange]:
    page = keyset.page(rows, ORDER, after, limit)
    return Page(rows=with_candidates(page.rows), next=page.next)


def with_candidates(rows: Sequence[CandidateChange]) -> list[SuggestionChange]:
    """The changes with their suggestions; a change whose suggestion was just deleted is left out."""
    ids = [row.candidate_id for row in rows]
    candidates = ExtractedTraitCandidate.objects.only("candidate_id", "user_id", "trait_name", "status").in_bulk(ids)
    found = [(row, candidates.get(row.candidate_id)) for row in rows]
    return [SuggestionChange(row=row, candidate=each) for row, each in found if each]
