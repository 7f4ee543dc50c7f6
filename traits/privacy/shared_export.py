"""The parts of an export that depend on who reads it: for an app, what is inside its slice."""

import dataclasses
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from ptfi.accounts.models import User
from ptfi.db.snapshot import ROWS
from traits.api.privacy import for_caller, hidden_pieces, history_for_caller
from traits.api.serializers.export import exported_candidate, exported_trait
from traits.decisions.styles import all_styles
from traits.models import UNDECIDED, ExtractedTraitCandidate, PersonaTrait
from traits.sharing.log import entries
from traits.sharing.slices import OWN, Slice

Rows = Iterator[dict[str, Any]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reader:
    """Who reads an export: the person, or an app."""

    seen: Slice = OWN
    client_id: str = ""

    def candidates(self, user: User) -> Rows:
        rows = ExtractedTraitCandidate.objects.filter(self.seen.candidates(), user=user).defer("search")
        shown = rows.exclude(status__in=UNDECIDED, held_reason__gt="").order_by("created_at", "pk")
        # What it replaced may be outside.
        alone: dict[str, Any] = {"supersedes": []}
        private = hidden_pieces(user, self.seen)
        return (for_caller(self.seen, exported_candidate(row) | alone, private) for row in _rows(shown))

    def traits(self, user: User) -> Rows:
        rows = PersonaTrait.objects.filter(self.seen.traits(), user=user).order_by("created_at", "pk")
        private = hidden_pieces(user, self.seen)
        return (for_caller(self.seen, exported_trait(row), private) for row in _rows(rows))

    def log(self, user: User) -> Rows:
        rows = _rows(entries(user, self.seen).order_by("revision"))
        for part in _parts(rows):
            yield from history_for_caller(self.seen, user, part, self.client_id)

    def styles(self, user: User) -> dict[str, Any]:
        return {context: found for context, found in all_styles(user).items() if self.seen.holds_style(context)}


PERSON = Reader()
"""The person, who gets everything."""


def _rows(rows: QuerySet[Any]) -> Iterator[Any]:
    return rows.iterator(chunk_size=ROWS)


def _parts(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while part := list(islice(rows, ROWS)):
        yield part
