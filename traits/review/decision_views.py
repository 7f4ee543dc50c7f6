"""Decisions of the review queue: each POST calls one service, then shows the next card, or the same one if refused."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import replace_url

from ptfi.db.transactions import front_door
from ptfi.texts import isolated
from ptfi.web.htmx import target_of, wants_fragment
from ptfi.web.keyset import Page
from ptfi.web.submissions import keeps_input
from traits import decisions, selectors
from traits.errors import (
    AlreadyDecidedError,
    InvalidError,
    NotFoundError,
    NotRejectedError,
    RuleError,
    StaleVersionError,
    SuggestionGoneError,
    TraitRemovedError,
)
from traits.forms import EvidenceForm, InputForm
from traits.likeness.similarity import close_traits
from traits.log.notices import notice
from traits.models import CandidateStatus, Decision, ExtractedTraitCandidate
from traits.review import sent
from traits.review.forms import BUTTONS, CardForm, EditForm, MergeForm, NoteForm, ReopenForm
from traits.review.order import sorts
from traits.review.selectors import QueueFilters, QueueRow, queue, spelling
from traits.review.selectors import opened as opened_card
from traits.review.views import filters_for, open_card, workspace
from traits.search.traits import traits_to_merge_into
from traits.web import Request, acting_for_self, address, read_number

ANOTHER_WIN = (AlreadyDecidedError, StaleVersionError, TraitRemovedError)


@keeps_input
@login_required
@require_POST
def decide(request: Request, candidate_id: uuid.UUID, button: str) -> HttpResponse:
    """Make the decision of a button, with the card's verdicts."""
    return _decide(request, candidate_id, BUTTONS[button](request.POST))


@keeps_input
@login_required
@require_http_methods(["GET", "POST"])
def merge(request: Request, candidate_id: uuid.UUID) -> HttpResponse:
    """Merge into the given trait; without one, show a list to choose from."""
    form = MergeForm(request.POST)
    if "into" in form.data:
        return _decide(request, candidate_id, form)
    candidate = selectors.candidate(request.user, candidate_id)
    q = (form.data.get("merge_q") or request.GET.get("merge_q") or "").replace("\x00", "")
    similar = [] if q else close_traits(request.user, candidate)
    named = {each.trait_id for each in similar}
    context = {
        "candidate": candidate,
        "q": q,
        "choices": [trait for trait in traits_to_merge_into(request.user, q) if trait.pk not in named],
        "similar": similar,
        "query": QueueFilters.read(request.GET).query(),
        "verdicts": form.verdicts,
        "alone": form.data.get("alone"),
    }
    template = "review/_merge_choices.html" if target_of(request) == "merge-choices" else "review/merge.html"
    return render(request, template, context)


@keeps_input
@login_required
@require_http_methods(["GET", "POST"])
def edit_candidate(request: Request, candidate_id: uuid.UUID) -> HttpResponse:
    """Edit, then confirm. A POST with "open" only opens the form and keeps the card's verdicts."""
    candidate = _sent_about(request, candidate_id)
    if request.method == "GET" or "open" in request.POST:
        card = CardForm(request.POST)
        if not candidate.is_undecided:
            return _refused(request, candidate_id, card, AlreadyDecidedError())
        return _edit_page(request, EditForm(candidate, name=spelling(candidate)), card)
    form = EditForm(candidate, request.POST, spelling(candidate))
    if not form.is_valid():
        return _edit_page(request, form, form, status=400)
    try:
        with front_door():
            outcome = decisions.confirm(**acting_for_self(request), candidate_id=candidate_id, **form.arguments())
    except (InvalidError, StaleVersionError, AlreadyDecidedError) as error:
        form.add_details(error.faults)
        return _edit_page(request, form, form, status=error.status)
    return _decided(request, outcome)


@keeps_input
@login_required
@require_http_methods(["GET", "POST"])
def note(request: Request, candidate_id: uuid.UUID) -> HttpResponse:
    """Add a note to a rejection; a GET shows the form alone."""
    candidate = _sent_about(request, candidate_id)
    form = NoteForm(request.POST)
    if request.method == "GET":
        if candidate.status != CandidateStatus.REJECTED:
            raise NotRejectedError
        return _note_page(request, candidate, form)
    try:
        with front_door():
            outcome = decisions.add_note(**acting_for_self(request), candidate_id=candidate_id, **form.cleaned)
    except (InvalidError, NotRejectedError) as error:
        return _note_page(request, candidate, form, error)
    more = len(outcome.entries) - 1
    text = gettext("Added your note on “%(name)s”.") % {"name": isolated(candidate.trait_name)}
    if more:
        also = ngettext(
            "It also holds for %(number)d other that you rejected with it.",
            "It also holds for %(number)d others that you rejected with it.",
            more,
        )
        text = f"{text} {also % {'number': more}}"
    if sent.was_sent(request):
        return sent.answer(request, text, outcome, is_note=True)
    return answer(request, text, outcome.action_id)


def _note_page(
    request: Request, candidate: ExtractedTraitCandidate, form: NoteForm, error: RuleError | None = None
) -> HttpResponse:
    context = {"candidate": candidate, "typed": form.data, "query": QueueFilters.read(request.GET).query()}
    context |= {"error": error, "errors": error.details if error else {}}
    template = "review/_note_refused.html" if sent.was_sent(request) else "review/note.html"
    return render(request, template, context, status=error.status if error else 200)


