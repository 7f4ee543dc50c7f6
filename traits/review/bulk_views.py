"""One decision about many suggestions, previewed first."""

import uuid
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
from traits.decisions.bulk import merge_targets, preview, takes_along
from traits.errors import InvalidError
from traits.models import Decision, ExtractedTraitCandidate
from traits.models.log import FOR_MANY
from traits.review import notices
from traits.review.decision_views import answer
from traits.review.forms import BulkForm, later_choices, rejection_codes
from traits.review.selectors import QueueFilters
from traits.web import Request, acting_for_self


@keeps_input
@login_required
@require_http_methods(["GET", "POST"])
def bulk(request: Request) -> HttpResponse:
    """Preview what one decision would do to the selected suggestions; with "apply", make it."""
    if request.method == "GET":
        return HttpResponseRedirect(reverse("review"))
    form = BulkForm(request.POST)
    chosen = form.chosen
    if not form.applies:
        return _preview(request, form, chosen)
    try:
        with front_door():
            outcome = decisions.decide_many(**acting_for_self(request), **form.arguments())
    except InvalidError as error:
        return _preview(request, form, chosen, error)
    return answer(request, notices.decided_many(form.decision, outcome), outcome.batch_id if outcome.entries else None)


def _preview(request: Request, form: BulkForm, ids: list[uuid.UUID], error: InvalidError | None = None) -> HttpResponse:
    decision = form.decision
    if decision not in FOR_MANY:
        raise InvalidError(gettext("Choose what to do with them: confirm, reject or snooze."))
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
        "codes": rejection_codes(),
        "later": later_choices(),
        "query": QueueFilters.read(request.GET).query(),
        "errors": error.details if error else {},
        "typed": form.data,
    }
    template = "review/_bulk.html" if wants_fragment(request) else "review/bulk.html"
    return render(request, template, context, status=error.status if error else 200)
