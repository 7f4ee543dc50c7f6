"""My data: how much is stored about the person, its sources, what is blocked, and past erasures."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ptfi.db.transactions import front_door
from ptfi.oauth.grants import connected_clients
from ptfi.texts import isolated
from ptfi.web.htmx import wants_fragment
from ptfi.web.language import grouped
from traits.erasure import suppressions as blocked
from traits.erasure.persona import counts as counts_of_persona
from traits.erasure.receipts import NAMES
from traits.models.erasure import ErasureState
from traits.privacy import selectors
from traits.privacy.staff_access import access_count, access_log
from traits.selectors import persona
from traits.web import Request, acting_for_self

NEWEST = 3
HELD = ("candidates", "traits", "evidence", "log_entries", "styles", "suppressions")
"""What the page counts, in its order."""


@login_required
@never_cache
@require_safe
def my_data(request: Request) -> HttpResponse:
    """Show how much is stored, and what can be done with it."""
    counts = counts_of_persona(request.user)
    receipts = selectors.receipts(request.user, limit=NEWEST)
    context = {
        "held": [_held(name, counts[name]) for name in HELD],
        "counts": counts,
        "sources": selectors.source_count(request.user),
        "categories": selectors.categories(request.user),
        "persona": persona(request.user),
        "receipts": receipts.rows,
        "more_receipts": receipts.next,
        "apps": connected_clients(request.user),
        "looks": access_count(request.user),
    }
    return render(request, "privacy/my_data.html", context)


def _held(name: str, number: int) -> SafeString:
    """Return a text such as “3 traits”, with the number highlighted."""
    shown = format_html('<span class="number">{}</span>', grouped(number))
    return mark_safe(escape(NAMES[name](number)) % {"number": shown})  # noqa: S308 (both are escaped)


@login_required
@never_cache
@require_safe
def sources(request: Request) -> HttpResponse:
    """List the sources of evidence, in pages."""
    after = request.GET.get("after", "")
    return render(request, "privacy/sources.html", {"page": selectors.sources(request.user, after), "first": not after})


@login_required
@never_cache
@require_safe
def suppressions(request: Request) -> HttpResponse:
    """List the blocked suggestions, in pages; HTMX gets the list alone."""
    after = request.GET.get("after", "")
    context = {"page": blocked.suppressions(request.user, after), "first": not after}
    template = "privacy/_suppressions.html" if wants_fragment(request) else "privacy/suppressions.html"
    return render(request, template, context)


@login_required
@require_POST
def suppression_remove(request: Request, suppression_id: int) -> HttpResponse:
    """Allow a blocked suggestion again; HTMX gets the updated row."""
    with front_door():
        lifted = blocked.lift_suppression(**acting_for_self(request), suppression_id=suppression_id)
    if wants_fragment(request):
        return render(request, "privacy/_suppression_lifted.html", {"lifted": lifted})
    messages.success(request, _lifted(lifted))
    return redirect("suppressions")


def _lifted(lifted: blocked.Lifted) -> str:
    if not lifted.returned:
        return gettext("“%(name)s” can be suggested again.") % {"name": isolated(lifted.name)}
    text = ngettext(
        "“%(name)s” can be suggested again. %(count)d suggestion is back in your queue.",
        "“%(name)s” can be suggested again. %(count)d suggestions are back in your queue.",
        lifted.returned,
    )
    return text % {"name": isolated(lifted.name), "count": lifted.returned}


@login_required
@never_cache
@require_safe
def erasures(request: Request) -> HttpResponse:
    """List the receipts, newest first, in pages."""
    after = request.GET.get("after", "")
    page = selectors.receipts(request.user, after)
    context = {"receipts": page.rows, "next": page.next, "first": not after, "states": ErasureState}
    return render(request, "privacy/erasures.html", context)


@login_required
@never_cache
@require_safe
def staff_access(request: Request) -> HttpResponse:
    """List the access log, newest first, in pages."""
    after = request.GET.get("after", "")
    return render(request, "privacy/staff_access.html", {"page": access_log(request.user, after), "first": not after})


@login_required
@require_POST
def block_remove(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    """Let imports bring back what an erasure blocks."""
    with front_door():
        found = blocked.lift_bar(**acting_for_self(request), erasure_id=erasure_id)
    messages.success(request, gettext("This is no longer blocked."))
    return redirect("erasure", found.pk)
