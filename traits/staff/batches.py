"""Imports in the admin: the list, a single one with what it changed, and what staff do to it as a whole."""

import uuid
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.staff.base import ReadOnlyAdmin
from traits.history.changes import changes_in
from traits.models import AccessKind, CandidateStatus, Door, IngestBatch, ModerationAction
from traits.models.batches import COUNTS
from traits.models.moderation import MAX_REASON
from traits.models.staff_access import MAX_REASON as MAX_ACCESS_REASON
from traits.moderation import batches as moderation
from traits.moderation.batches import BATCH_ACTIONS, Progress
from traits.moderation.services import KINDS
from traits.staff.access import asks_reason, looked_at_many
from traits.staff.lists import TOO_SLOW, DatedFilterForm, PersonField, TooSlowError, bounded_page, lazy_capfirst
from traits.staff.lists import uuids_from as ids_from

ORDER = ("-created_at", "batch_id")
SHOWN = 20
"""Suggestions on the page of an import; the list of suggestions shows all."""


class BatchFilters(DatedFilterForm):
    door = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("Any")), *Door.choices])
    staff = PersonField(label=_("Staff member"), required=False)
    client = forms.CharField(label=_("App's ID"), required=False, max_length=100)
    field_order = ("door", "staff", "client", "since", "until")

    where = DatedFilterForm.where | {"door": "door", "staff": "staff_id", "client": "client_id"}


class BatchActForm(forms.Form):
    """The inputs of an action on a whole import."""

    kind = forms.ChoiceField(
        choices=[(kind, lazy_capfirst(words)) for kind, words in KINDS.items()],
        widget=forms.RadioSelect,
        label=_("Why are they held back?"),
    )
    reason = forms.CharField(
        max_length=MAX_REASON,
        label=_("Reason"),
        help_text=_("People can read this in their history. Don't name or quote anyone."),
    )

    def __init__(self, action: str, *args: Any) -> None:
        super().__init__(*args)
        if all(step.action != ModerationAction.FLAG for step in BATCH_ACTIONS[action].steps):
            del self.fields["kind"]

    def clean_reason(self) -> str:
        return " ".join(str(self.cleaned_data["reason"]).split())


