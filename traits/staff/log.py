"""The decision log for staff: who decided what, an entry's differences, and the check of a chain. Read only."""

import dataclasses
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import localize
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.staff.base import ReadOnlyAdmin
from ptfi.texts import Text
from ptfi.web.htmx import wants_fragment
from traits.history import selectors as history
from traits.log import verification
from traits.log.diff import ChangedPiece, changed_pieces, pieces_then
from traits.log.narration import with_names
from traits.log.sentences import WHO_FOR_STAFF
from traits.log.snapshots import TRAIT_FIELDS, State, moment_words
from traits.models import (
    AccessKind,
    ActorKind,
    CandidateStatus,
    Category,
    Decision,
    Origin,
    TraitStatus,
    UserRefinedTrait,
)
from traits.models.styles import context_words, element_label, value_words
from traits.staff.access import asks_reason, looked_at_many
from traits.staff.lists import TOO_SLOW, DatedFilterForm, PersonField, TooSlowError, bounded_page
from traits.web import read_number

OF_ALL = ("-created_at", "-refinement_action_id")
OF_ONE = ("-revision",)
LISTED = (
    *("refinement_action_id", "user_id", "revision", "user_decision", "actor_id", "actor_kind", "client_id"),
    *("reference", "rejection_code", "batch_id", "created_at"),
)
FACTS = {
    "candidate": ("name", "description", "category", "confidence", "models", "concepts", "status", "deferred_until"),
    "trait": (*(name for name in TRAIT_FIELDS if name != "evidence"), "valid_from", "valid_to"),
    "style": ("element", "context", "value"),
}
WORDS: dict[str, Mapping[str, Text]] = {
    "category": dict(Category.choices),
    "status": dict(CandidateStatus.choices) | dict(TraitStatus.choices),
    "origin": {
        Origin.AI_CONFIRMED: _("suggested, confirmed as suggested"),
        Origin.AI_REFINED: _("suggested, confirmed with changes"),
        Origin.USER_DEFINED: _("added by the person"),
        Origin.DERIVED: _("derived"),
    },
}
"""Words for values that the log stores by their technical names."""
TIMES = ("deferred_until", "valid_from", "valid_to")
OF_STYLES: dict[str, Callable[[State], str]] = {
    "element": lambda state: element_label(state["element"]),
    "context": lambda state: context_words(state["context"]),
    "value": lambda state: value_words(state["element"], state["value"]),
}
SIDES = {"candidate": _("Suggestion"), "trait": _("Trait"), "style": _("Style")}
LABELS = {
    "name": _("Name"),
    "description": _("Description"),
    "category": _("Category"),
    "confidence": _("Confidence"),
    "models": _("Models"),
    "concepts": _("Topics"),
    "status": _("Status"),
    "deferred_until": _("Snoozed until"),
    "origin": _("Origin"),
    "user_confidence": _("Own rating"),
    "expression_contexts": _("Contexts"),
    "notes": _("Notes"),
    "valid_from": _("Valid from"),
    "valid_to": _("Valid until"),
    "element": _("Element"),
    "context": _("Context"),
    "value": _("Value"),
    "evidence": _("Evidence"),
}


class LogFilters(DatedFilterForm):
    person = PersonField(label=_("Person: e-mail, external ID or ID"), required=False)
    decision = forms.ChoiceField(
        label=_("Decision"), required=False, choices=[("", _("All decisions")), *Decision.choices]
    )
    model = forms.CharField(label=_("Full model name"), required=False, max_length=255)
    by = forms.ChoiceField(label=_("Decided by"), required=False, choices=[("", _("Anyone")), *WHO_FOR_STAFF.items()])
    staff = PersonField(label=_("Staff member"), required=False)
    field_order = ("person", "decision", "model", "by", "staff", "since", "until")

    where = DatedFilterForm.where | {
        "person": "user_id",
        "decision": "user_decision",
        "model": lambda name: Q(original_candidate__originating_models__contains=[name]),
        "by": "actor_kind",
        "staff": lambda pk: Q(actor_id=pk, actor_kind=ActorKind.STAFF),
    }

    def rows(self) -> QuerySet[UserRefinedTrait]:
        """Return the entries that match the filters, without their contents."""
        return UserRefinedTrait.objects.filter(self.condition()).only(*LISTED)


