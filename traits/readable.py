"""The export as a page for people: one file of HTML, in pieces, for a browser without a network or scripts."""

import zoneinfo
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.template.loader import get_template
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.clients.grants import connections
from traits import erasure, styles
from traits.erasure_words import in_words, said
from traits.models import (
    CandidateStatus,
    Decision,
    Erasure,
    ExtractedTraitCandidate,
    PersonaTrait,
    Suppression,
    UserRefinedTrait,
)

ROWS = 100
HERE = "<!-- here -->"
"""Stands where a template is cut in two; what people wrote is escaped, so nothing else is like it."""
Render = Callable[..., bytes]
"""Takes a template's name and its context."""
GONE = "a text that you erased"
SENTENCES = {
    Decision.CONFIRMED_ASIS: "You confirmed “{name}”.",
    Decision.CONFIRMED_MODIFIED: "You confirmed “{name}” with changes.",
    Decision.REJECTED: "You rejected “{name}”.",
    Decision.USER_ADDED: "You added “{name}”.",
    Decision.SUPERSEDED: "“{name}” was replaced by a newer suggestion.",
    Decision.DEFERRED: "You put “{name}” off.",
    Decision.MERGED: "You merged “{name}” into “{trait}”.",
    Decision.REOPENED: "You put “{name}” back to be reviewed.",
    Decision.EDITED: "You edited “{trait}”.",
    Decision.STATUS_CHANGED: "You made “{trait}” {status}.",
    Decision.REMOVED: "You removed “{name}”.",
    Decision.STYLE_CHANGED: "You set {element} to “{value}”.",
    Decision.EVIDENCE_ERASED: "Evidence of “{name}” was erased.",
    Decision.UNDONE: "An earlier decision about “{name}” was undone.",
}


def page(user: User, revision: int | None, nodes: int, edges: int, *, away: bool) -> Iterator[bytes]:
    """The page, from the snapshot that the caller is in; the numbers say what of the graph is in the JSON document."""
    render = partial(_render, zoneinfo.ZoneInfo(user.time_zone))
    graph = {"revision": revision, "nodes": nodes, "edges": edges, "away": away}
    held, apps = in_words(erasure.counts(user)), connections(user)
    whole = render("page", user=user, now=timezone.now(), held=held, graph=graph, apps=apps, here=HERE)
    before, after = whole.split(HERE.encode())
    yield before
    yield from _parts(user, render)
    yield after


def _parts(user: User, render: Render) -> Iterator[bytes]:
    traits = PersonaTrait.objects.filter(user=user).order_by("name_key", "pk")
    yield from _part(render, "persona", "Your persona", traits, "trait")
    yield render("styles", styles=styles.all_styles(user))
    mine = ExtractedTraitCandidate.objects.filter(user=user).defer("search").order_by("created_at", "pk")
    for status in CandidateStatus:
        title = f"Suggestions: {status.label.lower()}"
        yield from _part(render, status, title, mine.filter(status=status), "suggestion")
    log = UserRefinedTrait.objects.filter(user=user).order_by("revision")
    yield from _part(render, "decisions", "What you decided", log, "decision", sentence)
    kept_away = Suppression.objects.filter(user=user).order_by("name_key", "pk")
    yield from _part(render, "suppressed", "Never suggested again", kept_away, "suppression")
    receipts = Erasure.objects.filter(user=user).order_by("requested_at")
    yield from _part(render, "erased", "What you deleted", receipts, "receipt", _receipt)


def _part(
    render: Render,
    pk: str,
    title: str,
    rows: QuerySet[Any],
    template: str,
    more: Callable[[Any], Any] = lambda row: None,  # noqa: ARG005 (nothing more to say)
) -> Iterator[bytes]:
    """A section with a piece for each row; a few rows are in memory at once."""
    before, after = render("part", pk=pk, title=title, here=HERE).split(HERE.encode())
    yield before
    empty = True
    for row in rows.iterator(chunk_size=ROWS):
        empty = False
        yield render(template, row=row, more=more(row))
    yield render("nothing") if empty else b""
    yield after


def _render(zone: zoneinfo.ZoneInfo, name: str, **context: Any) -> bytes:
    # Around each piece alone: between two of them the thread may be at other people's.
    with timezone.override(zone):
        return get_template(f"export/{name}.html").render(context).encode()


def sentence(entry: UserRefinedTrait) -> str:
    """The entry of the log in a sentence."""
    before, after = entry.content["before"], entry.content["after"]
    candidate = before["candidate"] or after["candidate"] or {}
    trait = after["trait"] or before["trait"] or {}
    style = after["style"] or before["style"] or {}
    return SENTENCES[Decision(entry.user_decision)].format(
        name=candidate.get("name") or trait.get("name") or style.get("element") or GONE,
        trait=trait.get("name") or GONE,
        status=trait.get("status", ""),
        element=style.get("element", ""),
        value=(after["style"] or {}).get("value", "nothing"),
    )


def _receipt(row: Erasure) -> dict[str, list[str]]:
    return said(row.kind, row.counts, row.kept)
