"""The welcome page, the overview, and the pages of a trait."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ptfi.db.transactions import front_door
from ptfi.texts import Text, isolated
from ptfi.web.submissions import keeps_input
from traits import decisions, selectors
from traits.confidence import RATING
from traits.errors import InvalidError, NotFoundError, StaleVersionError, TraitRemovedError
from traits.evidence import Piece, by_relevance
from traits.history import selectors as history_pages
from traits.history.selectors import HistoryFilters
from traits.likeness.similarity import close_traits
from traits.models import (
    MAX_NAME,
    ExtractedTraitCandidate,
    PersonaTrait,
    TraitStatus,
    Verdict,
)
from traits.models.candidates import VERDICT_CHOICES
from traits.persona import overview
from traits.persona.forms import RemoveForm, StatusForm, TraitForm
from traits.review.order.recent import recent
from traits.review.selectors import history
from traits.review.sittings import selectors as sittings
from traits.sharing import reads
from traits.text import name_key
from traits.web import Request, acting_for_self

EVIDENCE_SHOWN = 10
LATELY = 5
STATUS_SAID: dict[TraitStatus, Text] = {
    TraitStatus.ACTIVE: _("“%(name)s” is now active."),
    TraitStatus.DORMANT: _("“%(name)s” is now dormant: kept, but no longer true of you today."),
    TraitStatus.EXPERIMENTAL: _("“%(name)s” is now experimental: something you are trying out."),
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the welcome page to signed-out visitors; redirect everyone else to the review."""
    return redirect("review") if request.user.is_authenticated else render(request, "persona/welcome.html")


@login_required
@never_cache
@require_safe
def overview_page(request: Request) -> HttpResponse:
    """Show the persona's contents, what is undecided, its growth and the models' accuracy, from PostgreSQL alone."""
    user = request.user
    statuses, waiting = overview.statuses(user), overview.waiting(user)
    models, number_of_models = overview.models(user)
    context = {
        "total": sum(statuses.values()),
        "statuses": statuses,
        "categories": overview.categories(user),
        "waiting": waiting,
        "offer": sittings.offer(waiting.review, recent(user)) if waiting.review else "",
        "growth": overview.growth(user),
        "models": models,
        "more_models": number_of_models - len(models),
        "drawn": overview.DRAWN,
        "lately": history_pages.page(user, HistoryFilters(), limit=LATELY).rows,
    }
    return render(request, "persona/overview.html", context)


@login_required
@never_cache
@require_safe
def trait(request: Request, trait_id: uuid.UUID) -> HttpResponse:
    """Show everything about a trait, from PostgreSQL alone, so that the page works while the graph is down."""
    found = _mine(request, trait_id)
    context = {
        "trait": found,
        "persona": selectors.persona(request.user),
        "suggestion": _changed_suggestion(request, found),
        "history": history(request.user, trait_id, limit=50),
        "reads": reads.page(request.user, trait_id=trait_id, limit=3),
        "rating_field": RATING,
        "statuses": [status for status in TraitStatus.values if status != found.status],
    }
    return render(request, "persona/trait.html", context | _evidence(found.evidence))


def _mine(request: Request, trait_id: uuid.UUID) -> PersonaTrait:
    """Return the person's trait. Raises TraitRemovedError if they had it once, else NotFoundError."""
    try:
        return selectors.trait(request.user, trait_id)
    except NotFoundError:
        if history(request.user, trait_id, limit=1):
            raise TraitRemovedError from None
        raise


def _evidence(pieces: list[Piece]) -> dict[str, Any]:
    """Split the pieces for the page: some are shown, the rest and the too private ones are folded away."""
    private = [piece for piece in pieces if piece.get("verdict") == Verdict.TOO_PRIVATE]
    open_ones = [piece for piece in by_relevance(pieces) if piece.get("verdict") != Verdict.TOO_PRIVATE]
    return {"shown": open_ones[:EVIDENCE_SHOWN], "more": open_ones[EVIDENCE_SHOWN:], "private": private}


def _changed_suggestion(request: Request, trait: PersonaTrait) -> ExtractedTraitCandidate | None:
    """Return the original suggestion if its owner has changed the trait since; else None."""
    suggestion = selectors.suggestion_of(request.user, trait)
    if suggestion is None:
        return None
    suggested = (suggestion.trait_name, suggestion.trait_description, suggestion.trait_category, suggestion.concepts)
    return suggestion if suggested != (trait.name, trait.description, trait.category, trait.concepts) else None


@keeps_input
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trait_new(request: Request) -> HttpResponse:
    """Add a trait of the person's own."""
    if request.method != "POST":
        return _form_page(request, TraitForm())
    form = TraitForm(request.POST)
    if form.is_valid():
        if asked := _asked(request, form):
            return asked
        try:
            with front_door():
                outcome = decisions.add_trait(
                    **acting_for_self(request), changes=form.trait_changes(), own_evidence=form.evidence.own
                )
            return _done(request, outcome, _("Added “%(name)s”."))
        except InvalidError as error:
            form.add_details(error.faults)
    return _form_page(request, form, status=400)


