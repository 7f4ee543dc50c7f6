"""One decision on many suggestions, previewed first; and undo."""

import uuid
from collections import Counter
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from traits import selectors
from traits.decisions import bulk as bulk_service
from traits.decisions import undo as undo_service
from traits.errors import InvalidError, NotFoundError
from traits.log.narration import element_words, plural
from traits.log.versions import lifted
from traits.models import Decision, ExtractedTraitCandidate, UserRefinedTrait
from traits.persona.style_views import address_of
from traits.review.decision_views import answer
from traits.review.forms import filter_query, later_choices, read_filters, read_until, rejection_codes
from traits.review.selectors import newest_undoable
from traits.web import Request, by, read_id

NOTHING_TO_UNDO = "There is nothing left to undo."
DECISIONS = {"confirm": Decision.CONFIRMED_ASIS, "reject": Decision.REJECTED, "defer": Decision.DEFERRED}
DONE = {Decision.CONFIRMED_ASIS: "Confirmed", Decision.REJECTED: "Rejected", Decision.DEFERRED: "Put off"}
LEFT_OUT = {
    "refused": "must be decided one by one",
    "already_decided": "already decided",
    "not_found": "no longer there",
}


@login_required
@require_http_methods(["GET", "POST"])
def bulk(request: Request) -> HttpResponse:
    """A preview of what one decision would do to the chosen; with "apply", the decision."""
    if request.method == "GET":
        return HttpResponseRedirect(reverse("review"))
    ids = [read_id("candidate_ids", text) for text in dict.fromkeys(request.POST.getlist("candidate_ids"))]
    decision = DECISIONS.get(request.POST.get("decision", ""), "")
    if not 1 <= len(ids) <= bulk_service.MOST:
        raise InvalidError(f"Select 1 to {bulk_service.MOST} suggestions first.")
    if "apply" not in request.POST or "preview" in request.POST:
        return _preview(request, ids, decision)
    try:
        with transaction.atomic(durable=True):
            outcome = bulk_service.bulk(
                **by(request),
                candidate_ids=ids,
                decision=decision,
                code=request.POST.get("code", ""),
                reason=request.POST.get("reason", ""),
                until=read_until(request.POST) if decision == Decision.DEFERRED else None,
            )
    except InvalidError as error:
        return _preview(request, ids, decision, error)
    text = f"{DONE[Decision(decision)]} {plural(outcome.count('applied'), 'suggestion')}."
    text += _merged(outcome.entries) + _left_out(outcome.outcomes)
    return answer(request, text, outcome.batch_id if outcome.entries else None)


def _merged(entries: list[UserRefinedTrait]) -> str:
    """How many of the confirmed ones made no trait of their own."""
    number = sum(1 for entry in entries if entry.user_decision == Decision.MERGED)
    return f" {number} of them said the same as another trait, and went into it." if number else ""


def _left_out(outcomes: dict[uuid.UUID, str]) -> str:
    reasons = Counter(outcomes.values())
    return "".join(f" {reasons[key]} left out: {words}." for key, words in LEFT_OUT.items() if reasons[key])


def _preview(request: Request, ids: list[uuid.UUID], decision: str, error: InvalidError | None = None) -> HttpResponse:
    if decision not in bulk_service.DECISIONS:
        raise InvalidError("Choose what to do with them: confirm, reject or later.")
    found = selectors.chosen(request.user, ids)
    groups: dict[str, list[ExtractedTraitCandidate]] = {}
    for pk in ids:
        candidate = found.get(pk)
        if candidate:
            groups.setdefault(bulk_service.preview(candidate, decision), []).append(candidate)
    applied = groups.get("applied", [])
    into = bulk_service.folded(request.user, applied) if decision == Decision.CONFIRMED_ASIS else {}
    context: dict[str, Any] = {
        "decision": next(name for name, value in DECISIONS.items() if value == decision),
        "applied": applied,
        "apart": [candidate for candidate in applied if candidate.pk not in into],
        "folded": [(candidate, into[candidate.pk]) for candidate in applied if candidate.pk in into],
        "refused": groups.get("refused", []),
        "already_decided": groups.get("already_decided", []),
        "missing": len(ids) - len(found),
        "codes": rejection_codes(),
        "later": later_choices(),
        "query": filter_query(read_filters(request.GET)),
        "errors": error.details if error else {},
        "typed": request.POST,
    }
    template = "review/_bulk.html" if request.htmx else "review/bulk.html"
    return render(request, template, context, status=error.status if error else 200)


