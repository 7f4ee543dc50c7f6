"""The traits that a person has under nearly one name: the list of pairs, and one pair side by side."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ptfi.db.transactions import front_door
from traits import decisions, selectors
from traits.decisions.inputs import Relation
from traits.errors import InvalidError, NotFoundError, RuleError, StaleVersionError
from traits.log.words import RELATIONS
from traits.models import PersonaTrait
from traits.persona import duplicates as pairs
from traits.review import card as cards
from traits.web import Request, acting_for_self, lines, read_id, read_number

PAGE = 20


@login_required
@never_cache
@require_safe
def trait_pairs(request: Request) -> HttpResponse:
    """The pairs, the closest first; those that were settled are no longer among them."""
    pages = Paginator(pairs.close_pairs(request.user), PAGE)
    page = pages.get_page(request.GET.get("page"))
    return render(request, "traits/pairs.html", {"page": page})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trait_beside(request: Request, trait_id: uuid.UUID, other_id: uuid.UUID) -> HttpResponse:
    """Two traits side by side; a POST says how they stand to each other."""
    both = _both(request, trait_id, other_id)
    if request.method != "POST":
        return _page(request, both)
    try:
        with front_door():
            outcome = _relate(request, both)
    except (InvalidError, StaleVersionError) as error:
        return _page(request, _both(request, trait_id, other_id), error)
    other = next(trait for trait in both if outcome.trait and trait.pk != outcome.trait.pk)
    kind = request.POST.get("answer", "").partition(":")[0]
    text = RELATIONS[kind].notice.format(name=outcome.trait.name if outcome.trait else "", other=other.name)
    messages.success(request, text, extra_tags=f"undo:{outcome.action_id}")
    return redirect("trait_pairs")


def _both(request: Request, trait_id: uuid.UUID, other_id: uuid.UUID) -> list[PersonaTrait]:
    found = selectors.traits(request.user, [trait_id, other_id])
    if len(found) < 2:
        raise NotFoundError
    return [found[trait_id], found[other_id]]


def _relate(request: Request, both: list[PersonaTrait]) -> decisions.Outcome:
    """answer is "kind:id", the id being that of the trait that stays as it is."""
    kind, _, text = request.POST.get("answer", "").partition(":")
    kept = read_id("relation", text)
    other = next((trait for trait in both if trait.pk != kept), both[0])
    return decisions.relate(
        **acting_for_self(request),
        trait_id=kept,
        relation=Relation(trait_id=other.pk, kind=kind, existing_contexts=_places(request, other.pk)),
        contexts=_places(request, kept),
        version=_version(request, kept),
        other_version=_version(request, other.pk),
    )


def _places(request: Request, pk: uuid.UUID) -> list[str]:
    return lines(request.POST.get(f"contexts-{pk}", ""))


def _version(request: Request, pk: uuid.UUID) -> int | None:
    text = request.POST.get(f"version-{pk}", "")
    return read_number(text, 0, 10**9) if text else None


def _page(request: Request, both: list[PersonaTrait], error: RuleError | None = None) -> HttpResponse:
    sides = [
        {
            "trait": trait,
            "quotes": cards.quotes(trait.evidence),
            "places": request.POST.get(f"contexts-{trait.pk}", "\n".join(trait.expression_contexts)),
        }
        for trait in both
    ]
    for side, other in zip(sides, reversed(both), strict=True):
        side["other"] = other
    context = {"sides": sides, "error": error, "errors": error.details if error else {}}
    return render(request, "traits/beside.html", context, status=error.status if error else 200)
