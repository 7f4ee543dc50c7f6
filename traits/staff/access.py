"""The access log: which staff looked at whose persona, when and why. The reason is asked before anything is shown."""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.activity.events import Kind, record
from ptfi.staff.base import StaffAdmin
from ptfi.web.fields import LineField
from traits.models.staff_access import MAX_REASON, AccessEntry, AccessKind

GIVEN = "access_reasons"
"""Session key. By person: the row with the given reason, and when each kind of page was recorded."""
MOST_PEOPLE = 100
ONCE_IN = dt.timedelta(hours=1)
LASTS = dt.timedelta(hours=4)
"""How long a reason is valid; after that the page asks again and suggests the same one."""


class ReasonForm(forms.Form):
    access_reason = LineField(
        label=_("Why do you need access?"),
        min_length=3,
        max_length=MAX_REASON,
        help_text=_("A ticket reference or a few words. The person can read it."),
        widget=forms.TextInput({"autofocus": True}),
    )


def asks_reason(request: HttpRequest, user_id: uuid.UUID, kind: AccessKind) -> HttpResponse | None:
    """Return the page that asks for a reason; None, after recording the access, if this session gave one.

    Call it after the permission check and before reading anything of the person's. It also handles its own page's form
    and redirects to the same URL, so it cannot be used to redirect to other sites. Access to one's own data needs no
    reason.
    """
    if user_id == request.user.pk:
        return None
    if form := sent_reason(request):
        if not form.is_valid():
            return reason_page(request, form, person_id=user_id)
        give_reason(request, user_id, kind, form.cleaned_data["access_reason"])
        return HttpResponseRedirect(request.get_full_path())
    given = request.session.get(GIVEN, {}).get(str(user_id))
    if given is None or is_over(given) or not _recorded(request, user_id, kind, given):
        return reason_page(request, offered(given), person_id=user_id)
    return None


def sent_reason(request: HttpRequest) -> ReasonForm | None:
    """Return the form with the reason that came with the request; None if there is none."""
    return ReasonForm(request.POST) if request.method == "POST" and "access_reason" in request.POST else None


def offered(given: dict[str, Any] | None) -> ReasonForm:
    """Return a form with the reason that this session gave before, unless that was erased."""
    rows = AccessEntry.objects.filter(pk=given["entry"]) if given else AccessEntry.objects.none()
    return ReasonForm(initial={"access_reason": rows.values_list("reason", flat=True).first() or ""})


def is_over(given: dict[str, Any]) -> bool:
    """Return whether this reason has expired."""
    since = parse_datetime(given.get("since", ""))
    return since is None or timezone.now() - since > LASTS


def give_reason(request: HttpRequest, user_id: uuid.UUID, kind: AccessKind, reason: str) -> None:
    """Record an access with its reason, and store the row's id in the session.

    The session doesn't contain the reason itself, so that erasing it from the row is enough.
    """
    entry = _record(request, user_id, kind, reason)
    given = request.session.get(GIVEN, {})
    given.pop(str(user_id), None)
    newest = list(given.items())[1 - MOST_PEOPLE :]
    at = entry.created_at.isoformat()
    seen = {"entry": entry.pk, "since": at, "recorded": {entry.kind: at}}
    request.session[GIVEN] = dict(newest) | {str(user_id): seen}


def looked_at_many(
    request: HttpRequest,
    kind: AccessKind,
    number: int,
    *,
    people: Collection[uuid.UUID] = (),
    words: str = "",
    reason: str = "",
) -> AccessEntry:
    """Record that a list across people was viewed, with its number of rows; call it before showing the list.

    people: those in whose access log it appears, for a search or a file. words: the words searched for.
    """
    record(Kind.STAFF_LOOKED, user_id=None, request=request, actor_id=request.user.pk)
    return AccessEntry.objects.create(
        staff_id=staff_id(request), kind=kind, number=number, people=sorted(people), words=words, reason=reason
    )


def staff_id(request: HttpRequest) -> uuid.UUID:
    """Return the staff member's id. Raises PermissionDenied for anonymous requests, which the admin refuses anyway."""
    if request.user.pk is None:
        raise PermissionDenied
    return request.user.pk


def _record(request: HttpRequest, user_id: uuid.UUID, kind: AccessKind, reason: str) -> AccessEntry:
    now = timezone.now()
    record(Kind.STAFF_LOOKED, user_id=user_id, request=request, actor_id=request.user.pk)
    return AccessEntry.objects.create(
        staff_id=staff_id(request), subject_id=user_id, kind=kind, reason=reason, created_at=now
    )


def _recorded(request: HttpRequest, user_id: uuid.UUID, kind: AccessKind, given: dict[str, Any]) -> bool:
    """Record this access unless it is already recorded: one row per person, kind of page and hour.

    Returns False if the reason was erased.
    """
    last = parse_datetime(given["recorded"].get(kind.value, ""))
    if last is not None and timezone.now() - last < ONCE_IN:
        return True
    first = AccessEntry.objects.get(pk=given["entry"])
    if not first.reason:
        return False
    entry = _record(request, user_id, kind, first.reason)
    given["recorded"][kind.value] = entry.created_at.isoformat()
    request.session.modified = True
    return True


def reason_page(request: HttpRequest, form: ReasonForm, **context: Any) -> HttpResponse:
    """Return the page that asks for a reason. context: the person_id concerned, the words of a search, or is_file."""
    context |= admin.site.each_context(request) | {
        "title": _("Reason for access"),
        "form": form,
        "lost": request.method == "POST" and not form.is_bound,
    }
    return TemplateResponse(request, "admin/staff/reason.html", context, status=400 if form.is_bound else 200)


class PersonalAdmin(StaffAdmin):
    """A model with personal data: opening a row takes a reason."""

    access_kind: AccessKind

    def person_of(self, row: Any) -> uuid.UUID | None:
        """Return the id of the row's person; None if it belongs to no one."""
        pk: uuid.UUID | None = row.user_id
        return pk

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        asked = self.asks(request, object_id)
        return asked or super().changeform_view(request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.asks(request, object_id) or super().history_view(request, object_id, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the list and record it; a search counts as an access to every person found."""
        if asked := self._asks_of_search(request):
            return asked
        response = super().changelist_view(request, extra_context)
        listed = (getattr(response, "context_data", None) or {}).get("cl")
        if listed and not listed.query:
            looked_at_many(request, self.access_kind, len(listed.result_list))
        return response

    def _asks_of_search(self, request: HttpRequest) -> HttpResponse | None:
        term = request.GET.get(SEARCH_VAR, "").strip()
        if not term or "\0" in term or not self.has_view_or_change_permission(request):
            return None
        found, _ = self.get_search_results(request, self.get_queryset(request), term)
        people = {person for row in found.order_by("pk")[:MOST_PEOPLE] if (person := self.person_of(row))}
        asked = (asks_reason(request, person, self.access_kind) for person in sorted(people))
        return next((page for page in asked if page), None)

    def asks(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Return the page that asks for a reason if the row belongs to a person; for our own views of a single row."""
        row: Model | None = self.get_object(request, unquote(object_id)) if object_id else None
        # Missing permissions and unknown rows are left to Django's own view.
        if row is None or not self.has_view_or_change_permission(request, row):
            return None
        person = self.person_of(row)
        return asks_reason(request, person, self.access_kind) if person else None