def _sent_about(request: Request, candidate_id: uuid.UUID) -> ExtractedTraitCandidate:
    """Return the suggestion. Raises NotFoundError, for a form that was sent in words that say what became of it."""
    try:
        return opened_card(request.user, candidate_id)
    except NotFoundError:
        raise (SuggestionGoneError if request.method == "POST" else NotFoundError) from None


def _edit_page(request: Request, form: EditForm, judged: EvidenceForm, status: int = 200) -> HttpResponse:
    """Show the form next to the card; judged contains the card's verdicts."""
    filters = QueueFilters.read(request.GET)
    context = open_card(request, form.candidate, judged) | {
        "form": form,
        "query": filters.query(),
        "filters": filters,
        "editing": True,
    }
    template = "review/_edit.html" if wants_fragment(request) else "review/edit.html"
    return render(request, template, context, status=status)


def _decide(request: Request, candidate_id: uuid.UUID, form: CardForm | ReopenForm) -> HttpResponse:
    """Make the form's decision, or show the card with the reason for the refusal."""
    try:
        with front_door():
            outcome = form.decide(**acting_for_self(request), candidate_id=candidate_id, **form.arguments())
    except NotFoundError:
        _sent_about(request, candidate_id)
        raise
    except (InvalidError, *ANOTHER_WIN) as error:
        return _refused(request, candidate_id, form, error)
    return _decided(request, outcome)


def _refused(request: Request, candidate_id: uuid.UUID, form: InputForm, error: RuleError) -> HttpResponse:
    """Show the card in its current state, with what was typed and the reason for the refusal."""
    candidate = _sent_about(request, candidate_id)
    if sent.was_sent(request):
        context = open_card(request, candidate, form, errors=error.details, error=error)
        context["query"] = QueueFilters.read(request.GET).query()
        return render(request, "review/_card_alone.html", context, status=error.status)
    context = workspace(request, QueueFilters.read(request.GET), shown=_shown(request))
    context |= open_card(request, candidate, form, recent=context["recent"], errors=error.details, error=error)
    template = "review/_oob_update.html" if wants_fragment(request) else "review/review.html"
    return render(request, template, context, status=error.status)


def _shown(request: Request) -> int:
    return read_number(request.POST.get("shown", ""), 0, 10_000)


def _decided(request: Request, outcome: decisions.Outcome) -> HttpResponse:
    candidate, entry = outcome.candidate, outcome.entry
    if candidate is None:
        raise TypeError("a decision about a suggestion leaves one behind")
    trait = outcome.trait.name if outcome.trait else ""
    text = notice(outcome.entries, entry, candidate.trait_name, trait, outcome.same)
    if sent.was_sent(request):
        return sent.answer(request, text, outcome)
    again = candidate if entry.user_decision == Decision.REOPENED else None
    note_on = sent.rejected_in(outcome.entries)
    return answer(request, text, outcome.action_id, decided=candidate, opened=again, note_on=note_on)


def answer(
    request: Request,
    text: str,
    undo: uuid.UUID | None,
    *,
    decided: ExtractedTraitCandidate | None = None,
    opened: ExtractedTraitCandidate | None = None,
    note_on: uuid.UUID | None = None,
) -> HttpResponse:
    """Answer with a notice that offers undo, and a card: opened, or else the one after decided, or else the first.

    note_on: the suggestion that was rejected, if the notice offers to add a note.
    """
    filters = QueueFilters.read(request.GET) if opened is None else filters_for(request, opened)
    passed = "" if opened else _place_of(decided, filters)
    if not wants_fragment(request):
        messages.success(request, text, extra_tags=_offers(undo, note_on))
        pk = opened.pk if opened else _to_open(request, filters, queue(request.user, filters, passed=passed), passed)
        return HttpResponseRedirect(_path(pk, filters.query()))
    context = workspace(request, filters, shown=_shown(request), passed=passed)
    pk = opened.pk if opened else _to_open(request, filters, context["page"], passed)
    card = opened_card(request.user, pk) if pk else None
    context |= open_card(request, card, recent=context["recent"])
    context |= {"text": text, "undo": undo, "note_on": note_on, "typed": {}, "finished": bool(undo)}
    return replace_url(render(request, "review/_oob_update.html", context), _path(pk, context["query"]))


def _offers(undo: uuid.UUID | None, note_on: uuid.UUID | None) -> str:
    """Return the tags of a notice on the next page: what it can undo, and what it can add a note to."""
    return " ".join(f"{name}:{pk}" for name, pk in (("undo", undo), ("note", note_on)) if pk)


def _path(pk: uuid.UUID | None, query: str) -> str:
    path = reverse("review_candidate", args=[pk]) if pk else reverse("review")
    return address(path, query)


def _place_of(decided: ExtractedTraitCandidate | None, filters: QueueFilters) -> str:
    """Return the key of the decided suggestion's place in the list; "" for tabs not worked through in order."""
    return sorts.place_of(decided, filters.order) if decided else ""


def _to_open(request: Request, filters: QueueFilters, page: Page[QueueRow], passed: str) -> uuid.UUID | None:
    """Return the first suggestion after the place, or else the first of the list."""
    behind = [row for row in page.rows if row.is_behind]
    if passed and page.next and not behind:
        behind = queue(request.user, filters, after=passed, limit=1).rows
    return next((row.candidate.pk for row in [*behind, *page.rows]), None)
