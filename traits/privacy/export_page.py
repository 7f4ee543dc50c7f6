"""The export as a page for people: one file of HTML, in pieces, for a browser without a network or scripts."""

import itertools
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.template.loader import get_template
from django.utils import timezone

from ptfi.accounts.activity.events import kept_events
from ptfi.accounts.models import User
from ptfi.db.snapshot import ROWS
from ptfi.oauth.grants import connected_clients
from traits.decisions import styles
from traits.erasure import persona as erasure
from traits.erasure.receipts import in_words, said
from traits.history.download import narrated
from traits.models import (
    CandidateStatus,
    Erasure,
    ExtractedTraitCandidate,
    PersonaTrait,
    Suppression,
    TraitStatus,
)
from traits.privacy.staff_access import looks as looks_at

HERE = "<!-- here -->"
"""Stands where a template is cut in two; what people wrote is escaped, so nothing else is like it."""
Render = Callable[..., bytes]
"""Takes a template's name and its context."""


def page(user: User, revision: int | None, nodes: int, edges: int, *, away: bool) -> Iterator[bytes]:
    """The page, from the snapshot that the caller is in; the numbers say what of the graph is in the JSON document."""
    zone = zoneinfo.ZoneInfo(user.time_zone)
    render = partial(_render, zone)
    graph = {"revision": revision, "nodes": nodes, "edges": edges, "away": away}
    held, apps = in_words(erasure.counts(user)), connected_clients(user)
    whole = render("page", user=user, now=timezone.now(), held=held, graph=graph, apps=apps, here=HERE)
    before, after = whole.split(HERE.encode())
    yield before
    yield from _parts(user, render, zone)
    yield after


def _parts(user: User, render: Render, zone: zoneinfo.ZoneInfo) -> Iterator[bytes]:
    traits = PersonaTrait.objects.filter(user=user).order_by("name_key", "pk")
    now, dormant = traits.exclude(status=TraitStatus.DORMANT), traits.filter(status=TraitStatus.DORMANT)
    yield from _part(render, "persona", "Your persona", now, "trait")
    yield from _part(render, "dormant", "Dormant: kept, but no longer you of today", dormant, "trait")
    # Pairs: a template takes "items" of a map for an element of that name.
    contexts = [(context, list(values.items())) for context, values in styles.all_styles(user).items()]
    yield render("styles", contexts=contexts)
    mine = ExtractedTraitCandidate.objects.filter(user=user).defer("search").order_by("created_at", "pk")
    for status in CandidateStatus:
        title = f"Suggestions: {status.label.lower()}"
        yield from _part(render, status, title, mine.filter(status=status), "suggestion")
    entries = itertools.chain.from_iterable(narrated(user, zone))
    yield from _part(render, "decisions", "What you decided", entries, "decision")
    kept_away = Suppression.objects.filter(user=user).order_by("name_key", "pk")
    yield from _part(render, "suppressed", "Never suggested again", kept_away, "suppression")
    receipts = Erasure.objects.filter(user=user).order_by("requested_at")
    yield from _part(render, "erased", "What you deleted", receipts, "receipt", _receipt)
    looks = looks_at(user).order_by("created_at", "pk")
    yield from _part(render, "looks", "Who of the staff looked", looks, "look")
    events = kept_events().filter(user=user).order_by("created_at", "pk")
    yield from _part(render, "activity", "What happened to your account lately", events, "event")


def _part(
    render: Render,
    pk: str,
    title: str,
    rows: Iterable[Any],
    template: str,
    more: Callable[[Any], Any] = lambda row: None,  # noqa: ARG005 (nothing more to say)
) -> Iterator[bytes]:
    """A section with a piece for each row; a few rows are in memory at once."""
    before, after = render("part", pk=pk, title=title, here=HERE).split(HERE.encode())
    yield before
    empty = True
    for row in rows.iterator(chunk_size=ROWS) if isinstance(rows, QuerySet) else rows:
        empty = False
        yield render(template, row=row, more=more(row))
    yield render("nothing") if empty else b""
    yield after


def _render(zone: zoneinfo.ZoneInfo, name: str, **context: Any) -> bytes:
    # Around each piece alone: between two of them the thread may be at other people's.
    with timezone.override(zone):
        return get_template(f"export/{name}.html").render(context).encode()


def _receipt(row: Erasure) -> dict[str, list[str]]:
    return said(row.kind, row.counts, row.kept)
