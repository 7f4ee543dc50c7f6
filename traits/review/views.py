"""The review queue: the list, and an opened card. Decisions are in decision_views.py."""

import dataclasses
import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import push_url

from ptfi.accounts.models import User
from ptfi.web.htmx import target_of
from ptfi.web.keyset import PAGE
from traits.confidence import BAND_CHOICES
from traits.decisions.bulk import MOST_IN_PARTS
from traits.forms import EvidenceForm, InputForm
from traits.log.words import TODAY
from traits.models import CandidateStatus, Category, ExtractedTraitCandidate
from traits.review import card as cards
from traits.review import notices
from traits.review.forms import CardForm, later_choices, rejection_codes
from traits.review.head import changed_since, read_head
from traits.review.order import sorts, words
from traits.review.order.recent import Recent
from traits.review.order.recent import recent as read_recent
from traits.review.order.taste import Taste
from traits.review.selectors import QueueFilters, candidates, decided_since, facets, opened, queue
from traits.review.sittings import picture
from traits.review.sittings import selectors as sittings
from traits.web import Request, address, read_number

MOST_SHOWN = 300
STATUS_TABS = {
    CandidateStatus.AWAITING_REFINEMENT: "later",
    CandidateStatus.CONFIRMED: "confirmed",
    CandidateStatus.REFINED: "confirmed",
    CandidateStatus.REJECTED: "rejected",
}


@login_required
@require_GET
def review(request: Request) -> HttpResponse:
    """Show the queue with its first card open; HTMX gets either more rows or everything below the filters."""
    filters = QueueFilters.read(request.GET)
    if target_of(request) == "more":
        return render(request, "review/_rows.html", rows(request, filters))
    context = workspace(request, filters)
    if filters.sitting and not context["sitting"]:
        # Another sitting has begun since.
        return redirect("review")
    first = context["page"].rows[:1]
    candidate = opened(request.user, first[0].candidate.pk) if first else None
    context |= open_card(request, candidate, recent=context["recent"])
    if target_of(request) != "workspace":
        return render(request, "review/review.html", context)
    response = render(request, "review/_workspace.html", context | {"finished": "finished" in request.GET})
    return push_url(response, address(reverse("review"), context["query"]))


@login_required
@require_http_methods(["GET", "POST"])
def review_candidate(request: Request, candidate_id: uuid.UUID) -> HttpResponse:
    """Show a card next to the queue; HTMX gets the card alone, or more of its evidence.

    A POST decides nothing: it keeps what was typed on the card while showing more evidence.
    """
    candidate = opened(request.user, candidate_id)
    if target_of(request) == "more-pieces":
        start = read_number(request.GET.get("from", ""), 0, 10_000)
        return render(request, "review/_pieces.html", more_pieces(request, candidate, start))
    sent = CardForm(request.POST)
    if target_of(request) == "open":
        query = {"query": QueueFilters.read(request.GET).query()}
        return render(request, "review/_card_alone.html", query | open_card(request, candidate, sent))
    filters = filters_for(request, candidate)
    context = workspace(request, filters)
    context |= open_card(request, candidate, sent, recent=context["recent"])
    return render(request, "review/review.html", context)


@login_required
@require_GET
def review_filters(request: Request) -> HttpResponse:
    """Show the filters whose choices come from the suggestions; they are loaded only on request."""
    filters = QueueFilters.read(request.GET)
    context = {"filters": filters, "facets": facets(request.user, filters.tab)}
    template = "review/_facets.html" if target_of(request) == "facets" else "review/filters.html"
    return render(request, template, context)


@login_required
@require_GET
def review_sitting(request: Request) -> HttpResponse:
    """Show the progress of the sitting and the last decisions, for a page that goes on by itself."""
    filters = QueueFilters.read(request.GET)
    waiting = read_head(request.user).counts["review"]
    context = _sitting(request.user, filters, read_recent(request.user), waiting)
    return render(request, "review/_sitting.html", context | {"filters": filters, "query": filters.query()})


@login_required
@require_GET
def review_news(request: Request) -> HttpResponse:
    """Show the number of new suggestions since the page counted total, and the current counts of the tabs.

    since: the revision of the page's list; the answer says which of its rows are gone or back.
    """
    head = cards.head(read_head(request.user))
    counted = read_number(request.GET.get("total", ""), 0, 10**9)
    new = max(0, head["counts"]["total"] - counted)
    filters = QueueFilters.read(request.GET)
    changed = changed_since(request.user, filters.tab, read_number(request.GET.get("since", ""), 0, 10**9))
    context = head | {"new": new, "query": filters.query(), "changed": changed}
    return render(request, "review/_news_line.html", context)


def tab_of(candidate: ExtractedTraitCandidate) -> str:
    """Return the tab that shows the candidate."""
    if candidate.deferred_until and candidate.deferred_until <= timezone.now():
        return "review"
    return STATUS_TABS.get(CandidateStatus(candidate.status), "review")


def filters_for(request: Request, candidate: ExtractedTraitCandidate) -> QueueFilters:
    """Return the filters of the URL, on the tab that shows the candidate."""
    return dataclasses.replace(QueueFilters.read(request.GET), tab=tab_of(candidate))


