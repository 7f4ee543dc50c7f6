"""The communication style page: one context at a time, with an example message."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ptfi.db.transactions import front_door
from ptfi.texts import isolated
from ptfi.web.htmx import target_of
from ptfi.web.submissions import keeps_input
from traits import decisions, selectors
from traits.decisions.styles import clean_context, context_styles
from traits.errors import InvalidError, NotFoundError, StaleVersionError
from traits.models.styles import CONTEXTS, context_words
from traits.persona.style_forms import StyleForm
from traits.persona.style_preview import example
from traits.review.style_contexts import address_of, contexts_of, id_of, named
from traits.web import Request, acting_for_self


@keeps_input
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def styles(request: Request) -> HttpResponse:
    """Show the style that applies everywhere. A POST saves or previews a context's style, or opens a new context."""
    if request.method != "POST":
        return _page(request, StyleForm(context_styles(request.user, "")))
    if "open" in request.POST:
        return _open(request)
    held = context_styles(request.user, request.POST.get("context", ""))
    form = StyleForm(held, request.POST, empty=1 if "more" in request.POST else 0)
    if target_of(request) == "style-preview":
        return render(request, "persona/_style_preview.html", _preview(form))
    if "save" not in request.POST:
        return _page(request, form, seen=request.POST.get("seen", ""))
    return _save(request, form)


@login_required
@never_cache
@require_safe
def style(request: Request, style_id: uuid.UUID) -> HttpResponse:
    """Show the style of one context; the URL contains its id, not its name."""
    for context in contexts_of(context_styles(request.user, "")):
        if style_id == id_of(request.user, context):
            return _page(request, StyleForm(context_styles(request.user, context)))
    raise NotFoundError


def _open(request: Request) -> HttpResponse:
    """Open a context that has no style yet; it is stored with its first style."""
    name, faults = request.POST.get("new_context", ""), list[str]()
    try:
        context = clean_context(named(name))
    except InvalidError as error:
        context, faults = "", error.details["context"]
    held = context_styles(request.user, context)
    if not faults and (not name.strip() or context in contexts_of(context_styles(request.user, ""))):
        return redirect(address_of(request.user, context))
    return _page(request, StyleForm(held), name=name if faults else "", name_faults=faults)


def _save(request: Request, form: StyleForm) -> HttpResponse:
    values, status = form.values, 400
    if not form.faulty:
        try:
            with front_door():
                outcome = decisions.put_styles(
                    **acting_for_self(request),
                    context=form.held.context,
                    styles=values,
                    seen=request.POST.get("seen"),
                )
            return _saved(request, form.held.context, outcome)
        except InvalidError as error:
            form.add_details(error.faults)
        except StaleVersionError:
            form, status = StyleForm(context_styles(request.user, form.held.context), request.POST, empty=0), 409
    return _page(request, form, status=status, seen=request.POST.get("seen", "") if status == 400 else None)


def _saved(request: Request, context: str, outcome: decisions.StyleOutcome) -> HttpResponse:
    number = len(outcome.entries)
    if number:
        where = CONTEXTS.get(context) or gettext("“%(context)s”") % {"context": isolated(context)}
        text = ngettext(
            "Saved %(number)s change to your style (%(where)s).",
            "Saved %(number)s changes to your style (%(where)s).",
            number,
        )
        text %= {"number": number, "where": where}
        messages.success(request, text, extra_tags=f"undo:{outcome.action_id}")
    else:
        messages.info(request, gettext("Nothing was changed."))
    return redirect(address_of(request.user, context))


def _preview(form: StyleForm) -> dict[str, Any]:
    """Return the example in the form's style, and for a context also the one in the style that applies everywhere."""
    return {
        "form": form,
        "example": example(form.inherited | form.values),
        "elsewhere": example(form.inherited) if form.held.context else "",
    }


def _page(
    request: Request,
    form: StyleForm,
    *,
    status: int = 200,
    seen: str | None = None,
    name: str = "",
    name_faults: list[str] | None = None,
) -> HttpResponse:
    held = form.held
    tabs = [(context, context_words(context), id_of(request.user, context)) for context in contexts_of(held)]
    context = _preview(form) | {
        "tabs": tabs,
        "here": context_words(held.context),
        "named": held.context in CONTEXTS,
        "stale": status == 409,
        "seen": held.seen if seen is None else seen,
        "persona": selectors.persona(request.user),
        "name": name,
        "name_faults": name_faults or [],
    }
    return render(request, "persona/style.html", context, status=400 if name_faults else status)
