"""Export of the candidate list as a file."""

import dataclasses
import uuid
from collections.abc import Container, Iterator
from operator import attrgetter

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from ptfi.staff.base import named
from ptfi.web.csv import Column, CsvTable
from ptfi.web.language import grouped
from traits.models import AccessKind, ExtractedTraitCandidate
from traits.moderation.services import without_text
from traits.staff.access import ReasonForm, looked_at_many, reason_page, sent_reason
from traits.staff.lists import CandidateFilters, Candidates, candidate_page, filtered

CHUNK = 500
MOST_PEOPLE = 20_000
"""The most people a file may cover; each of them gets an entry in their access log."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exported:
    """A candidate, with a label for its person."""

    candidate: ExtractedTraitCandidate
    person: str


COLUMNS: list[Column[Exported]] = [
    ("id", attrgetter("candidate.pk")),
    ("person", attrgetter("person")),
    ("name", attrgetter("candidate.trait_name")),
    ("description", attrgetter("candidate.trait_description")),
    ("category", attrgetter("candidate.trait_category")),
    ("confidence", attrgetter("candidate.confidence_score")),
    ("models", lambda row: " ".join(row.candidate.originating_models)),
    ("status", attrgetter("candidate.status")),
    ("held back", lambda row: without_text(row.candidate.held_reason)),
    ("language", attrgetter("candidate.language")),
    ("evidence", attrgetter("candidate.evidence_count")),
    ("created", lambda row: row.candidate.created_at.isoformat(timespec="seconds")),
    ("changed", lambda row: row.candidate.updated_at.isoformat(timespec="seconds")),
]
TEXTS: Column[Exported] = (
    "texts",
    lambda row: "\n".join(piece.get("content", "") for piece in row.candidate.supporting_evidence),
)


class CandidateExport(admin.ModelAdmin):  # type: ignore[type-arg]
    """The view that exports the list."""

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Export the filtered list as CSV, after a reason; evidence is included only for staff who may read it."""
        if not (self.has_view_permission(request) and request.user.has_perm("traits.export_candidates")):
            raise PermissionDenied
        evidence, filters = request.user.has_perm("traits.view_evidence"), CandidateFilters(request.GET)
        if not filters.is_valid():
            # The list page shows which filters are invalid.
            return redirect(f"{reverse('admin:traits_extractedtraitcandidate_changelist')}?{request.GET.urlencode()}")
        form = sent_reason(request)
        if form is None or not form.is_valid():
            return reason_page(request, form or ReasonForm(), is_file=True)
        rows = filtered(filters, evidence=evidence)
        rows = rows.defer(None).defer("search") if evidence else rows
        people = dict(rows.order_by().values_list("user_id").annotate(Count("pk"))[: MOST_PEOPLE + 1])
        if len(people) > MOST_PEOPLE:
            messages.error(request, _too_many_people())
            return redirect(f"{reverse('admin:traits_extractedtraitcandidate_changelist')}?{request.GET.urlencode()}")
        # Recorded before the first line is sent.
        looked_at_many(
            request,
            AccessKind.EXPORT,
            sum(people.values()),
            people=people.keys() | {pk for pk in [filters.value("person")] if pk},
            words=filters.value("q"),
            reason=form.cleaned_data["access_reason"],
        )
        lines = table(request, rows, filters, people=people, evidence=evidence)
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="candidates-{timezone.localdate():%Y-%m-%d}.csv"'
        return response


def _too_many_people() -> str:
    text = gettext("A file can cover at most %(number)s people. Narrow down the list first.")
    return text % {"number": grouped(MOST_PEOPLE)}


def table(
    request: HttpRequest,
    rows: Candidates,
    filters: CandidateFilters,
    *,
    people: Container[uuid.UUID],
    evidence: bool,
) -> Iterator[bytes]:
    """Stream the rows of these people as CSV in chunks, so that memory stays constant for a million rows."""
    file = CsvTable([*COLUMNS, TEXTS] if evidence else COLUMNS)
    yield file.head()
    after = "start"
    while after:
        part = candidate_page(rows, filters, after, CHUNK)
        names = named(request, [row.user_id for row in part.rows])
        # People who appeared after the access was recorded are left out.
        shown = [row for row in part.rows if row.user_id in people]
        yield file.lines(Exported(candidate=row, person=names[row.user_id]) for row in shown)
        after = part.next