@login_required
@require_POST
def undo_newest(request: Request) -> HttpResponse:
    """Undo what the person did last and can still be undone; a batch as a whole."""
    entry = newest_undoable(request.user)
    if entry is None:
        return _nothing_to_undo(request)
    return _undo(request, entry.batch_id or entry.pk)


def _nothing_to_undo(request: Request) -> HttpResponse:
    if not request.htmx:
        messages.info(request, NOTHING_TO_UNDO)
        return HttpResponseRedirect(reverse("review"))
    response = render(request, "_toast.html", {"text": NOTHING_TO_UNDO, "level": "info"})
    response["HX-Retarget"] = "#toasts"
    response["HX-Reswap"] = "innerHTML"
    return response


@login_required
@require_POST
def undo(request: Request, action_id: uuid.UUID) -> HttpResponse:
    return _undo(request, action_id)


def _undo(request: Request, action_id: uuid.UUID) -> HttpResponse:
    with transaction.atomic(durable=True):
        outcome = undo_service.undo(**by(request), action_id=action_id)
    text = _undone_text(outcome)
    if back := _back(request):
        messages.success(request, text)
        return HttpResponseRedirect(back)
    opened = _restored(request, outcome.undone)
    if opened is None or (request.htmx and not _in_review(request)):
        return _elsewhere(request, text, opened, outcome.undone[0])
    return answer(request, text, None, opened=opened)


def _back(request: Request) -> str:
    """Where a page that lists decisions wants to go on; "" for other pages, and for other sites."""
    path = request.POST.get("next", "")
    return path if path and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def _undone_text(outcome: undo_service.UndoOutcome) -> str:
    first = outcome.undone[0]
    content = lifted(first.content)
    before, after = content["before"], content["after"]
    state = before.get("candidate") or after.get("trait") or before.get("trait") or {}
    element = (first.style_element or "").partition(":")[0]
    named = element_words(element) if element else f"“{state.get('name', '')}”"
    what = Decision(first.user_decision).label.lower()
    text = f"Undone: {what}, {plural(len(outcome.undone), 'element' if first.style_element else 'suggestion')}."
    if len(outcome.undone) == 1:
        text = f"Undone: {what}, {named}."
    return text + _staying(outcome.skipped)


def _staying(number: int) -> str:
    if not number:
        return ""
    return " 1 later change stays as it is." if number == 1 else f" {number} later changes stay as they are."


def _restored(request: Request, undone: list[UserRefinedTrait]) -> ExtractedTraitCandidate | None:
    """The first suggestion that is to be decided again."""
    for pk in [entry.original_candidate_id for entry in undone if entry.original_candidate_id][:1]:
        try:
            candidate = selectors.candidate(request.user, pk)
        except NotFoundError:
            return None
        return candidate if candidate.is_undecided else None
    return None


def _in_review(request: Request) -> bool:
    try:
        path = request.htmx.current_url_abs_path or ""
    except ValueError:  # a header that is no address
        return False
    return path.startswith(reverse("review"))


def _elsewhere(
    request: Request, text: str, opened: ExtractedTraitCandidate | None, undone: UserRefinedTrait
) -> HttpResponse:
    """Where the person sees what undoing did when that is not a card of the queue: the trait, or the queue."""
    if request.htmx and _in_review(request):
        return answer(request, text, None)
    messages.success(request, text)
    there = undone.trait_id_in_pkg and selectors.traits(request.user, [undone.trait_id_in_pkg])
    path = reverse("trait", args=[undone.trait_id_in_pkg]) if there else reverse("review")
    if undone.style_element:
        path = address_of(request, undone.style_element.partition(":")[2])
    if opened:
        path = reverse("review_candidate", args=[opened.pk])
    response = HttpResponseRedirect(path)
    if request.htmx:
        response = HttpResponse(headers={"HX-Redirect": path})  # type: ignore[assignment]
    return response