@admin.register(UserRefinedTrait)
class LogAdmin(ReadOnlyAdmin):
    """The decision log. Not even superusers can change it; the database refuses changes, too."""

    page_name = _("Decision log")

    def get_urls(self) -> list[URLPattern]:
        check = self.admin_site.admin_view(self.check_view)
        return [path("check/<uuid:person_id>/", check, name="log_check"), *super().get_urls()]

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 (Django's signature)
    ) -> HttpResponse:
        """Show the newest entries of all people, or of one person, for which a reason is required."""
        self._permit(request)
        sent = request.method == "POST" and "access_reason" not in request.POST
        form = LogFilters(request.POST if sent else request.GET)
        if not form.is_valid():
            return self._list(request, form, status=400)
        if sent:
            return HttpResponseRedirect(f"{request.path}?{form.query()}")
        person = form.cleaned_data["person"]
        asked = asks_reason(request, person, AccessKind.LOG) if person else None
        if asked:
            return asked
        try:
            page = bounded_page(form.rows(), OF_ONE if person else OF_ALL, request.GET.get("after", ""))
        except TooSlowError:
            form.add_error(None, TOO_SLOW)
            return self._list(request, form, status=503)
        if not person:
            looked_at_many(request, AccessKind.LOG, len(page.rows))
        return self._list(request, form, rows=page.rows, next=page.next, person=person)

    def _list(self, request: HttpRequest, form: LogFilters, status: int = 200, **context: Any) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {
            "title": _("Decision log"),
            "opts": self.opts,
            "form": form,
            "first": "after" not in request.GET,
            "may_check": request.user.has_perm("traits.check_log"),
        }
        return TemplateResponse(request, "admin/staff/log.html", context, status=status)

    def _permit(self, request: HttpRequest, object_id: str | None = "") -> None:
        """Raise PermissionDenied without permission, and for None, where Django would show the form for a new row."""
        if object_id is None or not self.has_view_permission(request):
            raise PermissionDenied

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",  # noqa: ARG002 (Django's signature)
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """Show an entry: the text the person reads, what changed, and the evidence for staff who may see it."""
        self._permit(request, object_id)
        entry = _entry(object_id)
        if asked := asks_reason(request, entry.user_id, AccessKind.DECISION):
            return asked
        owner = User.objects.get(pk=entry.user_id)
        content = history.content(owner, entry.pk)
        item = history.items(owner, list(with_names(UserRefinedTrait.objects.filter(pk=entry.pk))), fold=False)[0]
        may_see = request.user.has_perm("traits.view_evidence")
        context = self.admin_site.each_context(request) | {
            "title": _("Decision log"),
            "subtitle": gettext("Entry %(number)s") % {"number": entry.revision},
            "opts": self.opts,
            "entry": entry,
            "item": item,
            "decided_by": WHO_FOR_STAFF[entry.actor_kind],
            "states": states(content),
            "may_see_evidence": may_see,
            "may_check": request.user.has_perm("traits.check_log"),
            "evidence": evidence(content) if may_see else None,
        }
        return TemplateResponse(request, "admin/staff/log_entry.html", context)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 (Django's signature)
    ) -> HttpResponse:
        """Redirect to the entry: it never changes, so it has no history."""
        self._permit(request)
        return HttpResponseRedirect(reverse("admin:traits_userrefinedtrait_change", args=[_entry(object_id).pk]))

    def check_view(self, request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
        """Check a person's chain, in pieces."""
        if not request.user.has_perm("traits.check_log"):
            raise PermissionDenied
        owner = User.objects.filter(pk=person_id).first()
        if owner is None:
            raise Http404
        if asked := asks_reason(request, person_id, AccessKind.LOG_CHECK):
            return asked
        after = read_number(request.GET.get("after", ""), 0, 10**9)
        context = self.admin_site.each_context(request) | {
            "title": _("Verify a log"),
            "opts": self.opts,
            "person_id": person_id,
            "may_view": self.has_view_permission(request),
            "checked": verification.check(owner, after=after) if "after" in request.GET else None,
        }
        template = "_log_check" if wants_fragment(request) else "log_check"
        return TemplateResponse(request, f"admin/staff/{template}.html", context)


def _entry(object_id: str | None) -> UserRefinedTrait:
    """Return the entry with this id. Raises Http404."""
    try:
        entry = UserRefinedTrait.objects.defer("content").filter(pk=uuid.UUID(object_id or "")).first()
    except ValueError:
        entry = None
    if entry is None:
        raise Http404
    return entry


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fact:
    """A field of a state, before and after; of evidence only the count is shown."""

    label: Text
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


def states(content: State) -> list[tuple[Text, bool, bool, list[Fact]]]:
    """Return the things that the entry concerns: title, whether it existed before and after, and its fields."""
    found: list[tuple[Text, bool, bool, list[Fact]]] = []
    for side, title in SIDES.items():
        before, after = content["before"].get(side), content["after"].get(side)
        if before or after:
            facts = [_fact(name, before or {}, after or {}) for name in (*FACTS[side], "evidence")]
            shown = [fact for fact in facts if fact.before or fact.after]
            found.append((title, before is not None, after is not None, shown))
    return found


def _fact(name: str, before: State, after: State) -> Fact:
    return Fact(label=LABELS[name], before=_said(before, name), after=_said(after, name))


def _said(state: State, name: str) -> str:
    value = state.get(name)
    if value is None:
        return ""
    if name in TIMES:
        return moment_words(value)
    if name in OF_STYLES:
        return OF_STYLES[name](state)
    if name == "evidence":
        return ngettext("%(n)d piece", "%(n)d pieces", len(value)) % {"n": len(value)} if value else ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return str(localize(value))
    return str(WORDS.get(name, {}).get(value, value))


def evidence(content: State) -> tuple[list[ChangedPiece], int]:
    """Return the pieces that the entry changed, or else those it refers to, and their total number."""
    touched = changed_pieces(content["before"], content["after"])
    return touched if touched[1] else pieces_then(content["before"], content["after"])
