"""Candidates in the admin: the list, a single one, and the actions with preview, reason and count."""

import uuid
from collections import Counter
from contextlib import nullcontext
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models.fields.json import KT
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User, known_as
from ptfi.staff.base import ReadOnlyAdmin, named
from ptfi.texts import Text
from ptfi.web.fields import LineField
from ptfi.web.keyset import Page
from traits.history.changes import changes_to
from traits.models import AccessKind, CandidateStatus, ExtractedTraitCandidate, ModerationAction, UserRefinedTrait
from traits.models.moderation import CHOSEN_ACTIONS, MAX_REASON
from traits.moderation import services as moderation
from traits.staff.access import asks_reason, looked_at_many
from traits.staff.candidate_export import CandidateExport
from traits.staff.candidate_import import CandidateImport
from traits.staff.lists import (
    TOO_SLOW,
    CandidateFilters,
    TooSlowError,
    bounded,
    candidate_page,
    choices,
    filtered,
    lazy_capfirst,
    uuids_from,
)
from traits.staff.searches import asks_to_search

SHOWN_DECISIONS = 20


class ActForm(forms.Form):
    """The inputs of an action besides the candidates; people can read the reason in their history."""

    kind = forms.ChoiceField(
        choices=[(kind, lazy_capfirst(words)) for kind, words in moderation.KINDS.items()],
        widget=forms.RadioSelect,
        label=_("Why are they held back?"),
    )
    to = forms.CharField(max_length=255, label=_("New owner"), help_text=_("The person's ID or external ID."))
    reason = LineField(
        max_length=MAX_REASON,
        label=_("Reason"),
        help_text=_("People can read this in their history. Don't name or quote anyone."),
    )

    def __init__(self, action: ModerationAction, data: QueryDict | None = None) -> None:
        super().__init__(data)
        if action != ModerationAction.FLAG:
            del self.fields["kind"]
        if action != ModerationAction.REASSIGN:
            del self.fields["to"]

    def clean_to(self) -> User:
        person = find_person(self.cleaned_data["to"])
        if person is None:
            raise forms.ValidationError(gettext("No one has this ID or external ID."))
        return person


def find_person(text: str) -> User | None:
    """Find a person by id or external id.

    E-mail addresses are not accepted, since they would reveal who has an account.
    """
    if found := uuids_from([text.strip()]):
        return User.objects.filter(pk=found[0], persona__isnull=False).first()
    return User.objects.filter(known_as(text), persona__isnull=False).first()