def rows(
    request: Request, filters: QueueFilters, *, shown: int = 0, passed: str = "", recent: Recent | None = None
) -> dict[str, Any]:
    """Return a page of the list, or as many rows as the page currently shows; passed is that of queue()."""
    after = request.GET.get("after", "")
    limit = min(max(shown, PAGE), MOST_SHOWN)
    page = queue(request.user, filters, after=after, limit=limit, passed=passed, recent=recent)
    already = read_number(request.GET.get("shown", ""), 0, MOST_SHOWN)
    return {
        "page": page,
        "filters": filters,
        "query": filters.query(),
        "after": after,
        "next_query": filters.query(after=page.next),
        "grows": already + len(page.rows) < MOST_SHOWN,
        "all_selected": request.GET.get("select") in ("page", "all"),
        "matching_selected": request.GET.get("select") == "all",
    }


def workspace(request: Request, filters: QueueFilters, *, shown: int = 0, passed: str = "") -> dict[str, Any]:
    """Return the context of the whole page except the card."""
    recent = read_recent(request.user)
    context = rows(request, filters, shown=shown, passed=passed, recent=recent) | cards.head(read_head(request.user))
    context |= _sitting(request.user, filters, recent, context["counts"]["review"])
    context |= _found(request.user, filters, context)
    if not context["page"].rows and filters.tab == "review" and not (filters.narrow or filters.category):
        context["today"] = _today(request.user)
    return context | {
        "recent": recent,
        "undo_of": notices.undo_offer(recent),
        "matching": _matching(filters, context),
        "most_in_parts": MOST_IN_PARTS,
        "categories": Category.choices,
        "bands": BAND_CHOICES,
        "sorts": sorts.offered(filters.tab),
        "codes": rejection_codes(),
        "select_query": filters.query(after=context["after"], select="page"),
        "select_all_query": filters.query(select="all"),
    }


def _matching(filters: QueueFilters, context: dict[str, Any]) -> int:
    """Return how many suggestions the list has in all, for selecting them together."""
    if filters.sitting:
        return context["sitting"].total - context["sitting"].decided if context["sitting"] else 0
    number: int = context.get("found", context["counts"][filters.tab])
    return min(number, MOST_IN_PARTS)


def _found(user: User, filters: QueueFilters, context: dict[str, Any]) -> dict[str, Any]:
    """Return how many of the tab's suggestions the filters find, and the query of the tab without them."""
    found: dict[str, Any] = {"cleared": QueueFilters(tab=filters.tab, sort=filters.sort).query()}
    if filters.narrow or filters.category:
        page = context["page"]
        complete = not (page.next or context["after"])
        number = sum(1 + len(row.duplicates) for row in page.rows)
        found["found"] = number if complete else candidates(user, filters).count()
        found["in_tab"] = context["counts"][filters.tab]
    return found


def _sitting(user: User, filters: QueueFilters, recent: Recent, waiting: int) -> dict[str, Any]:
    """Return the progress of the sitting, what it brought once it is over, and the offer of the next one."""
    progress = sittings.progress(user, filters, recent)
    found: dict[str, Any] = {
        "sitting": progress,
        "strip": recent.strip,
        "notes": recent.notes,
        "offer": sittings.offer(waiting, recent),
    }
    if progress and progress.is_over:
        gained = sittings.gained(user, progress.sitting)
        found |= {"gained": gained, "picture": picture.bubbles(gained.concepts)}
    return found


def _today(user: User) -> dict[str, int]:
    """Count the suggestions that the person confirmed, rejected and snoozed since midnight, without zeros."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    number = decided_since(user, midnight)
    sums = {str(words): sum(number.get(each, 0) for each in decisions) for words, decisions in TODAY}
    return {words: total for words, total in sums.items() if total}


def open_card(
    request: Request,
    candidate: ExtractedTraitCandidate | None,
    sent: InputForm | None = None,
    *,
    recent: Recent | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return the card's context, with the values that were sent (typed) and their faults (errors by field)."""
    context: dict[str, Any] = {"card": None, "codes": rejection_codes(), "later": later_choices(), **more}
    filters = QueueFilters.read(request.GET)
    context["q"] = filters.q
    if candidate:
        context["why_here"] = why_here(request.user, candidate, filters, recent)
        verdicts = sent.verdicts if isinstance(sent, EvidenceForm) else {}
        count = read_number(request.GET.get("pieces", ""), cards.PIECES, 1_000)
        context["card"] = cards.card(request.user, candidate, verdicts=verdicts, count=count)
        context["candidate"] = candidate
        context["pieces"] = context["card"].pieces
        context["typed"] = sent.data if sent else {}
    return context


def why_here(user: User, candidate: ExtractedTraitCandidate, filters: QueueFilters, recent: Recent | None) -> str:
    """Say why a waiting suggestion stands where it does; "" in lists whose order explains itself."""
    if filters.order not in (sorts.RECOMMENDED, sorts.SITTING) or tab_of(candidate) != "review":
        return ""
    recent = recent or read_recent(user)
    return words.why_here(candidate, Taste(recent, recent.step))


def more_pieces(request: Request, candidate: ExtractedTraitCandidate, start: int) -> dict[str, Any]:
    filters = QueueFilters.read(request.GET)
    return {
        "pieces": cards.pieces(candidate, {}, start=start, count=cards.MORE_PIECES),
        "candidate": candidate,
        "query": filters.query(),
        "q": filters.q,
    }
