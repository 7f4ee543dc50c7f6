"""The pages on which people choose their keys, and on which they find everything by its name."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from ptfi.accounts.models import User
from ptfi.db.transactions import front_door
from ptfi.web.filters import LONGEST
from ptfi.web.htmx import target_of
from ptfi.web.submissions import keeps_input
from traits.review.keys.actions import keys_of
from traits.review.keys.forms import KeysForm
from traits.review.keys.palette import find
from traits.web import Request


@keeps_input
@login_required
@require_http_methods(["GET", "POST"])
def review_keys(request: Request) -> HttpResponse:
    """Show the keys, and keep the person's own with the account; "usual" returns to the usual ones."""
    if "usual" in request.POST:
        return _kept(request, {})
    form = KeysForm(request.POST if request.method == "POST" else None, initial=keys_of(request.user))
    if form.is_valid():
        return _kept(request, form.own)
    return render(request, "review/keys.html", {"form": form}, status=400 if form.errors else 200)


def _kept(request: Request, own: dict[str, str]) -> HttpResponse:
    with front_door():
        User.objects.filter(pk=request.user.pk).update(keys=own)
    messages.success(request, gettext("Your keys are saved."))
    return HttpResponseRedirect(reverse("review_keys"))


@login_required
@require_GET
def finder(request: Request) -> HttpResponse:
    """Find actions, pages, filters and traits by their names; a script gets the list alone."""
    q = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    template = "review/_finder.html" if target_of(request) == "palette-list" else "review/finder.html"
    return render(request, template, {"groups": find(request.user, q), "q": q})
