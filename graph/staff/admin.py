"""Staff pages for the graph projection: status and actions. They show ids and numbers only, no personal text."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from neo4j.exceptions import Neo4jError

from graph.errors import GraphUnavailableError
from graph.projection.lag import BEHIND, FAILING, GONE, HELD, WENT_BACK, failing_erasures, lag, last_check, projectors
from graph.projection.verification import check
from graph.staff.actions import ACTIONS, ProjectionAction, retry_erasures
from ptfi.staff.base import ReadOnlyAdmin, code
from ptfi.texts import Text
from ptfi.web.language import grouped
from traits.models import AccessKind, Erasure, Persona
from traits.models.erasure import UNDER_WAY
from traits.staff.access import PersonalAdmin, staff_id
from traits.staff.lists import uuids_from

LISTED = 20
CHECK_SECONDS = 10.0
MAX_CHECKED = 20_000
"""The most entries that a page compares; longer logs take manage.py check_graph."""
MAX_DIFFERENCES = 100


class StateFilter(admin.SimpleListFilter):
    """The filter by state; without it, the list shows people who may need attention."""

    title = _("state")
    parameter_name = "state"
    conditions = {"behind": BEHIND, "failing": FAILING, "held": HELD, "went_back": WENT_BACK}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:  # noqa: ARG002 (Django's)
        return [
            ("behind", _("Behind")),
            ("failing", _("Failing")),
            ("held", _("Paused")),
            ("went_back", _("Log lost entries")),
        ]

    def choices(self, changelist: Any) -> Any:
        everybody, *others = super().choices(changelist)
        yield everybody | {"display": _("Behind or paused")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Persona]) -> QuerySet[Persona]:
        condition = self.conditions.get(self.value() or "")
        if condition:
            return queryset.filter(condition)
        return queryset if _id_in(request.GET.get("q", "")) else queryset.filter(BEHIND | HELD | WENT_BACK)


@admin.register(Persona)
class PersonaAdmin(PersonalAdmin, ReadOnlyAdmin):
    """The projection: the people for whom the graph is behind, and why."""

    access_kind = AccessKind.PERSONA
    page_name = _("Graph projection")
    list_display = ("person", "entries_behind", "last_entry", "state")
    list_filter = (StateFilter,)
    search_fields = ("pk",)
    search_help_text = _("Full ID of the person")
    ordering = ("last_entry_at", "user_id")
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    actions = ("retry", "hold", "release", "rebuild")
    change_list_template = "admin/traits/persona/projection.html"

    @admin.display(description=_("person"))
    def person(self, row: Persona) -> SafeString:
        return code(row.pk)

    @admin.display(description=_("entries behind"))
    def entries_behind(self, row: Persona) -> int:
        return row.behind

    @admin.display(description=_("last entry"), ordering="last_entry_at")
    def last_entry(self, row: Persona) -> str:
        return _moment(row.last_entry_at) if row.last_entry_at else "–"

    @admin.display(description=_("state"))
    def state(self, row: Persona) -> str:
        parts = []
        if row.went_back_at:
            text = gettext("The log lost entries (found %(time)s). Nothing is projected.")
            parts.append(text % {"time": _moment(row.went_back_at)})
        if row.held_at:
            parts.append(gettext("Paused since %(time)s.") % {"time": _moment(row.held_at)})
        if row.attempts:
            parts.append(_failed(row))
        return " ".join(parts) or (gettext("Waiting for its turn") if row.behind else gettext("Up to date"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<uuid:user_id>/check/", view(self.check_person), name="traits_persona_check"),
            path("erasures/<uuid:erasure_id>/retry/", view(self.retry_erasure), name="traits_persona_retry_erasure"),
        ]
        return own + super().get_urls()

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002 (Django's signature)
        queryset: QuerySet[Persona],
        search_term: str,
    ) -> tuple[QuerySet[Persona], bool]:
        """Find people by their full id only: a search for a part of one would scan everyone."""
        if not search_term:
            return queryset, False
        user_id = _id_in(search_term)
        return queryset.filter(pk=user_id) if user_id else queryset.none(), False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "traits.retry_projection")

    def has_hold_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "traits.hold_projection")

    def has_check_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "traits.check_graph")

    def _may(self, request: HttpRequest, permission: str) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(permission)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        named = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if request.method == "POST" and not (named and all(map(_id_in, named))):
            self.message_user(request, gettext("Nothing was done. Select people first."), messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())
        waiting = lag()
        context = {
            "title": self.page_name,
            "lag": waiting,
            "erasures": failing_erasures() if waiting.failing_erasures else [],
            "projectors": projectors(),
            "gone_before": timezone.now() - GONE,
            "last_check": last_check(),
            "may_retry": self.has_retry_permission(request),
        }
        page: HttpResponse = super().changelist_view(request, context | (extra_context or {}))
        return page

    @admin.action(description=ACTIONS["retry"].label, permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Persona]) -> HttpResponse:
        return self._act(request, queryset, ACTIONS["retry"])

    @admin.action(description=ACTIONS["hold"].label, permissions=["hold"])
    def hold(self, request: HttpRequest, queryset: QuerySet[Persona]) -> HttpResponse:
        return self._act(request, queryset, ACTIONS["hold"])

    @admin.action(description=ACTIONS["release"].label, permissions=["hold"])
    def release(self, request: HttpRequest, queryset: QuerySet[Persona]) -> HttpResponse:
        return self._act(request, queryset, ACTIONS["release"])

    @admin.action(description=ACTIONS["rebuild"].label, permissions=["retry"])
    def rebuild(self, request: HttpRequest, queryset: QuerySet[Persona]) -> HttpResponse:
        return self._act(request, queryset, ACTIONS["rebuild"])

    def _act(self, request: HttpRequest, queryset: QuerySet[Persona], action: ProjectionAction) -> HttpResponse:
        """Ask for confirmation, then perform the action."""
        found = queryset if request.POST.get("select_across") == "1" else _chosen(request)
        ids = list(found.order_by("pk").values_list("pk", flat=True)[: action.most + 1])
        back = HttpResponseRedirect(request.get_full_path())
        if len(ids) > action.most:
            self.message_user(request, _too_many(action.most), messages.ERROR)
            return back
        if "confirmed" not in request.POST:
            context = self.admin_site.each_context(request) | {
                "title": action.label,
                "opts": self.opts,
                "action": action,
                "ids": ids,
                "listed": ids[:LISTED],
                "one": request.POST.get("one", ""),
            }
            return TemplateResponse(request, "admin/traits/persona/confirm.html", context)
        people = Persona.objects.filter(pk__in=ids)
        number = action.work(people)
        LogEntry.objects.log_actions(staff_id(request), people, CHANGE, f"Projection: {action.name}")
        self._say(request, action, number, len(ids) - number)
        return HttpResponseRedirect(_page_of(ids[0])) if request.POST.get("one") and ids else back

    def _say(self, request: HttpRequest, action: ProjectionAction, number: int, left: int) -> None:
        done = [str(action.done % {"people": number, "number": grouped(number)})]
        if left:
            done.append(gettext("Nothing to do for %(number)s.") % {"number": grouped(left)})
        self.message_user(request, " ".join(done), messages.SUCCESS if number else messages.WARNING)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 (Django's signature)
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one person's projection and the possible actions."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        user_id = _id_in(object_id)
        if user_id is None:
            raise Http404
        persona = get_object_or_404(Persona, pk=user_id)
        if asked := self.asks(request, object_id):
            return asked
        context = self.admin_site.each_context(request) | {
            "title": _("Projection for one person"),
            "opts": self.opts,
            "persona": persona,
            "erasures": Erasure.objects.filter(subject_id=user_id, state__in=UNDER_WAY).order_by("pk"),
            "actions": self._fitting(request, persona),
            "may_check": self.has_check_permission(request),
            "may_retry": self.has_retry_permission(request),
            "is_long": persona.revision > MAX_CHECKED,
            "most": MAX_CHECKED,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/traits/persona/person.html", context)

    def _fitting(self, request: HttpRequest, persona: Persona) -> list[ProjectionAction]:
        """Return the actions that this staff member may take and that have an effect in the person's current state."""
        may_retry, may_hold = self.has_retry_permission(request), self.has_hold_permission(request)
        fits = {
            "retry": may_retry and persona.behind > 0 and persona.attempts > 0,
            "hold": may_hold and persona.held_at is None,
            "release": may_hold and persona.held_at is not None,
            "rebuild": may_retry,
        }
        return [action for name, action in ACTIONS.items() if fits[name]]

    def check_person(self, request: HttpRequest, user_id: uuid.UUID) -> HttpResponse:
        """Compare one person's log, tables and graph, outside of any transaction."""
        if not self.has_check_permission(request):
            raise PermissionDenied
        persona = get_object_or_404(Persona, pk=user_id)
        if asked := self.asks(request, str(user_id)):
            return asked
        if request.method != "POST" or persona.revision > MAX_CHECKED:
            return HttpResponseRedirect(_page_of(user_id))
        try:
            found = check(user_id, min(CHECK_SECONDS, settings.PROJECTOR_LEASE_SECONDS))
            context = {"checked": True, "found": found and found[:MAX_DIFFERENCES], "number": len(found or [])}
            context["is_behind"] = found is None
        except (GraphUnavailableError, Neo4jError):
            context = {"graph_is_away": True}
        return self.change_view(request, str(user_id), extra_context=context)

    def retry_erasure(self, request: HttpRequest, erasure_id: uuid.UUID) -> HttpResponse:
        """Ask for confirmation, then retry a failing erasure."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        erasure = get_object_or_404(Erasure, pk=erasure_id)
        if request.method != "POST":
            context = self.admin_site.each_context(request) | {"title": _("Retry now"), "opts": self.opts}
            return TemplateResponse(request, "admin/traits/persona/retry_erasure.html", context | {"erasure": erasure})
        if retry_erasures([erasure_id]):
            LogEntry.objects.log_actions(staff_id(request), [erasure], CHANGE, "Erasure: retry")
            self.message_user(request, gettext("Retrying the erasure now."), messages.SUCCESS)
        else:
            self.message_user(request, gettext("Nothing to do: this erasure is not failing."), messages.WARNING)
        return HttpResponseRedirect(reverse("admin:traits_persona_changelist"))


def _moment(at: dt.datetime) -> str:
    local = timezone.localtime(at)
    return f"{date_format(local, 'MONTH_DAY_FORMAT')}, {date_format(local, 'H:i:s')}"


def _page_of(user_id: uuid.UUID) -> str:
    return reverse("admin:traits_persona_change", args=[user_id])


def _chosen(request: HttpRequest) -> QuerySet[Persona]:
    """Return the selected people, even if the list's filter no longer matches them."""
    return Persona.objects.filter(pk__in=uuids_from(request.POST.getlist(ACTION_CHECKBOX_NAME)))


def _id_in(text: str) -> uuid.UUID | None:
    return next(iter(uuids_from([text.strip()])), None)


def _too_many(most: int) -> str:
    return gettext("Nothing was done. Select at most %(number)s people.") % {"number": grouped(most)}


def _failed(row: Persona) -> str:
    """Say how often projecting the person failed, why, and when it is retried."""
    text = ngettext("Failed %(n)d time (%(error)s).", "Failed %(n)d times (%(error)s).", row.attempts)
    failed = text % {"n": row.attempts, "error": row.last_error or gettext("no reason recorded")}
    if row.next_attempt_at is None:
        again = gettext("Retrying now.")
    else:
        again = gettext("Next attempt: %(time)s.") % {"time": _moment(row.next_attempt_at)}
    return f"{failed} {again}"
