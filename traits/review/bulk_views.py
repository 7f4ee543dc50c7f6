"""One decision about many suggestions, previewed first, and made in parts if there are very many."""

import uuid
from collections import Counter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from ptfi.db.transactions import front_door
from ptfi.web.htmx import wants_fragment
from ptfi.web.submissions import keeps_input
from traits import decisions, selectors
from traits.decisions.bulk import (
    MOST,
    MOST_IN_PARTS,
    BulkOutcome,
    continues,
    merge_targets,
    number_fault,
    preview,
    takes_along,
)
from traits.errors import InvalidError
from traits.models import Decision, ExtractedTraitCandidate, UserRefinedTrait
from traits.models.log import FOR_MANY
from traits.review import notices
from traits.review.decision_views import answer
from traits.review.forms import BulkForm, later_choices, rejection_codes
from traits.review.selectors import QueueFilters, candidates
from traits.review.sent import rejected_in
from traits.web import Request, acting_for_self

LISTED = 50
"""Names that a preview lists of each kind."""


@keeps_input
@login_required
@require_http_methods(["GET", "POST"])
def bulk(request: Request) -> HttpResponse:
    """Preview what one decision would do to the selected suggestions; with "apply", make it, or its next part."""
    if request.method == "GET":
        return HttpResponseRedirect(reverse("review"))
    form = BulkForm(request.POST)
    ids = _chosen(request, form)
    if form.decision not in FOR_MANY:
        raise InvalidError(gettext("Choose what to do with them: confirm, reject or snooze."))
    if not form.applies:
        return _preview(request, form, ids)
    batch = form.batch if form.batch and continues(request.user, form.batch, form.decision) else None
    try:
        with front_door():
            outcome = decisions.decide_many(
                **acting_for_self(request), candidate_ids=ids[:MOST], batch_id=batch, **form.arguments()
            )
    except InvalidError as error:
        return _preview(request, form, ids, error)
    left_out = form.left_out + _left_out(request, outcome)
    if ids[MOST:]:
        return _progress(request, form, ids, outcome.batch_id, left_out)
    entries = outcome.entries if batch is None else _entries(request, batch)
    undo = outcome.batch_id if entries else None
    text = notices.decided_many(form.decision, entries, left_out)
    return answer(request, text, undo, note_on=rejected_in(outcome.entries))


def _chosen(request: Request, form: BulkForm) -> list[uuid.UUID]:
    """Return the ids of the selected suggestions, or of all that match. Raises InvalidError for none or too many."""
    if form.wants_all:
        matching = candidates(request.user, QueueFilters.read(request.GET)).order_by("-created_at", "pk")
        ids = list(matching.values_list("pk", flat=True)[:MOST_IN_PARTS])
    else:
        ids = list(dict.fromkeys(form.chosen))
    if fault := number_fault(len(ids), MOST_IN_PARTS):
        raise InvalidError(fault)
    return ids


def _left_out(request: Request, outcome: BulkOutcome) -> Counter[str]:
    """Count what this part left out, but not what an earlier part took along."""
    found = Counter(each for each in outcome.outcomes.values() if each in notices.LEFT_OUT)
    already = [pk for pk, each in outcome.outcomes.items() if each == "already_decided"]
    if already:
        mine = UserRefinedTrait.objects.filter(user=request.user, batch_id=outcome.batch_id)
        found["already_decided"] -= mine.filter(original_candidate__in=already).count()
    return found


def _entries(request: Request, batch: uuid.UUID) -> list[UserRefinedTrait]:
    mine = UserRefinedTrait.objects.filter(user=request.user, batch_id=batch)
    return list(mine.exclude(user_decision=Decision.UNDONE).defer("content"))


def _progress(
    request: Request, form: BulkForm, ids: list[uuid.UUID], batch: uuid.UUID, left_out: Counter[str]
) -> HttpResponse:
    """Show how far the decision is, with the form for its next part, which sends itself where scripts run."""
    rest = ids[MOST:]
    total = max(form.total, len(ids))
    context: dict[str, Any] = {
        "decision": form.data["decision"],
        "rest": rest,
        "next": min(len(rest), MOST),
        "total": total,
        "done": total - len(rest),
        "carried": {name: form.data.get(name, "") for name in ("code", "reason", "until", "date")}
        | {"batch": batch, "total": total}
        | left_out,
        "query": QueueFilters.read(request.GET).query(),
        "progress": True,
    }
    template = "review/_bulk_progress.html" if wants_fragment(request) else "review/bulk.html"
    return render(request, template, context)


def _preview(request: Request, form: BulkForm, ids: list[uuid.UUID], error: InvalidError | None = None) -> HttpResponse:
    decision = form.decision
    found = selectors.chosen(request.user, ids)
    groups: dict[str, list[ExtractedTraitCandidate]] = {}
    for pk in ids:
        candidate = found.get(pk)
        if candidate:
            groups.setdefault(preview(candidate, decision), []).append(candidate)
    applied = groups.get("applied", [])
    also = selectors.saying_the_same(request.user, applied) if takes_along(decision) else []
    merged = [*applied, *also] if decision == Decision.CONFIRMED_ASIS else []
    into = merge_targets(request.user, merged)
    context: dict[str, Any] = {
        "decision": form.data["decision"],
        "applied": applied,
        "apart": [candidate for candidate in applied if candidate.pk not in into],
        "folded": [(candidate, into[candidate.pk]) for candidate in merged if candidate.pk in into],
        "also": [] if merged else also,
        "in_all": len(applied) + len(also),
        "refused": groups.get("refused", []),
        "already_decided": groups.get("already_decided", []),
        "missing": len(ids) - len(found),
        "listed": f":{LISTED}",
        "most_listed": LISTED,
        "left_unnamed": -LISTED,
        "codes": rejection_codes(),
        "later": later_choices(),
        "query": QueueFilters.read(request.GET).query(),
        "errors": error.details if error else {},
        "typed": form.data,
    }
    template = "review/_bulk.html" if wants_fragment(request) else "review/bulk.html"
    return render(request, template, context, status=error.status if error else 200)
