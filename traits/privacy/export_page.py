"""The export as a page for people: one HTML file, streamed, that works offline and without scripts."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import get_template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.activity.events import kept_events
from ptfi.accounts.models import User
from ptfi.db.snapshot import ROWS
from ptfi.oauth.grants import connected_clients
from ptfi.texts import Text
from traits.decisions import styles
from traits.erasure import persona as erasure
from traits.erasure.receipts import in_words, said
from traits.history.download import Reader, narrated
from traits.ingest.changes import kept as kept_changes
from traits.log.diff import suggestion_differences
from traits.models import (
    CandidateChange,
    CandidateStatus,
    Erasure,
    ExtractedTraitCandidate,
    PersonaTrait,
    Suppression,
    TraitStatus,
)
from traits.models.styles import context_words, element_label, value_words
from traits.privacy.staff_access import looks as looks_at
from traits.sharing.reads import shown_alone
from traits.sharing.receipts import receipts as receipts_of

HERE = "<!-- here -->"
"""The place where a template is split in two. People's texts are escaped, so they cannot contain it."""
Render = Callable[..., bytes]
"""Called with a template's name and its context."""
SUGGESTIONS: dict[str, Text] = {
    CandidateStatus.CANDIDATE: _("Suggestions to review"),
    CandidateStatus.AWAITING_REFINEMENT: _("Snoozed suggestions"),
    CandidateStatus.CONFIRMED: _("Confirmed suggestions"),
    CandidateStatus.REFINED: _("Suggestions confirmed with changes"),
    CandidateStatus.REJECTED: _("Rejected suggestions"),
    CandidateStatus.ARCHIVED: _("Archived suggestions"),
}


def page(user: User, reader: Reader, graph: dict[str, Any]) -> Iterator[bytes]:
    """Stream the page from the caller's snapshot.

    graph describes the graph's part of the JSON document: its revision, nodes and edges, and whether it was away.
    """
    render = partial(_render, reader)
    with reader.here():
        held = in_words(erasure.counts(user))
    apps = connected_clients(user)
    whole = render("page", user=user, now=timezone.now(), held=held, graph=graph, apps=apps, here=HERE)
    before, after = whole.split(HERE.encode())
    yield before
    yield from _parts(user, render, reader)
    yield after


def _parts(user: User, render: Render, reader: Reader) -> Iterator[bytes]:
    traits = PersonaTrait.objects.filter(user=user).order_by("sort_key", "pk")
    now, dormant = traits.exclude(status=TraitStatus.DORMANT), traits.filter(status=TraitStatus.DORMANT)
    yield from _part(render, "persona", _("Your persona"), now, "trait")
    yield from _part(render, "dormant", _("Dormant traits: kept, but true in the past"), dormant, "trait")
    with reader.here():
        contexts = [(context_words(context), _in_words(values)) for context, values in styles.all_styles(user).items()]
    yield render("styles", contexts=contexts)
    mine = ExtractedTraitCandidate.objects.filter(user=user).defer("search").order_by("created_at", "pk")
    for status in CandidateStatus:
        yield from _part(render, status, SUGGESTIONS[status], mine.filter(status=status), "suggestion")
    changes = kept_changes().filter(user=user).order_by("pk")
    yield from _part(render, "changes", _("What the pipeline changed in suggestions"), changes, "change", _change)
    entries = itertools.chain.from_iterable(narrated(user, reader))
    yield from _part(render, "decisions", _("Your decisions"), entries, "decision")
    kept_away = Suppression.objects.filter(user=user).order_by("sort_key", "pk")
    yield from _part(render, "suppressed", _("Blocked suggestions"), kept_away, "suppression")
    receipts = Erasure.objects.filter(user=user).order_by("requested_at")
    yield from _part(render, "erased", _("What you deleted"), receipts, "receipt", _receipt)
    looks = looks_at(user).order_by("created_at", "pk")
    yield from _part(render, "looks", _("Access log: when staff looked"), looks, "look")
    events = kept_events().filter(user=user).order_by("created_at", "pk")
    yield from _part(render, "activity", _("Recent account activity"), events, "event")
    read = receipts_of(user).order_by("pk")
    yield from _part(render, "reads", _("What apps read"), read, "read", lambda row: {"read": shown_alone(row)})


def _in_words(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Return style elements and their values in the words of the pages."""
    return [(element_label(name), value_words(name, value)) for name, value in values.items()]


def _part(
    render: Render,
    pk: str,
    title: Text,
    rows: Iterable[Any],
    template: str,
    more: Callable[[Any], dict[str, Any]] | None = None,
) -> Iterator[bytes]:
    """Stream a section, one piece per row; only a few rows are in memory at a time."""
    before, after = render("part", pk=pk, title=title, here=HERE).split(HERE.encode())
    yield before
    empty = True
    for row in rows.iterator(chunk_size=ROWS) if isinstance(rows, QuerySet) else rows:
        empty = False
        yield render(template, row=row, more=more)
    yield render("nothing") if empty else b""
    yield after


def _render(reader: Reader, name: str, **context: Any) -> bytes:
    with reader.here():
        if more := context.get("more"):
            context["more"] = more(context["row"])
        return get_template(f"export/{name}.html").render(context | {"product": settings.PRODUCT_NAME}).encode()


def _change(row: CandidateChange) -> dict[str, Any]:
    return {"differences": suggestion_differences(row.before, row.after)}


def _receipt(row: Erasure) -> dict[str, list[str]]:
    return said(row.kind, row.counts, row.kept)