@login_required
@require_POST
def trait_similar(request: Request) -> HttpResponse:
    """Show the person's traits with nearly the same name, for a notice next to the form."""
    name = request.POST.get("name", "").replace("\x00", "")[:MAX_NAME]
    draft = PersonaTrait(name=name, name_key=name_key(name), concepts=[])
    similar = close_traits(request.user, draft, limit=3) if draft.name_key else []
    return render(request, "persona/_similar.html", {"similar": similar})


@keeps_input
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trait_edit(request: Request, trait_id: uuid.UUID) -> HttpResponse:
    """Change a trait. If it changed in the meantime, show what was typed next to the current values."""
    try:
        found = _mine(request, trait_id)
    except TraitRemovedError:
        if request.method != "POST":
            raise
        return _form_page(request, TraitForm(request.POST), status=409)
    if request.method != "POST":
        return _form_page(request, TraitForm(trait=found))
    form, status = TraitForm(request.POST, trait=found), 400
    if form.is_valid():
        if asked := _asked(request, form):
            return asked
        try:
            with front_door():
                outcome = decisions.edit_trait(
                    **acting_for_self(request),
                    trait_id=trait_id,
                    changes=form.trait_changes(),
                    evidence=form.evidence,
                    version=form.cleaned["version"],
                )
            return _done(request, outcome, _("Saved “%(name)s”."))
        except InvalidError as error:
            form.add_details(error.faults)
        except StaleVersionError:
            form.trait, status = _mine(request, trait_id), 409
    return _form_page(request, form, status=status)


def _asked(request: Request, form: TraitForm) -> HttpResponse | None:
    """Return the form with "did you mean …?" if a concept may be a typo; nothing is saved until that is answered."""
    unanswered = any(meant is None for _, meant in form.questions(request.user))
    return _form_page(request, form, status=200) if unanswered else None


def _form_page(request: Request, form: TraitForm, status: int = 200) -> HttpResponse:
    pieces = form.trait.evidence if form.trait else []
    kept = form.is_bound and status != 409
    context = {
        "form": form,
        "trait": form.trait,
        "stale": status == 409,
        # Only a person who was shown the current values may overwrite them.
        "version": form.data.get("version", "") if kept else getattr(form.trait, "version", ""),
        "questions": form.questions(request.user) if form.is_bound else [],
        "verdicts": VERDICT_CHOICES,
        "pieces": [(piece, form.verdicts.get(piece["evidence_id"], piece.get("verdict", ""))) for piece in pieces],
        "own_concepts": selectors.own_names(request.user, "concepts"),
        "own_contexts": selectors.own_names(request.user, "expression_contexts"),
    }
    return render(
        request, "persona/trait_edit.html" if form.trait else "persona/trait_new.html", context, status=status
    )


@login_required
@require_POST
def trait_status(request: Request, trait_id: uuid.UUID) -> HttpResponse:
    """Make a trait active, dormant or experimental."""
    form = StatusForm(request.POST)
    with front_door():
        outcome = decisions.set_status(**acting_for_self(request), trait_id=trait_id, **form.cleaned)
    return _done(request, outcome, STATUS_SAID[TraitStatus(form.cleaned["status"])])


@keeps_input
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trait_remove(request: Request, trait_id: uuid.UUID) -> HttpResponse:
    """Ask for confirmation, then remove the trait from the persona."""
    found = _mine(request, trait_id)
    form, faults = RemoveForm(request.POST), list[str]()
    if request.method == "POST":
        try:
            with front_door():
                outcome = decisions.remove_trait(**acting_for_self(request), trait_id=trait_id, **form.cleaned)
            _say(request, outcome, gettext("Removed “%(name)s” from your persona.") % {"name": isolated(found.name)})
            return redirect("traits")
        except InvalidError as error:
            faults = error.details.get("reason") or [str(error.message)]
    context = {"trait": found, "reason": form.cleaned["reason"], "faults": faults}
    return render(request, "persona/trait_remove.html", context, status=400 if faults else 200)


def _done(request: Request, outcome: decisions.Outcome, said: Text) -> HttpResponse:
    """Redirect to the trait's page, with a notice that offers to undo."""
    name, pk = (outcome.trait.name, outcome.trait.pk) if outcome.trait else ("", None)
    _say(request, outcome, str(said) % {"name": isolated(name)})
    return redirect("trait", pk) if pk else redirect("traits")


def _say(request: Request, outcome: decisions.Outcome, text: str) -> None:
    messages.success(request, text, extra_tags=f"undo:{outcome.action_id}")
