"""Pages that show the graph. They say when it is behind or away; no decision waits for it."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import orjson
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from graph.errors import GraphUnavailableError
from graph.reads import traits as queries
from graph.reads.export_archive import archive
from graph.reads.listing import LIMIT, if_confirmed, listed
from ptfi.oauth import grants as connections
from ptfi.oauth.scopes import READ_TRAITS
from ptfi.web.downloads import Download
from ptfi.web.filters import Filters, choice, text
from ptfi.web.htmx import wants_fragment
from ptfi.web.keyset import LONG_PAGE, hide, reveal
from traits import selectors
from traits.api.privacy import hidden_pieces
from traits.models import CandidateStatus, Category, ExtractedTraitCandidate, TraitStatus
from traits.sharing.grants import grant_of
from traits.sharing.persona_text import persona_text
from traits.sharing.slices import Slice, slice_by
from traits.web import Request

SUGGESTIONS = 10
"""For how many suggestions it is shown what confirming them would tell an app."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TraitFilters(Filters):
    """The filters of the list of traits, which is read from the graph."""

    q: str = text()
    status: str = choice(TraitStatus.values)
    category: str = choice(Category.values)
    concept: str = text()


@login_required
@never_cache
@vary_on_headers("HX-Request")
@require_safe
def traits(request: Request) -> HttpResponse:
    """List the person's traits by name; HTMX gets the list alone."""
    filters, after = TraitFilters.read(request.GET), request.GET.get("after", "")
    context: dict[str, Any] = {
        "filters": filters,
        "persona": selectors.persona(request.user),
        "categories": Category.choices,
        "statuses": TraitStatus.choices,
    }
    try:
        context |= _list(request, filters, reveal(after))
        status = 200
    except GraphUnavailableError as error:
        context["away"], status = error, error.status
    template = "graph/_traits.html" if wants_fragment(request) else "graph/traits.html"
    # HTMX replaces the list with the body in spite of the error status.
    return render(request, template, context, status=status)


def _list(request: Request, filters: TraitFilters, after: tuple[str, str] | None) -> dict[str, Any]:
    page = queries.traits(
        request.user.pk,
        q=filters.q,
        status=[filters.status] if filters.status else None,
        category=[filters.category] if filters.category else None,
        concept=filters.concept,
        limit=LONG_PAGE,
        after=after,
    )
    held = selectors.traits(request.user, [item.id for item in page.items])
    rows = [(item, held.get(item.id)) for item in page.items]
    context = {"rows": rows, "total": page.total, "first": after is None, "next": hide(page.next_key)}
    # A persona without traits needs no filters.
    context["bare"] = not (page.total or filters.chosen or after)
    return context


@login_required
@never_cache
@require_safe
def graph_state(request: Request) -> HttpResponse:
    """Show how far the graph is behind; polls while it is, and triggers an event on the page when it has caught up.

    A page without a list, because the graph was away, polls with ?away=1 and gets the event once the graph answers. A
    page that shows the graph at a revision polls with ?seen= and gets it once the graph has more.
    """
    persona = selectors.persona(request.user)
    changed = request.GET.get("seen", "") != str(persona.projected_revision)
    was_away = "away" in request.GET
    away = was_away and not _answers(request)
    response = render(request, "graph/_state.html", {"persona": persona, "away": away})
    if not away and (was_away or (changed and not persona.behind)):
        response = trigger_client_event(response, "graph-caught-up")
    return response


@login_required
@never_cache
@require_safe
def graph_badge(request: Request) -> HttpResponse:
    """Show whether the graph has this version of a trait, for an open page on which it did not have it yet."""
    text = request.GET.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    return render(request, "graph/_badge.html", {"version": version, "persona": selectors.persona(request.user)})


def _answers(request: Request) -> bool:
    """Return whether the graph can be read again."""
    try:
        queries.traits(request.user.pk, limit=1)
    except GraphUnavailableError:
        return False
    return True


@login_required
@never_cache
@require_safe
def app_is_told(request: Request, client_id: str) -> HttpResponse:
    """Show what an app gets from the list of traits now, to the letter, and what confirming suggestions would add.

    An app that may not read traits gets nothing.
    """
    connected = connections.connected_client(request.user, client_id)
    seen = slice_by(request.user, grant_of(request.user, client_id), connected.scopes)
    after = request.GET.get("after", "")
    context: dict[str, Any] = {"app": connected.client, "may_read": READ_TRAITS in connected.scopes, "limit": LIMIT}
    status = 200
    if context["may_read"]:
        try:
            found = listed(request.user, seen, limit=LIMIT, after=reveal(after))
            context |= {"found": found, "answer": orjson.dumps(found).decode(), "after": after}
            context |= {"text": persona_text(request.user, seen), "suggestions": list(_if_confirmed(request, seen))}
        except GraphUnavailableError as error:
            context["away"], status = error, error.status
    return render(request, "graph/app_is_told.html", context, status=status)


def _if_confirmed(request: Request, seen: Slice) -> Iterator[tuple[ExtractedTraitCandidate, str]]:
    """Suggestions that wait, newest first, with what the app would get in addition; "" for nothing."""
    waiting = ExtractedTraitCandidate.objects.filter(
        user=request.user, status=CandidateStatus.CANDIDATE, held_reason=""
    )
    private = hidden_pieces(request.user, seen)
    revision = selectors.persona(request.user).revision + 1
    for each in waiting.defer("search").order_by("-created_at", "pk")[:SUGGESTIONS]:
        found = if_confirmed(seen, each, revision=revision, private=private)
        yield each, orjson.dumps(found).decode() if found else ""


@login_required
@require_GET
def download(request: Request) -> StreamingHttpResponse:
    """Download everything stored about the person as one archive; streamed, and never cached."""
    response = StreamingHttpResponse(Download(request.user.pk, archive(request.user)), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="persona-{timezone.now():%Y-%m-%d}.zip"'
    response["Cache-Control"] = "no-store, private"
    return response
