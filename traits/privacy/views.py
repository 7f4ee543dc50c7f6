"""My data: how much is held about the person, where it came from, what is kept away, and what they had erased."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ptfi.oauth.grants import connections
from ptfi.web.htmx import wants_fragment
from traits import selectors
from traits.erasure import persona as erasure
from traits.erasure import suppressions as kept_away
from traits.log.narration import plural
from traits.models.erasure import ErasureState
from traits.privacy import selectors as reads
from traits.privacy import staff_access as access
from traits.web import Request, by

NEWEST = 3
HELD = {
    "candidates": ("suggestion", "suggestions"),
    "traits": ("trait", "traits"),
    "evidence": ("piece of evidence", "pieces of evidence"),
    "log_entries": ("decision", "decisions"),
    "styles": ("element of style", "elements of style"),
    "suppressions": ("name never suggested again", "names never suggested again"),
}
"""What is counted on the page, in its order."""


@login_required
@never_cache
@require_safe
def my_data(request: Request) -> HttpResponse:
    """How much is held, and what can be done with it."""
    counts = erasure.counts(request.user)
    receipts, more = reads.receipts(request.user, limit=NEWEST)
    context = {
        "held": [(counts[kind], names[counts[kind] != 1]) for kind, names in HELD.items()],
        "counts": counts,
        "sources": reads.source_count(request.user),
        "categories": reads.categories(request.user),
        "persona": selectors.persona(request.user),
        "receipts": receipts,
        "more_receipts": more,
        "apps": connections(request.user),
        "looks": access.look_count(request.user),
    }
    return render(request, "privacy/my_data.html", context)


@login_required
@never_cache
@require_safe
def sources(request: Request) -> HttpResponse:
    """Where the evidence came from, a page at a time."""
    after = request.GET.get("after", "")
    return render(request, "privacy/sources.html", {"page": reads.sources(request.user, after), "first": not after})


@login_required
@never_cache
@require_safe
def suppressions(request: Request) -> HttpResponse:
    """What is never suggested again, a page at a time; HTMX gets the list alone."""
    after = request.GET.get("after", "")
    context = {"page": kept_away.suppressions(request.user, after), "first": not after}
    template = "privacy/_suppressions.html" if wants_fragment(request) else "privacy/suppressions.html"
    return render(request, template, context)


@login_required
@require_POST
def suppression_lift(request: Request, suppression_id: int) -> HttpResponse:
    """Let it be suggested again; HTMX gets the row as it is then."""
    with transaction.atomic(durable=True):
        lifted = kept_away.lift_suppression(**by(request), suppression_id=suppression_id)
    if wants_fragment(request):
        return render(request, "privacy/_suppression_lifted.html", {"lifted": lifted})
    back = f" {plural(lifted.returned, 'suggestion')} of it to review." if lifted.returned else ""
    messages.success(request, f"This may be suggested again: “{lifted.name}”.{back}")
    return redirect("suppressions")


@login_required
@never_cache
@require_safe
def erasures(request: Request) -> HttpResponse:
    """The receipts, newest first, a page at a time."""
    after = request.GET.get("after", "")
    rows, following = reads.receipts(request.user, after)
    context = {"receipts": rows, "next": following, "first": not after, "states": ErasureState}
    return render(request, "privacy/erasures.html", context)


@login_required
@never_cache
@require_safe
def looks(request: Request) -> HttpResponse:
    """Who of the staff looked, newest first, a page at a time."""
    after = request.GET.get("after", "")
    return render(request, "privacy/looks.html", {"page": access.looks(request.user, after), "first": not after})


@login_required
@require_POST
def bar_lift(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    """Let imports bring again what an erasure keeps away."""
    with transaction.atomic(durable=True):
        found = kept_away.lift_bar(**by(request), erasure_id=erasure_id)
    messages.success(request, "What this kept away can be taken in again.")
    return redirect("erasure", found.pk)