@admin.register(ExtractedTraitCandidate)
class CandidateAdmin(CandidateImport, CandidateExport, ReadOnlyAdmin):
    """Candidates. They are not edited here, but changed by moderation actions and imports."""

    page_name = _("Suggestions")

    def get_urls(self) -> list[URLPattern]:
        own = self.admin_site.admin_view
        return [
            path("act/", own(self.act), name="candidates_act"),
            path("export/", own(self.export_view), name="candidates_export"),
            path("import/", own(self.import_view), name="candidates_import"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        filters = CandidateFilters(request.GET)
        if not filters.is_valid():
            return self._list(request, filters, Page(rows=[]), status=400)
        named_person = filters.value("person")
        if named_person and request.GET["person"] != str(named_person):
            return redirect(f"{request.path}?{filters.query()}")
        person = filters.only_person
        words = filters.value("q")
        if person and not words and (asked := asks_reason(request, person, AccessKind.SUGGESTIONS)):
            return asked
        try:
            listed = self.listed(request, filters)
        except TooSlowError:
            filters.add_error(None, TOO_SLOW)
            return self._list(request, filters, Page(rows=[]), status=503)
        if not listed.rows and "after" in request.GET:
            # After an action on all of the last page: what comes before it may still match.
            return redirect(f"{request.path}?{_first_page(request).urlencode()}")
        people = {row.user_id for row in listed.rows} | ({person} if person else set())
        if words and (asked := asks_to_search(request, words=words, people=people, number=len(listed.rows))):
            return asked
        if not words and not person:
            looked_at_many(request, AccessKind.SUGGESTIONS, len(listed.rows))
        return self._list(request, filters, listed, **(extra_context or {}))

    def _list(
        self,
        request: HttpRequest,
        filters: CandidateFilters,
        listed: Page[ExtractedTraitCandidate],
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        query = _first_page(request)
        context |= self.admin_site.each_context(request) | {
            "title": _("Suggestions"),
            "filters": filters,
            "names": choices(),
            "page": listed,
            "people": _people(request, listed.rows),
            "query": query.urlencode(),
            "here": request.GET.urlencode(),
            "next_query": _with(query, after=listed.next),
            "is_narrow": any(filters.data.get(name) for name in filters.fields if name != "order"),
            "actions": self.allowed(request),
            "may_import": request.user.has_perm("traits.import_candidates"),
            "may_export": request.user.has_perm("traits.export_candidates"),
            "reads_evidence": request.user.has_perm("traits.view_evidence"),
        }
        return TemplateResponse(request, "admin/candidates/list.html", context, status=status)

    def listed(self, request: HttpRequest, filters: CandidateFilters) -> Page[ExtractedTraitCandidate]:
        rows = filtered(filters, evidence=request.user.has_perm("traits.view_evidence"))
        rows = rows.select_related("user") if request.user.has_perm("accounts.view_user") else rows
        with bounded() if filters.has_search else nullcontext():
            return candidate_page(rows, filters, request.GET.get("after", ""))

    def allowed(self, request: HttpRequest) -> dict[str, Text]:
        """Return the labels of the actions that this staff member may take."""
        return {each.value: each.words.name for each in CHOSEN_ACTIONS if request.user.has_perm(each.words.permission)}

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 (Django's signature)
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        candidate = self.candidate(request, object_id)
        if asked := asks_reason(request, candidate.user_id, AccessKind.SUGGESTION):
            return asked
        reads_evidence = request.user.has_perm("traits.view_evidence")
        context = self.admin_site.each_context(request) | (extra_context or {})
        context |= {
            "title": _("Suggestions"),
            "subtitle": candidate.trait_name,
            "candidate": candidate,
            "held": moderation.without_text(candidate.held_reason),
            "person": named(request, [candidate.user_id])[candidate.user_id],
            "reads_evidence": reads_evidence,
            "pieces": candidate.supporting_evidence if reads_evidence else [],
            "decisions": _decisions(candidate, request.user.has_perm("traits.view_userrefinedtrait")),
            "reads_log": request.user.has_perm("traits.view_userrefinedtrait"),
            "reads_moderation": request.user.has_perm("traits.view_moderationentry"),
            "actions": {
                name: label
                for name, label in self.allowed(request).items()
                if ModerationAction(name) in _fitting(candidate)
            },
        }
        context |= {
            "reads_batches": request.user.has_perm("traits.view_ingestbatch"),
            "changes": changes_to(candidate),
        }
        if context["reads_moderation"]:
            context["entries"] = moderation.entries_about(candidate)
        return TemplateResponse(request, "admin/candidates/detail.html", context)

    def candidate(self, request: HttpRequest, object_id: str) -> ExtractedTraitCandidate:
        """Return the candidate. Raises PermissionDenied, Http404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        ids = uuids_from([object_id])
        found = ExtractedTraitCandidate.objects.defer("search").filter(pk__in=ids).first()
        if found is None:
            raise Http404
        return found

    def act(self, request: HttpRequest) -> HttpResponse:
        """Preview an action; with a reason and confirmation, perform it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        ids, name = uuids_from(request.POST.getlist("candidate")), request.POST.get("action", "")
        if request.method != "POST" or not ids or name not in CHOSEN_ACTIONS:
            messages.warning(request, gettext("Select suggestions and an action first."))
            return redirect(_list(request))
        action = ModerationAction(name)
        if not request.user.has_perm(action.words.permission):
            raise PermissionDenied
        confirmed = "confirm" in request.POST
        form = ActForm(action, request.POST if confirmed or "to" in request.POST else None)
        if confirmed and form.is_valid():
            return self._done(request, _action(action, form), ids)
        return self._preview(request, action, form, ids, confirmed)

    def _preview(
        self, request: HttpRequest, action: ModerationAction, form: ActForm, ids: list[uuid.UUID], confirmed: bool
    ) -> HttpResponse:
        form.is_valid()
        to = form.cleaned_data.get("to") if form.is_bound else None
        # Reassigning can be previewed only once the new owner is known.
        asks_first = action == ModerationAction.REASSIGN and to is None
        outcome = None if asks_first else moderation.preview(moderation.Moderation(name=action, to=to), ids)
        if form.is_bound and not confirmed:
            form.errors.pop("reason", None)
        context = self.admin_site.each_context(request) | {
            "title": action.words.name,
            "action": action.value,
            "means": action.words.meaning,
            "form": form,
            "ids": ids,
            "outcome": outcome,
            "refused": _named_refusals(outcome) if outcome else [],
            "filters": request.POST.get("filters", ""),
            "detail": _detail(request),
        }
        return render(request, "admin/candidates/act.html", context, status=400 if confirmed else 200)

    def _done(self, request: HttpRequest, action: moderation.Moderation, ids: list[uuid.UUID]) -> HttpResponse:
        outcome = moderation.act(actor=cast(User, request.user), action=action, candidate_ids=ids)
        messages.add_message(
            request, messages.SUCCESS if outcome.done else messages.WARNING, _told(action.name, outcome)
        )
        moved = outcome.done and action.name == ModerationAction.REASSIGN
        # After a reassignment the candidate belongs to another person, whose data takes a reason of its own.
        return redirect(_list(request, detail=not moved))


def _told(action: ModerationAction, outcome: moderation.ModerationOutcome) -> str:
    """Say what was done, to how many, and why others were refused."""
    done = gettext("%(action)s: %(number)s.") % {"action": action.label, "number": len(outcome.done)}
    if not outcome.refused:
        return done
    why = "; ".join(f"{text} ({number})" for text, number in Counter(outcome.refused.values()).items())
    refused = gettext("Refused: %(number)s. %(reasons)s") % {"number": len(outcome.refused), "reasons": why}
    return f"{done} {refused}"


def _people(request: HttpRequest, rows: list[ExtractedTraitCandidate]) -> dict[uuid.UUID, str]:
    """Like named(), for rows that were loaded with their people if this staff member may see accounts."""
    by_name = request.user.has_perm("accounts.view_user")
    return {row.user_id: str(row.user) if by_name else str(row.user_id) for row in rows}


def _fitting(candidate: ExtractedTraitCandidate) -> set[ModerationAction]:
    """Return the actions that fit the candidate's state; the preview checks the other conditions."""
    found = {ModerationAction.RELEASE if candidate.held_reason else ModerationAction.FLAG}
    if candidate.is_undecided:
        return {*found, ModerationAction.ARCHIVE, ModerationAction.REASSIGN}
    if candidate.status == CandidateStatus.ARCHIVED:
        return {ModerationAction.REQUEUE}
    return found & {ModerationAction.RELEASE}


def _action(name: ModerationAction, form: ActForm) -> moderation.Moderation:
    given = form.cleaned_data
    return moderation.Moderation(name=name, reason=given["reason"], kind=given.get("kind", ""), to=given.get("to"))


def _list(request: HttpRequest, *, detail: bool = True) -> str:
    """Return the URL that the action was started from: a candidate, or the filtered list; the list if not detail."""
    if detail and (pk := _detail(request)):
        return reverse("admin:traits_extractedtraitcandidate_change", args=[pk])
    query = QueryDict(request.POST.get("filters", "")[:2_000]).urlencode()
    address = reverse("admin:traits_extractedtraitcandidate_changelist")
    return f"{address}?{query}" if query else address


def _detail(request: HttpRequest) -> uuid.UUID | None:
    """Return the candidate whose page started the action; None for the list."""
    return next(iter(uuids_from([request.POST.get("detail", "")])), None)


def _first_page(request: HttpRequest) -> QueryDict:
    """Return the query of the list's first page."""
    query = request.GET.copy()
    query.pop("after", None)
    return query


def _with(query: QueryDict, **more: str) -> str:
    query = query.copy()
    query.update(more)
    return query.urlencode()


def _named_refusals(outcome: moderation.ModerationOutcome) -> list[tuple[ExtractedTraitCandidate | uuid.UUID, str]]:
    rows = ExtractedTraitCandidate.objects.only("trait_name").in_bulk(list(outcome.refused)) if outcome.refused else {}
    return [(rows.get(pk, pk), why) for pk, why in outcome.refused.items()]


def _decisions(candidate: ExtractedTraitCandidate, with_contents: bool) -> list[UserRefinedTrait]:
    """Return the person's newest decisions about it; reason and notes only for staff who may read the log."""
    rows = UserRefinedTrait.objects.filter(original_candidate=candidate.pk, user=candidate.user_id).defer("content")
    if with_contents:
        # Every version of the content has these two.
        rows = rows.annotate(reason=KT("content__reason"), notes=KT("content__notes"))
    return list(rows.order_by("-revision")[:SHOWN_DECISIONS])
