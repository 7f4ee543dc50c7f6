"""Traits with nearly the same name: the list of pairs, and one pair side by side."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ptfi.db.transactions import front_door
from ptfi.texts import isolated
from ptfi.web.submissions import keeps_input
from traits import decisions, selectors
from traits.errors import InvalidError, NotFoundError, RuleError, StaleVersionError
from traits.log.words import RELATIONS
from traits.models import PersonaTrait
from traits.persona.duplicates import close_pairs
from traits.persona.forms import CompareForm
from traits.review.comparisons import quotes
from traits.web import Request, acting_for_self

PAGE = 20


@login_required
@never_cache
@require_safe
def trait_duplicates(request: Request) -> HttpResponse:
    """List the pairs, closest first; settled ones are left out."""
    pages = Paginator(close_pairs(request.user), PAGE)
    page = pages.get_page(request.GET.get("page"))
    return render(request, "persona/duplicates.html", {"page": page})


@keeps_input
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trait_compare(request: Request, trait_id: uuid.UUID, other_id: uuid.UUID) -> HttpResponse:
    """Show two traits side by side; a POST says how they relate."""
    both = _both(request, trait_id, other_id)
    if request.method != "POST":
        return _page(request, CompareForm(both))
    form = CompareForm(both, request.POST)
    try:
        with front_door():
            outcome = decisions.relate(**acting_for_self(request), **form.arguments())
    except (InvalidError, StaleVersionError) as error:
        return _page(request, CompareForm(_both(request, trait_id, other_id), request.POST), error)
    other = next(trait for trait in both if outcome.trait and trait.pk != outcome.trait.pk)
    names = {"name": isolated(outcome.trait.name if outcome.trait else ""), "other": isolated(other.name)}
    text = RELATIONS[form.kind].notice % names
    messages.success(request, text, extra_tags=f"undo:{outcome.action_id}")
    return redirect("trait_duplicates")


def _both(request: Request, trait_id: uuid.UUID, other_id: uuid.UUID) -> list[PersonaTrait]:
    found = selectors.traits(request.user, [trait_id, other_id])
    if len(found) < 2:
        raise NotFoundError
    return [found[trait_id], found[other_id]]


def _page(request: Request, form: CompareForm, error: RuleError | None = None) -> HttpResponse:
    sides = [
        {
            "trait": trait,
            "quotes": quotes(trait.evidence),
            "places": form.contexts_shown(trait),
            "other": other,
        }
        for trait, other in zip(form.both, reversed(form.both), strict=True)
    ]
    context = {"sides": sides, "error": error, "errors": error.details if error else {}}
    return render(request, "persona/compare.html", context, status=error.status if error else 200)
