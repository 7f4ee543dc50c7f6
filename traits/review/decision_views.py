"""The decisions of the review queue: each POST calls one service, then shows the next card, or its own when refused."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ptfi.db.transactions import front_door
from ptfi.web.keyset import key_of
from traits import decisions, forms, selectors
from traits.errors import AlreadyDecidedError, InvalidError, RuleError, StaleVersionError, TraitRemovedError
from traits.log.versions import lifted
from traits.log.words import WORDS
from traits.models import Decision, ExtractedTraitCandidate, UserRefinedTrait
from traits.review.forms import filter_query, read_contexts, read_filters, read_relation, read_until
from traits.review.selectors import WAITING_ORDER, QueueFilters, queue
from traits.review.views import filters_for, open_card, workspace
from traits.similarity import similar_traits
from traits.web import Request, acting_for_self, address, read_id, read_number, read_version

ANOTHER_WIN = (AlreadyDecidedError, StaleVersionError, TraitRemovedError)


@login_required
@require_POST
def confirm(request: Request, candidate_id: uuid.UUID) -> HttpResponse:
    """Confirm as it is, with the verdicts of the card, and what becomes of a trait that it clashes with."""
    return _decide(
        request,
        candidate_id,
        lambda: decisions.confirm(
            **acting_for_self(request),
            candidate_id=candidate_id,
            changes=read_contexts(request.POST),
            evidence=forms.read_evidence(request.POST),
            relation=read_relation(request.POST),
            version=read_version(request.POST),
        ),
    )


@login_required
@require_POST
def reject(request: Request, candidate_id: uuid.UUID) -> HttpResponse:
    relation_default = "not_me" if request.POST.get("relation") else ""
    return _decide(
        request,
        candidate_id,
        lambda: decisions.reject(
            **acting_for_self(request),
            candidate_id=candidate_id,
            code=request.POST.get("code") or relation_default,
            reason=request.POST.get("reason", "").replace("\r\n", "\n"),
            evidence=forms.read_evidence(request.POST),
            relation=read_relation(request.POST),
            version=read_version(request.POST),
        ),
    )


@login_required
@require_POST
def defer(request: Request, candidate_id: uuid.UUID) -> HttpResponse:
    return _decide(
        request,
        candidate_id,
        lambda: decisions.defer(
            **acting_for_self(request),
            candidate_id=candidate_id,
            until=read_until(request.POST),
            evidence=forms.read_evidence(request.POST),
            version=read_version(request.POST),
        ),
    )


@login_required
@require_http_methods(["GET", "POST"])
def merge(request: Request, candidate_id: uuid.UUID) -> HttpResponse:
    """Merge into the trait named; without one, a list to choose from."""
    if "into" in request.POST:
        return _decide(
            request,
            candidate_id,
            lambda: decisions.merge(
                **acting_for_self(request),
                candidate_id=candidate_id,
                into=read_id("into", request.POST["into"]),
                evidence=forms.read_evidence(request.POST),
                version=read_version(request.POST),
            ),
        )
    candidate = selectors.candidate(request.user, candidate_id)
    q = (request.POST.get("merge_q") or request.GET.get("merge_q") or "").replace("\x00", "")
    filters = read_filters(request.GET)
    context = {
        "candidate": candidate,
        "q": q,
        "choices": selectors.traits_to_merge_into(request.user, q),
        "similar": [] if q else similar_traits(request.user, candidate),
        "query": filter_query(filters),
        "verdicts": forms.read_verdicts(request.POST),
    }
    in_menu = request.htmx and request.htmx.target == "merge-choices"
    return render(request, "review/_merge_choices.html" if in_menu else "review/merge.html", context)


@login_required
@require_POST
def reopen(request: Request, candidate_id: uuid.UUID) -> HttpResponse:
    """Review it again: it is back in the queue, and open."""
    return _decide(
        request,
        candidate_id,
        lambda: decisions.reopen(
            **acting_for_self(request), candidate_id=candidate_id, version=read_version(request.POST)
        ),
    )


@login_required
@require_http_methods(["GET", "POST"])
def edit_candidate(request: Request, candidate_id: uuid.UUID) -> HttpResponse:
    """Edit, then confirm. A POST with "open" only opens the form, and keeps the verdicts that the card had."""
    if request.method == "GET" or "open" in request.POST:
        candidate = selectors.candidate(request.user, candidate_id)
        if not candidate.is_undecided:
            return _refused(request, candidate_id, AlreadyDecidedError())
        return _edit_page(request, candidate, forms.EditForm(initial=forms.shown_values(candidate)))
    candidate = selectors.candidate(request.user, candidate_id)
    form = forms.EditForm(data=request.POST)
    if not form.is_valid():
        return _edit_page(request, candidate, form, status=400)
    try:
        with front_door():
            outcome = decisions.confirm(
                **acting_for_self(request),
                candidate_id=candidate_id,
                changes=form.changes(candidate),
                evidence=forms.read_evidence(request.POST),
                relation=read_relation(request.POST),
                version=read_version(request.POST),
            )
    except InvalidError as error:
        form.add_details(error.details or {"": [error.message]})
        return _edit_page(request, candidate, form, status=400)
    except StaleVersionError as error:
        form.add_error(None, error.message)
        return _edit_page(request, candidate, form, status=409)
    except AlreadyDecidedError as error:
        return _refused(request, candidate_id, error)
    return _decided(request, outcome)


def _edit_page(
    request: Request, candidate: ExtractedTraitCandidate, form: forms.EditForm, status: int = 200
) -> HttpResponse:
    filters = read_filters(request.GET)
    context = open_card(request, candidate) | {
        "form": form,
        "query": filter_query(filters),
        "filters": filters,
        "editing": True,
    }
    template = "review/_edit.html" if request.htmx else "review/edit.html"
    return render(request, template, context, status=status)


def _decide(request: Request, candidate_id: uuid.UUID, act: Callable[[], decisions.Outcome]) -> HttpResponse:
    try:
        with front_door():
            outcome = act()
    except InvalidError as error:
        return _refused(request, candidate_id, error, errors=error.details)
    except ANOTHER_WIN as error:
        return _refused(request, candidate_id, error)
    return _decided(request, outcome)


def _refused(
    request: Request, candidate_id: uuid.UUID, error: RuleError, errors: dict[str, list[str]] | None = None
) -> HttpResponse:
    """The card again as it is now, with what was typed and why it could not be done."""
    candidate = selectors.candidate(request.user, candidate_id)
    filters = read_filters(request.GET)
    context = workspace(request, filters, shown=_shown(request))
    context |= open_card(request, candidate, errors=errors, error=error)
    template = "review/_answer.html" if request.htmx else "review/review.html"
    return render(request, template, context, status=error.status)


def _shown(request: Request) -> int:
    return read_number(request.POST.get("shown", ""), 0, 10_000)


def _decided(request: Request, outcome: decisions.Outcome) -> HttpResponse:
    candidate, entry = outcome.candidate, outcome.entries[-1]
    if candidate is None:
        raise TypeError("a decision about a suggestion leaves one behind")
    modified = entry.user_decision == Decision.CONFIRMED_MODIFIED
    alike = len(outcome.entries) - 1 if entry.user_decision == Decision.REJECTED else 0
    text = WORDS[entry.user_decision].notice.format(
        name=outcome.trait.name if outcome.trait and modified else candidate.trait_name,
        trait=outcome.trait.name if outcome.trait else "",
        alike=f" and {alike} more that say{'' if alike > 1 else 's'} the same" if alike else "",
    )
    text += "".join(_became(each) for each in outcome.entries)
    again = candidate if entry.user_decision == Decision.REOPENED else None
    return answer(request, text, outcome.action_id, decided=candidate, opened=again)


def _became(entry: UserRefinedTrait) -> str:
    """What a decision made of the trait that the suggestion clashed with; "" for any other entry."""
    before = lifted(entry.content)["before"]["trait"] or {}
    return WORDS[entry.user_decision].about_other.format(name=before.get("name", ""))


def answer(
    request: Request,
    text: str,
    undo: uuid.UUID | None,
    *,
    decided: ExtractedTraitCandidate | None = None,
    opened: ExtractedTraitCandidate | None = None,
) -> HttpResponse:
    """What was done, as a notice with undo; and opened, or else the card after decided, or else the first one."""
    filters = read_filters(request.GET) if opened is None else filters_for(request, opened)
    if not request.htmx:
        messages.success(request, text, extra_tags=f"undo:{undo}" if undo else "")
        pk = opened.pk if opened else _next(request, filters, queue(request.user, filters).rows, decided)
        return HttpResponseRedirect(_path(pk, filter_query(filters)))
    context = workspace(request, filters, shown=_shown(request))
    pk = opened.pk if opened else _next(request, filters, context["page"].rows, decided)
    context |= open_card(request, selectors.candidate(request.user, pk) if pk else None)
    context |= {"text": text, "undo": undo, "typed": {}, "finished": bool(undo)}
    response = render(request, "review/_answer.html", context)
    response["HX-Replace-Url"] = _path(pk, context["query"])
    return response


def _path(pk: uuid.UUID | None, query: str) -> str:
    path = reverse("review_candidate", args=[pk]) if pk else reverse("review")
    return address(path, query)


def _next(
    request: Request,
    filters: QueueFilters,
    listed: list[ExtractedTraitCandidate],
    decided: ExtractedTraitCandidate | None,
) -> uuid.UUID | None:
    """The one that came after the decided one in the list, or else the first of the list."""
    if decided and filters.tab in ("review", "later"):
        place = (-decided.created_at.timestamp(), decided.pk)
        following = [row for row in listed if (-row.created_at.timestamp(), row.pk) > place]
        if not following:
            key = key_of(decided, WAITING_ORDER)
            following = queue(request.user, filters, after=key, limit=1).rows
        listed = following or listed
    return listed[0].pk if listed else None
