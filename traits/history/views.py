"""Pages of the history: the decisions, the persona on a past date, checking the log, and downloading it."""

import datetime as dt
import uuid
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_time
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ptfi.web.downloads import Download
from ptfi.web.filters import read_day
from ptfi.web.htmx import wants_fragment
from traits import selectors
from traits.errors import NotFoundError
from traits.history import past
from traits.history import selectors as entries
from traits.history.changes import SuggestionChange, changes_of
from traits.history.download import json_lines, table
from traits.history.selectors import ACTORS, HistoryFilters
from traits.history.staff_actions import StaffAction, staff_actions
from traits.log import verification
from traits.log.diff import changed_pieces, pieces_then
from traits.log.snapshots import State
from traits.models import Category, Decision, UserRefinedTrait
from traits.models.styles import context_words, element_label, value_words
from traits.web import Request, read_number

DOWNLOADS = {
    "json": (json_lines, "jsonl", "application/x-ndjson"),
    "csv": (table, "csv", "text/csv; charset=utf-8"),
}
MOST = 10**9


@login_required
@never_cache
@require_safe
def history(request: Request) -> HttpResponse:
    """Show the log, newest first; HTMX gets only the list."""
    filters, after = HistoryFilters.read(request.GET), request.GET.get("after", "")
    context = {
        "page": entries.page(request.user, filters, after=after),
        "filters": filters,
        "first": not after,
        "staff_actions": _staff_actions(request, filters) if not after else [],
        "changes": _changes(request, filters) if not after else [],
        "back": _without(request, "done"),
        "done": request.GET.get("done", ""),
        "decisions": Decision.choices,
        "categories": Category.choices,
        "actors": ACTORS.items(),
    }
    return render(request, "history/_answer.html" if wants_fragment(request) else "history/history.html", context)


def _staff_actions(request: Request, filters: HistoryFilters) -> list[StaffAction]:
    """The newest actions by staff, if the filters are empty or ask for staff's actions only."""
    wanted = filters in (HistoryFilters(), HistoryFilters(actor="staff"))
    return staff_actions(request.user, limit=3).rows if wanted else []


def _changes(request: Request, filters: HistoryFilters) -> list[SuggestionChange]:
    """The newest changes by the pipeline, if the filters are empty or ask for what it did."""
    wanted = filters in (HistoryFilters(), HistoryFilters(actor="pipeline"))
    return changes_of(request.user, limit=3).rows if wanted else []


@login_required
@never_cache
@require_safe
def changes_page(request: Request) -> HttpResponse:
    """Show what the pipeline changed in the person's suggestions."""
    page = changes_of(request.user, request.GET.get("after", ""))
    context = {"page": page, "next_query": urlencode({"after": page.next}), "days": settings.SUGGESTION_CHANGES_DAYS}
    return render(request, "history/changes.html", context)


@login_required
@never_cache
@require_safe
def staff_actions_page(request: Request) -> HttpResponse:
    """Show what staff did with the person's suggestions."""
    page = staff_actions(request.user, request.GET.get("after", ""))
    context = {"page": page, "next_query": urlencode({"after": page.next})}
    return render(request, "history/staff_actions.html", context)


def _without(request: Request, name: str) -> str:
    """The page's own URL without this field."""
    query = request.GET.copy()
    query.pop(name, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


@login_required
@never_cache
@require_safe
def entry(request: Request, action_id: uuid.UUID) -> HttpResponse:
    """Show one entry with the evidence that it touched, or a batch with its entries."""
    item = entries.item(request.user, action_id)
    context: dict[str, Any] = {"item": item, "back": request.path, "done": ""}
    if item.number > 1:
        after = request.GET.get("after", "")
        context |= {"page": entries.members(request.user, item.entry.batch_id, after=after), "first": not after}
    else:
        content = entries.content(request.user, item.entry.pk)
        context |= _evidence(content) | _still_there(request, item.entry)
    return render(request, "history/entry.html", context)


def _evidence(content: State) -> dict[str, Any]:
    """The pieces that the entry changed, otherwise those that it was about."""
    pieces, total = changed_pieces(content["before"], content["after"])
    if total:
        return {"pieces": pieces, "total": total, "touched": True}
    pieces, total = pieces_then(content["before"], content["after"])
    return {"pieces": pieces, "total": total, "touched": False}


def _still_there(request: Request, entry: UserRefinedTrait) -> dict[str, Any]:
    """The trait that the entry is about, otherwise the suggestion, if it can be opened."""
    if entry.trait_id_in_pkg and selectors.traits(request.user, [entry.trait_id_in_pkg]):
        return {"trait_id": entry.trait_id_in_pkg}
    try:
        suggestion = entry.original_candidate_id and selectors.candidate(request.user, entry.original_candidate_id)
    except NotFoundError:
        return {}
    return {"suggestion": suggestion}


@login_required
@never_cache
@require_safe
def log_checked(request: Request) -> HttpResponse:
    """Check the log's chain piece by piece; the page requests the next piece by itself, or with its button."""
    after = read_number(request.GET.get("after", ""), 0, MOST)
    context = {"checked": verification.check(request.user, after=after)} if "after" in request.GET else {}
    return render(request, "history/_check.html" if wants_fragment(request) else "history/check.html", context)


@login_required
@require_safe
def log_file(request: Request, kind: str) -> StreamingHttpResponse:
    """Download the whole log as a file."""
    pieces, extension, content_type = DOWNLOADS[kind]
    response = StreamingHttpResponse(Download(request.user.pk, pieces(request.user)), content_type=content_type)
    name = f"persona-log-{timezone.localdate():%Y-%m-%d}.{extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_required
@never_cache
@require_safe
def persona_past(request: Request) -> HttpResponse:
    """Show the traits and styles at the end of a day, or at a time of that day."""
    day, time = read_day(request.GET.get("day", "")), request.GET.get("time", "")
    context: dict[str, Any] = {"day": day, "time": "", "typed": request.GET, "today": timezone.localdate()}
    context["wrong"] = bool(request.GET.get("day")) and day is None
    if day:
        at = _moment(day, time)
        context |= {"time": time if at else "", "at": at or entries.end_of(day)}
        context |= _past(request, context["at"])
    return render(request, "history/past.html", context)


def _moment(day: dt.date, time: str) -> dt.datetime | None:
    """The time on that day in the person's time zone; None if no valid time was given."""
    try:
        given = parse_time(time)
    except ValueError:
        return None
    return timezone.make_aware(dt.datetime.combine(day, given.replace(tzinfo=None))) if given else None


def _past(request: Request, at: dt.datetime) -> dict[str, Any]:
    after = _id(request.GET.get("after", ""))
    revision = past.revision_at(request.user, at)
    return {
        "revision": revision,
        "past": past.persona_at(request.user, revision, after),
        "styles": [_style_row(state) for state in past.styles_at(request.user, revision)] if after is None else [],
        "first": after is None,
        "since_query": urlencode({"since": timezone.localdate(at).isoformat()}),
        "head": selectors.persona(request.user).revision,
    }


def _style_row(state: State) -> dict[str, str]:
    element, value = state["element"], state["value"]
    context = context_words(state["context"]) if state["context"] else ""
    return {"words": element_label(element), "said": value_words(element, value), "context": context}


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
