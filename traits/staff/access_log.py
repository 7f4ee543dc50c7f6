"""The access log for auditors: which staff looked at whose persona, when and why. Read only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ptfi.staff.base import ReadOnlyAdmin
from ptfi.web.keyset import by_ids_if_few
from traits.models import AccessEntry, AccessKind
from traits.staff.access import asks_reason
from traits.staff.lists import TOO_SLOW, DatedFilterForm, PersonField, TooSlowError, bounded_page
from traits.staff.searches import erase_old_words

ORDER = ("-created_at", "-pk")


class AccessFilters(DatedFilterForm):
    person = PersonField(label=_("Person: e-mail, external ID or ID"), required=False)
    staff = PersonField(label=_("Staff member"), required=False)
    kind = forms.ChoiceField(label=_("Opened"), required=False, choices=[("", _("Anything")), *AccessKind.choices])
    field_order = ("person", "staff", "kind", "since", "until")

    where = DatedFilterForm.where | {"person": AccessEntry.about, "staff": "staff_id", "kind": "kind"}


@admin.register(AccessEntry)
class AccessLogAdmin(ReadOnlyAdmin):
    """The access log. Not even superusers can change it; the database refuses changes, too."""

    page_name = _("Access log")

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 (Django's signature)
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        sent = request.method == "POST" and "access_reason" not in request.POST
        form = AccessFilters(request.POST if sent else request.GET)
        if not form.is_valid():
            return self._list(request, form, status=400)
        if sent:
            return HttpResponseRedirect(f"{request.path}?{form.query()}")
        person = form.cleaned_data["person"]
        if person and (asked := asks_reason(request, person, AccessKind.ACCESS_LOG)):
            return asked
        erase_old_words()
        try:
            rows = AccessEntry.objects.filter(form.condition())
            rows = by_ids_if_few(rows) if person else rows
            page = bounded_page(rows.defer("people"), ORDER, request.GET.get("after", ""))
        except TooSlowError:
            form.add_error(None, TOO_SLOW)
            return self._list(request, form, status=503)
        return self._list(request, form, rows=page.rows, next=page.next)

    def _list(self, request: HttpRequest, form: AccessFilters, status: int = 200, **context: Any) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {
            "title": _("Access log"),
            "opts": self.opts,
            "form": form,
            "first": "after" not in request.GET,
            "reads_words": request.user.has_perm("traits.view_search_words"),
        }
        return TemplateResponse(request, "admin/staff/looks.html", context, status=status)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",  # noqa: ARG002 (Django's signature)
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Redirect to the list, which shows everything about a row."""
        if object_id is None or not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:traits_accessentry_changelist"))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Redirect to the list: rows never change, so they have no history."""
        return self.changeform_view(request, object_id, "", extra_context)
