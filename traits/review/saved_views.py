"""Filters and order of the queue that a person keeps under names."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from ptfi.accounts.models import User
from ptfi.db.transactions import front_door
from ptfi.texts import isolated, sort_key
from ptfi.web.fields import LineField
from ptfi.web.htmx import target_of
from ptfi.web.submissions import keeps_input
from traits.errors import InvalidError, NotFoundError
from traits.models import SavedView
from traits.review.selectors import QueueFilters
from traits.text import name_fault, name_key
from traits.web import Request, address


class ViewForm(forms.Form):
    """A name for the filters of the page; a name that exists already gets the new filters."""

    name = LineField(label=_("Name"), max_length=SavedView.MAX_NAME)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if fault := name_fault(name):
            raise forms.ValidationError(fault)
        return name


def saved_views(user: User) -> QuerySet[SavedView]:
    """Return the person's views by name."""
    return SavedView.objects.filter(user=user).order_by("sort_key", "pk")


def save_view(user: User, name: str, query: str) -> None:
    """Keep the query of an address under a name. Raises InvalidError (name) if the person has too many."""
    key, mine = name_key(name), SavedView.objects.filter(user=user)
    others = list(mine.select_for_update().values_list("name_key", flat=True))
    if key not in others and len(others) >= SavedView.MOST:
        raise InvalidError(
            details={"name": [gettext("You have %(number)s views. Delete one first.") % {"number": len(others)}]}
        )
    values = {"name": name, "sort_key": sort_key(name), "query": query}
    SavedView.objects.update_or_create(user=user, name_key=key, defaults=values)


@keeps_input
@login_required
@require_http_methods(["GET", "POST"])
def views_page(request: Request) -> HttpResponse:
    """Show the saved views, and save the filters of the address as one; HTMX gets the list alone."""
    filters = _without_sitting(request)
    form = ViewForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            with front_door():
                save_view(request.user, form.cleaned_data["name"], filters.query())
        except InvalidError as error:
            form.add_error("name", error.details["name"])
        else:
            text = gettext("Saved the view “%(name)s”.") % {"name": isolated(form.cleaned_data["name"])}
            messages.success(request, text)
            return HttpResponseRedirect(address(reverse("review"), filters.query()))
    return _shown(request, form, filters)


def _without_sitting(request: Request) -> QueueFilters:
    query = request.GET.copy()
    query.pop("sitting", None)
    return QueueFilters.read(query)


def _shown(request: Request, form: ViewForm, filters: QueueFilters) -> HttpResponse:
    context: dict[str, Any] = {"views": saved_views(request.user), "form": form, "query": filters.query()}
    template = "review/_views.html" if target_of(request) == "views" else "review/views.html"
    return render(request, template, context, status=400 if form.errors else 200)


@login_required
@require_POST
def delete_view(request: Request, view_id: uuid.UUID) -> HttpResponse:
    """Delete a saved view."""
    with front_door():
        number, _by_kind = SavedView.objects.filter(user=request.user, pk=view_id).delete()
        if not number:
            raise NotFoundError
    messages.success(request, gettext("Deleted the view."))
    return HttpResponseRedirect(reverse("review_views"))
