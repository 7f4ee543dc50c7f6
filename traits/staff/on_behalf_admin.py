"""Pages for staff who act on behalf of a person at that person's request, through the same services as the person."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.db.transactions import front_door
from ptfi.staff.base import ReadOnlyAdmin
from traits import selectors
from traits.errors import InvalidError, RuleError
from traits.history import selectors as history
from traits.models import AccessKind, ActedFor, TraitStatus
from traits.review.forms import EditForm, later_words, rejection_codes
from traits.review.selectors import QueueFilters, queue
from traits.staff import on_behalf
from traits.staff.access import asks_reason
from traits.staff.on_behalf_forms import Act, By, suggestion_act, trait_act, traits_page, undo_act

TABS = {
    "review": _("To review"),
    "later": _("Snoozed"),
    "rejected": _("Rejected"),
    "traits": _("Traits"),
    "history": _("History"),
}
FIND = "admin:traits_actedfor_changelist"
PERMISSION = "traits.act_for_person"


@admin.register(ActedFor)
class OnBehalfAdmin(ReadOnlyAdmin):
    """Acting on behalf. It requires the permission act_for_person, whatever other permissions a staff member has."""

    page_name = _("Act on behalf")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return request.user.has_perm(PERMISSION)

    def get_urls(self) -> list[URLPattern]:
        """Leave out Django's own URLs, which would show the underlying row."""
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name="traits_actedfor_changelist"),
            path("<uuid:person_id>/", view(self.person_view), name="act_for"),
            path("<uuid:person_id>/end/", view(self.end_view), name="act_for_end"),
            path(
                "<uuid:person_id>/suggestions/<uuid:candidate_id>/",
                view(self.suggestion_view),
                name="act_for_suggestion",
            ),
            path("<uuid:person_id>/traits/<uuid:trait_id>/", view(self.trait_view), name="act_for_trait"),
            path("<uuid:person_id>/undo/<uuid:action_id>/", view(self.undo_view), name="act_for_undo"),
        ]

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: dict[str, Any] | None = None,  # noqa: ARG002 (Django's signature)
    ) -> HttpResponse:
        """Ask for the person and the ticket."""
        self._permit(request)
        form = on_behalf.StartForm(request, request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            person_id = form.cleaned_data["person"]
            on_behalf.start(request, person_id, form.cleaned_data["reference"])
            return HttpResponseRedirect(reverse("admin:act_for", args=[person_id]))
        context = {"title": _("Act on behalf"), "form": form}
        return self._page(request, "act_start", context, 400 if form.is_bound else 200)

    def person_view(self, request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
        """Show what is undecided, the person's traits, and past decisions."""
        person, asked = self._person(request, person_id, AccessKind.ACTING)
        if asked:
            return asked
        tab = request.GET.get("tab", "")
        tab = tab if tab in TABS else "review"
        context = {"title": _("Act on behalf"), "tab": tab, "tabs": TABS.items(), "first": "after" not in request.GET}
        return self._page(request, "act", context | self._tab(request, person, tab) | self._whom(request, person))

    def _tab(self, request: HttpRequest, person: User, tab: str) -> dict[str, Any]:
        after = request.GET.get("after", "")
        if tab == "traits":
            traits = traits_page(person, after)
            return {"traits": traits.rows, "next": traits.next}
        if tab == "history":
            items = history.page(person, history.HistoryFilters(), after=after)
            return {"items": items.rows, "next": items.next}
        suggestions = queue(person, QueueFilters(tab=tab, sort="newest"), after=after)
        return {"suggestions": suggestions.rows, "next": suggestions.next}

    def suggestion_view(self, request: HttpRequest, person_id: uuid.UUID, candidate_id: uuid.UUID) -> HttpResponse:
        """Show a suggestion and make decisions about it."""
        person, asked = self._person(request, person_id, AccessKind.SUGGESTION)
        if asked:
            return asked
        candidate = selectors.candidate(person, candidate_id)
        edits = request.POST.get("act") == "edit"
        form = EditForm(candidate, request.POST if edits else None)
        fault: RuleError | None = None
        if request.method == "POST":
            try:
                act = suggestion_act(self._by(request, person), candidate, request.POST, form)
                return self._done(request, person, act, "review")
            except InvalidError as error:
                fault = error
                if edits:
                    form.add_details(error.details)
            except RuleError as error:
                fault = error
            candidate = selectors.candidate(person, candidate_id)
        context = {
            "title": _("Act on behalf"),
            "subtitle": candidate.trait_name,
            "candidate": candidate,
            "form": form,
            "typed": request.POST,
            "fault": fault,
            "codes": rejection_codes(),
            "later": later_words().items(),
            "pieces": candidate.supporting_evidence if request.user.has_perm("traits.view_evidence") else None,
        }
        return self._page(
            request, "act_suggestion", context | self._whom(request, person), fault.status if fault else 200
        )

    def trait_view(self, request: HttpRequest, person_id: uuid.UUID, trait_id: uuid.UUID) -> HttpResponse:
        """A trait: set its status, or remove it."""
        person, asked = self._person(request, person_id, AccessKind.TRAIT)
        if asked:
            return asked
        trait = selectors.trait(person, trait_id)
        fault: RuleError | None = None
        if request.method == "POST":
            try:
                return self._done(request, person, trait_act(self._by(request, person), trait, request.POST), "traits")
            except RuleError as error:
                fault = error
            trait = selectors.trait(person, trait_id)
        context = {
            "title": _("Act on behalf"),
            "subtitle": trait.name,
            "trait": trait,
            "fault": fault,
            "typed": request.POST,
            "statuses": [choice for choice in TraitStatus.choices if choice[0] != trait.status],
        }
        return self._page(request, "act_trait", context | self._whom(request, person), fault.status if fault else 200)

    def undo_view(self, request: HttpRequest, person_id: uuid.UUID, action_id: uuid.UUID) -> HttpResponse:
        """Undo a decision or batch, made by the person or by staff."""
        person, asked = self._person(request, person_id, AccessKind.LOG)
        if asked:
            return asked
        if request.method == "POST":
            try:
                return self._done(request, person, undo_act(self._by(request, person), action_id), "history")
            except RuleError as error:
                messages.error(request, error.message)
        return HttpResponseRedirect(f"{reverse('admin:act_for', args=[person.pk])}?tab=history")

    def end_view(self, request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
        """Stop acting for this person; starting again takes a ticket."""
        self._permit(request)
        if request.method == "POST":
            on_behalf.end(request, person_id)
        return HttpResponseRedirect(reverse(FIND))

    def _permit(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _person(self, request: HttpRequest, person_id: uuid.UUID, kind: AccessKind) -> tuple[User, HttpResponse | None]:
        """Return the person, and a response instead of the page if the ticket or the reason is missing."""
        self._permit(request)
        person = on_behalf.person_for(request, person_id)
        if not on_behalf.reference_for(request, person):
            messages.warning(request, gettext("A ticket is valid for one hour. Enter it again for this person."))
            return person, HttpResponseRedirect(reverse(FIND))
        return person, asks_reason(request, person_id, kind)

    def _by(self, request: HttpRequest, person: User) -> By:
        return {"user": person, "actor": on_behalf.actor_for(request, person)}

    def _done(self, request: HttpRequest, person: User, act: Act, tab: str) -> HttpResponse:
        """Decide, tell the person, and redirect. The message quotes nothing personal, as it is stored in a session."""
        with front_door():
            entries = act()
        last = entries[-1]
        text = gettext("%(decision)s: log entry %(number)s.")
        messages.success(request, text % {"decision": last.get_user_decision_display(), "number": last.revision})
        if not on_behalf.tell(request, person):
            messages.warning(
                request, gettext("The e-mail to the person could not be sent. Tell them through the ticket.")
            )
        return HttpResponseRedirect(f"{reverse('admin:act_for', args=[person.pk])}?tab={tab}")

    def _whom(self, request: HttpRequest, person: User) -> dict[str, Any]:
        return {"person": person, "reference": on_behalf.reference_for(request, person)}

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/staff/{name}.html", context, status=status)