@admin.register(IngestBatch)
class IngestBatchAdmin(ReadOnlyAdmin):
    """Imports. Nobody can change their records, only what staff do with their suggestions."""

    page_name = _("Imports")

    def get_urls(self) -> list[URLPattern]:
        own = self.admin_site.admin_view
        return [path("<uuid:batch_id>/act/", own(self.act), name="batch_act"), *super().get_urls()]

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 (Django's signature)
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = BatchFilters(request.POST if request.method == "POST" else request.GET)
        if not form.is_valid():
            return self._list(request, form, status=400)
        if request.method == "POST":
            return HttpResponseRedirect(f"{request.path}?{form.query()}")
        try:
            rows = IngestBatch.objects.filter(form.condition()).select_related("staff")
            page = bounded_page(rows, ORDER, request.GET.get("after", ""))
        except TooSlowError:
            form.add_error(None, TOO_SLOW)
            return self._list(request, form, status=503)
        return self._list(request, form, rows=[(row, counts_of(row)) for row in page.rows], next=page.next)

    def _list(self, request: HttpRequest, form: BatchFilters, status: int = 200, **context: Any) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {
            "title": _("Imports"),
            "opts": self.opts,
            "form": form,
            "first": "after" not in request.GET,
        }
        return TemplateResponse(request, "admin/batches/list.html", context, status=status)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 (Django's signature)
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        batch = self.batch(request, ids_from([object_id]))
        reads = request.user.has_perm("traits.view_extractedtraitcandidate")
        person = moderation.only_person(batch.pk) if reads else None
        if person and (asked := asks_reason(request, person, AccessKind.SUGGESTIONS)):
            return asked
        shown = _shown(request, batch) if reads else {}
        if reads and not person:
            _record_look(request, batch, shown)
        context = (
            self.admin_site.each_context(request)
            | (extra_context or {})
            | shown
            | {
                "title": _("Import"),
                "opts": self.opts,
                "batch": batch,
                "counts": counts_of(batch),
                "standing": _standing(batch),
                "done": moderation.done_to(batch.pk) if request.user.has_perm("traits.view_moderationentry") else None,
                "reads": reads,
                "actions": {name: BATCH_ACTIONS[name].name for name in self.allowed(request)},
            }
        )
        return TemplateResponse(request, "admin/batches/detail.html", context)

    def batch(self, request: HttpRequest, ids: list[uuid.UUID]) -> IngestBatch:
        """Return the batch. Raises PermissionDenied, Http404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = IngestBatch.objects.select_related("staff").filter(pk__in=ids).first()
        if found is None:
            raise Http404
        return found

    def allowed(self, request: HttpRequest) -> list[str]:
        """Return the actions that this staff member may take."""
        if not request.user.has_perm("traits.view_extractedtraitcandidate"):
            return []
        return [name for name, action in BATCH_ACTIONS.items() if request.user.has_perms(sorted(action.permissions))]

    def act(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        """Preview an action on the whole import; with a reason and confirmation, perform it, slice after slice."""
        batch, name = self.batch(request, [batch_id]), request.POST.get("action", "")
        address = reverse("admin:traits_ingestbatch_change", args=[batch.pk])
        if name not in BATCH_ACTIONS:
            return redirect(address)
        if name not in self.allowed(request):
            raise PermissionDenied
        confirmed = "confirm" in request.POST
        form = BatchActForm(name, request.POST if confirmed else None)
        if not (confirmed and form.is_valid()):
            return self._preview(request, batch, name, form, status=400 if confirmed else 200)
        progress = moderation.carry_out(
            actor=cast(User, request.user),
            batch=batch,
            name=name,
            reason=form.cleaned_data["reason"],
            kind=form.cleaned_data.get("kind", ""),
            then=request.POST.get("then", ""),
        )
        messages.add_message(
            request, messages.SUCCESS if progress.done.total() else messages.WARNING, _told(name, progress)
        )
        if progress.then:
            return self._preview(request, batch, name, form, then=progress.then)
        return redirect(address)

    def _preview(
        self, request: HttpRequest, batch: IngestBatch, name: str, form: BatchActForm, status: int = 200, then: str = ""
    ) -> HttpResponse:
        steps = moderation.preview(batch.pk, name)
        context = self.admin_site.each_context(request) | {
            "title": BATCH_ACTIONS[name].name,
            "opts": self.opts,
            "means": BATCH_ACTIONS[name].meaning,
            "batch": batch,
            "action": name,
            "form": form,
            "steps": [(STEPS[step], number) for step, number in steps.items()],
            "number": sum(steps.values()),
            "stays": sum(_standing_numbers(batch)) - sum(steps.values()),
            "then": then,
        }
        return render(request, "admin/batches/act.html", context, status=status)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 (Django's signature)
    ) -> HttpResponse:
        """Redirect to the import's page, which shows what staff did."""
        batch = self.batch(request, ids_from([object_id]))
        return HttpResponseRedirect(reverse("admin:traits_ingestbatch_change", args=[batch.pk]))


STEPS = {
    ModerationAction.FLAG: _("will be held back"),
    ModerationAction.RELEASE: _("will be released"),
    ModerationAction.ARCHIVE: _("will leave the queue"),
    ModerationAction.REVERT: _("will be as before"),
    ModerationAction.REQUEUE: _("will be back in the queue"),
    ModerationAction.REAPPLY: _("will be changed again"),
}


def counts_of(batch: IngestBatch) -> list[tuple[Any, int]]:
    """Return what the batch counted, in words."""
    others = {name: name for name in batch.counts if name not in COUNTS}
    return [(words, batch.counts[name]) for name, words in (COUNTS | others).items() if batch.counts.get(name)]


def _standing_numbers(batch: IngestBatch) -> list[int]:
    return [number for status, number in moderation.standing(batch.pk).items() if status != "held"]


def _standing(batch: IngestBatch) -> list[tuple[Any, int]]:
    """Return how many of its suggestions have each status now."""
    found = moderation.standing(batch.pk)
    labels: dict[str, Any] = dict(CandidateStatus.choices) | {"held": _("Held back")}
    return [(labels[name], found[name]) for name in labels if name in found]


def _shown(request: HttpRequest, batch: IngestBatch) -> dict[str, Any]:
    """Return the first suggestions that it brought, and a page of what it changed."""
    brought = moderation.brought(batch.pk).only(
        "candidate_id", "user_id", "trait_name", "trait_category", "status", "confidence_score", "held_reason"
    )
    changed = changes_in(batch.pk, request.GET.get("after", ""))
    return {
        "brought": list(brought.order_by("pk")[:SHOWN]),
        "changes": changed.rows,
        "next": changed.next,
        "first": "after" not in request.GET,
    }


def _record_look(request: HttpRequest, batch: IngestBatch, shown: dict[str, Any]) -> None:
    """Record the access in the access log of everyone whose suggestions the page shows.

    The reason is that of the import if staff gave it, where the form says that people can read it.
    """
    rows = {row.pk: row.user_id for row in shown["brought"]}
    rows |= {change.row.candidate_id: change.row.user_id for change in shown["changes"]}
    reason = (batch.reason if batch.door == Door.UPLOAD else "") or f"Import {batch.pk}"
    people = set(rows.values())
    looked_at_many(request, AccessKind.SUGGESTIONS, len(rows), people=people, reason=reason[:MAX_ACCESS_REASON])


def _told(name: str, progress: Progress) -> str:
    """Say what was done, to how many, and why others were refused."""
    parts = [f"{step.label}: {number_format(number, force_grouping=True)}." for step, number in progress.done.items()]
    if progress.refused:
        why = "; ".join(f"{text} ({number})" for text, number in progress.refused.items())
        refused = gettext("Refused: %(number)s. %(reasons)s")
        parts.append(refused % {"number": progress.refused.total(), "reasons": why})
    if progress.then:
        parts.append(gettext("This is a large import. Continue to do the rest."))
    return " ".join(parts) or gettext("%(action)s: there was nothing to do.") % {"action": BATCH_ACTIONS[name].name}
