"""Answers to decisions that a page sent while it already shows the next card: what changed, and no card."""

import uuid
from collections.abc import Iterable, Sequence

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import replace_url

from ptfi.web.htmx import target_of
from traits.decisions import Outcome
from traits.likeness.comparison import compare
from traits.likeness.reading import read
from traits.models import Decision, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait
from traits.review import card as cards
from traits.review import notices
from traits.review.head import Ahead, read_head
from traits.review.selectors import QueueFilters
from traits.text import name_key
from traits.web import Request, address

TARGET = "sent"
MOST_AHEAD = 10


def was_sent(request: Request) -> bool:
    """Whether the page went on by itself, so that the answer needs no card."""
    return target_of(request) == TARGET


def answer(request: Request, text: str, outcome: Outcome, *, is_note: bool = False) -> HttpResponse:
    """Answer with a notice, the counts, and which rows and which cards that were fetched ahead are out of date."""
    query = QueueFilters.read(request.GET).query()
    found = read_head(request.user, _ids(request.POST))
    context = cards.head(found) | {
        "text": text,
        "undo": outcome.action_id,
        "undo_label": _undo_label(outcome, is_note=is_note),
        "note_on": None if is_note else rejected_in(outcome.entries),
        "gone": set() if is_note else {each.original_candidate_id for each in outcome.entries} - {None},
        "stale": [each.pk for each in found.ahead if _is_stale(each, outcome.candidate, outcome.trait)],
        "query": query,
    }
    # Where a form that is sent twice leads.
    return replace_url(render(request, "review/_sent.html", context), address(reverse("review"), query))


def rejected_in(entries: Sequence[UserRefinedTrait]) -> uuid.UUID | None:
    """Return the suggestion that the entries reject, to which a note can be added; None if they do not reject."""
    entry = entries[0] if entries else None
    return entry.original_candidate_id if entry and entry.user_decision == Decision.REJECTED else None


def _undo_label(outcome: Outcome, *, is_note: bool) -> str:
    kind = "note" if is_note else outcome.entries[-1].user_decision
    named = outcome.trait if kind == Decision.CONFIRMED_MODIFIED else None
    name = named.name if named else outcome.candidate.trait_name if outcome.candidate else ""
    return notices.undo_label(kind, name, sum(1 for each in outcome.entries if each.original_candidate_id))


def _ids(post: QueryDict) -> Iterable[uuid.UUID]:
    for text in post.getlist("ahead")[:MOST_AHEAD]:
        try:
            yield uuid.UUID(text)
        except ValueError:
            continue


def _is_stale(ahead: Ahead, decided: ExtractedTraitCandidate | None, trait: PersonaTrait | None) -> bool:
    """Whether the card names the decided suggestion as its duplicate, or would name the trait or its topics."""
    if decided and (ahead.name_key, ahead.category) == (decided.name_key, decided.trait_category):
        return True
    if trait is None:
        return False
    topics = {name_key(each) for each in trait.concepts}
    if any(name_key(each) in topics for each in ahead.concepts):
        return True
    compared = compare(
        read(ahead.name, ahead.category, tuple(ahead.concepts)), read(trait.name, trait.category, tuple(trait.concepts))
    )
    return compared.similar or compared.contradiction is not None
