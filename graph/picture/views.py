"""The persona as a picture with an equivalent list, and what is related to a concept."""

import re
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from graph.concepts.completion import completions
from graph.errors import GraphUnavailableError
from graph.picture.drawing import Picture, Query, draw
from graph.picture.query import KINDS, SIZES, PictureFilters, Sketch, sketch
from ptfi.texts import Text
from ptfi.web.htmx import wants_fragment
from traits import selectors
from traits.models import MAX_NAME, Category, TraitStatus
from traits.web import Request, read_choice, read_name

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that are possible in names but not allowed in XML."""
FIRST_PICTURE = 0x2400
"""The first of the characters that stand for the control characters, in their order."""

STRENGTHS: dict[str, Text] = {"": _("Any"), "40": _("At least 40%"), "60": _("At least 60%"), "80": _("At least 80%")}
EVIDENCE_BESIDE = 2


def read_query(query: QueryDict) -> Query:
    """Read the filters from the URL; "" or [] if they are not set or have an unknown value."""
    kinds = [kind for kind in KINDS if kind in query.getlist("kind")]
    return {
        "concept": read_name(query, "concept"),
        "category": read_choice(query, "category", Category.values),
        "status": read_choice(query, "status", TraitStatus.values),
        "strength": read_choice(query, "strength", STRENGTHS),
        "kind": kinds if len(kinds) < len(KINDS) else [],
        "show": read_choice(query, "show", [str(size) for size in SIZES[1:]]),
    }


def filters_of(query: Query) -> PictureFilters:
    return PictureFilters(
        concept=query["concept"],
        category=query["category"],
        status=query["status"],
        strength=int(query["strength"] or 0) / 100,
        kinds=tuple(query["kind"] or KINDS),
        size=int(query["show"] or SIZES[0]),
    )


@login_required
@never_cache
@vary_on_headers("HX-Request")
@require_safe
def graph(request: Request) -> HttpResponse:
    """Show the person's graph as picture and list; HTMX gets these without the filters."""
    query = read_query(request.GET)
    context: dict[str, Any] = {
        "query": query,
        "filtered": any(query.values()),
        "more_chosen": any(query[name] for name in ("status", "strength", "show", "kind")),
        "persona": selectors.persona(request.user),
        "categories": Category.choices,
        "statuses": TraitStatus.choices,
        "strengths": STRENGTHS.items(),
        "kinds": [(kind, words, not query["kind"] or kind in query["kind"]) for kind, words in KINDS.items()],
        "sizes": SIZES,
        "size": int(query["show"] or SIZES[0]),
    }
    try:
        context |= _drawn(request, query)
        status = 200
    except GraphUnavailableError as error:
        context["away"], status = error, error.status
    fragment = wants_fragment(request)
    if not fragment:
        context["concept_names"] = completions(request.user, "")
    return render(request, "graph/_picture.html" if fragment else "graph/picture.html", context, status=status)


def _drawn(request: Request, query: Query) -> dict[str, Any]:
    filters = filters_of(query)
    found = sketch(request.user.pk, filters)
    larger = next((size for size in SIZES if size > filters.size), None)
    empty = not (found.traits or found.others)
    return {
        "sketch": found,
        "picture": None if empty else _picture(request, found, query, larger),
        "larger": larger if found.folded else None,
        "saved": f"{reverse('graph_svg')}?{query_text(query)}",
    }


def query_text(query: Query) -> str:
    """Return the filters as the query of a URL."""
    values = QueryDict(mutable=True)
    for name, value in query.items():
        values.setlist(name, value if isinstance(value, list) else [value] if value else [])
    return values.urlencode()


def _picture(request: Request, found: Sketch, query: Query, larger: int | None) -> Picture:
    return draw(found, request.user.display_name or gettext("Me"), query, str(larger or ""))


@login_required
@never_cache
@require_safe
def graph_svg(request: Request) -> HttpResponse:
    """Download the same picture as a self-contained file."""
    query = read_query(request.GET)
    found = sketch(request.user.pk, filters_of(query))
    picture = _picture(request, found, query, None)
    text = render_to_string("graph/picture.svg", {"picture": picture, "alone": True, "style": standing_alone()})
    return HttpResponse(
        NO_XML.sub(in_xml, text),
        content_type="image/svg+xml; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="my-graph.svg"'},
    )


def in_xml(found: re.Match[str]) -> str:
    """Return what stands in an XML file for a character that it cannot hold: a picture of the control, or U+FFFD."""
    code = ord(found[0])
    return chr(FIRST_PICTURE + code) if code < ord(" ") else "\ufffd"


@cache
def standing_alone() -> str:
    """Return the picture's style sheet with variables replaced, as most programs that open SVG files lack them."""
    text = (Path(settings.BASE_DIR) / "static" / "picture.css").read_text()
    colours = dict(re.findall(r"--([\w-]+): ([^;]+);", text))
    return re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found[1]], text)


@login_required
@never_cache
@require_safe
def graph_trait(request: Request, trait_id: uuid.UUID) -> HttpResponse:
    """Show a trait next to the picture; read from PostgreSQL, like its page."""
    trait = selectors.trait(request.user, trait_id)
    if not wants_fragment(request):
        return redirect("trait", trait_id)
    pieces = [piece for piece in trait.evidence if piece.get("verdict") in ("", None, "supports")]
    context = {
        "trait": trait,
        "persona": selectors.persona(request.user),
        "pieces": pieces[:EVIDENCE_BESIDE],
        "more": max(0, len(pieces) - EVIDENCE_BESIDE),
    }
    return render(request, "graph/_panel.html", context)


@login_required
@never_cache
@require_POST
def concept_names(request: Request) -> HttpResponse:
    """Return the concept names that begin with the typed text, for the list below the search field."""
    typed = request.POST.get("concept", "").replace("\x00", "")[:MAX_NAME]
    return render(request, "graph/_concept_names.html", {"names": completions(request.user, typed)})
