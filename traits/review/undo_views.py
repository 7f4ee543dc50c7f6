"""Undo: of the newest decision that can be undone, or of one named by the history or a notice."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from ptfi.db.transactions import front_door
from ptfi.web.htmx import wants_fragment
from traits import decisions, selectors
from traits.errors import NotFoundError
from traits.models import ExtractedTraitCandidate, UserRefinedTrait
from traits.review import notices, style_contexts
from traits.review.decision_views import answer
from traits.review.selectors import newest_undoable
from traits.web import Request, acting_for_self

NOTHING_TO_UNDO = _("There is nothing left to undo.")


@login_required
@require_POST
def undo_newest(request: Request) -> HttpResponse:
    """Undo the person's latest decision that can still be undone; a batch is undone as a whole."""
    entry = newest_undoable(request.user)
    if entry is None:
        return _nothing_to_undo(request)
    return _undo(request, entry.batch_id or entry.pk)


def _nothing_to_undo(request: Request) -> HttpResponse:
    if not wants_fragment(request):
        messages.info(request, str(NOTHING_TO_UNDO))
        return HttpResponseRedirect(reverse("review"))
    response = render(request, "_toast.html", {"text": NOTHING_TO_UNDO, "level": "info"})
    return reswap(retarget(response, "#toasts"), "innerHTML")


@login_required
@require_POST
def undo(request: Request, action_id: uuid.UUID) -> HttpResponse:
    return _undo(request, action_id)


def _undo(request: Request, action_id: uuid.UUID) -> HttpResponse:
    with front_door():
        outcome = decisions.undo(**acting_for_self(request), action_id=action_id)
    text = notices.undone(outcome)
    if back := _back(request):
        messages.success(request, text)
        return HttpResponseRedirect(back)
    opened = _to_decide_again(request, outcome.undone)
    if opened is None or (wants_fragment(request) and not _in_review(request)):
        return _elsewhere(request, text, opened, outcome.undone[0])
    return answer(request, text, None, opened=opened)


def _back(request: Request) -> str:
    """Return the URL to which a page with decisions wants to return; "" for other pages and foreign sites."""
    path = request.POST.get("next", "")
    return path if path and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def _to_decide_again(request: Request, undone: list[UserRefinedTrait]) -> ExtractedTraitCandidate | None:
    """Return the suggestion that was decided first of these, which are the newest first, if it is undecided again."""
    pk = next((entry.original_candidate_id for entry in reversed(undone) if entry.original_candidate_id), None)
    if pk is None:
        return None
    try:
        candidate = selectors.candidate(request.user, pk)
    except NotFoundError:
        return None
    return candidate if candidate.is_undecided else None


def _in_review(request: Request) -> bool:
    try:
        path = request.htmx.current_url_abs_path or ""
    except ValueError:  # a header that is no address
        return False
    return path.startswith(reverse("review"))


def _elsewhere(
    request: Request, text: str, opened: ExtractedTraitCandidate | None, undone: UserRefinedTrait
) -> HttpResponse:
    """Show the result when it is not a card of the queue: go to the trait, or to the queue."""
    if wants_fragment(request) and _in_review(request):
        return answer(request, text, None)
    messages.success(request, text)
    path = _address_of(request, opened, undone)
    return HttpResponseClientRedirect(path) if wants_fragment(request) else HttpResponseRedirect(path)


def _address_of(request: Request, opened: ExtractedTraitCandidate | None, undone: UserRefinedTrait) -> str:
    """Return the page of what was restored, or the queue if that page no longer exists."""
    if opened:
        return reverse("review_candidate", args=[opened.pk])
    if undone.style_element:
        return style_contexts.address_of(request.user, undone.style_element.partition(":")[2])
    there = undone.trait_id_in_pkg and selectors.traits(request.user, [undone.trait_id_in_pkg])
    return reverse("trait", args=[undone.trait_id_in_pkg]) if there else reverse("review")
