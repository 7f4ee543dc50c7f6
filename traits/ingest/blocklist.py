"""What was erased is not taken in again: digests that imports compare with, from which no text can be read.

They stand with the erasure (Erasure.bar) until the person lifts them. A category is barred by its name.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from ptfi.db import sql
from traits.evidence import Piece
from traits.ingest.parsing import Reason, Suggestion
from traits.models import Erasure
from traits.models.erasure import ErasureKind

OF_PEOPLE = """
    SELECT subject_id, kind, bar FROM traits_erasure WHERE subject_id = ANY(%(users)s::uuid[]) AND bar <> ''
"""
OFF = ("user", "this person takes no suggestions")
CATEGORY_OFF = ("trait_category", "this person takes no suggestions of this category")
ERASED = ("supporting_evidence", "the person has erased this evidence")


@dataclass(slots=True)
class Bars:
    """What one person takes no more: categories, and digests of sources and of pieces of evidence."""

    categories: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    pieces: set[str] = field(default_factory=set)

    def refuse(self, user: UUID, row: Suggestion) -> list[Reason]:
        """Why the person does not take the suggestion; what is left of its evidence stays in the row."""
        if row.trait_category in self.categories:
            return [CATEGORY_OFF]
        kept = [piece for piece in row.supporting_evidence if not self._holds(user, piece)]
        if row.supporting_evidence and not kept:
            return [ERASED]
        row.supporting_evidence = kept
        return []

    def _holds(self, user: UUID, piece: Piece) -> bool:
        source = piece["source_package_id"]
        if self.sources and source is not None and source_bar(user, source) in self.sources:
            return True
        return bool(self.pieces) and piece_bar(user, piece) in self.pieces


def of_people(users: Collection[UUID]) -> dict[UUID, Bars]:
    """The bars of those people who have any."""
    found = defaultdict[UUID, Bars](Bars)
    for user, kind, bar in sql.rows(OF_PEOPLE, {"users": sql.array(users)}):
        if kind == ErasureKind.CATEGORY:
            found[user].categories.add(bar)
        elif kind == ErasureKind.SOURCE:
            found[user].sources.add(bar)
        elif kind == ErasureKind.EVIDENCE:
            found[user].pieces.add(bar)
    return found


def ended_accounts(external_ids: Iterable[str]) -> set[str]:
    """Those of the names that belonged to an account which its person has erased."""
    names = {account_bar(external_id): external_id for external_id in external_ids}
    found = Erasure.objects.filter(kind=ErasureKind.ACCOUNT, bar__in=names).exclude(bar="")
    return {names[bar] for bar in found.values_list("bar", flat=True)}


def source_bar(user: UUID, source_package_id: str) -> str:
    return _digest("source", str(user), source_package_id)


def piece_bar(user: UUID, piece: Piece) -> str:
    start = piece.get("start_time")
    place = [piece.get("source_package_id"), piece.get("source_detail"), None if start is None else float(start)]
    return _digest("evidence", str(user), *place, piece["content"])


def account_bar(external_id: str) -> str:
    return _digest("account", external_id)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
