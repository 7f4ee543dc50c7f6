"""Keep erased data from being imported again, by digests that reveal no text.

The digests are stored with the erasure (Erasure.bar) until the person lifts them. A category is blocked by its name.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from unicodedata import normalize
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from traits.evidence import Piece, spelled, stored_form
from traits.ingest.faults import Reason
from traits.ingest.parsing import CandidateRecord
from traits.ingest.sql import Key, bars_of, suppressions
from traits.models import Erasure
from traits.models.erasure import ErasureKind
from traits.text import former_key, name_key

OFF = ("user", _("this person has turned suggestions off"))
CATEGORY_OFF = ("trait_category", _("this person has blocked this category"))
ERASED = ("supporting_evidence", _("this person has deleted this evidence"))


class Suggested(Protocol):
    """A record to be imported, or a stored candidate."""

    @property
    def trait_category(self) -> str: ...
    @property
    def supporting_evidence(self) -> list[Piece]: ...


def sent_of(suggested: Suggested) -> dict[str, Piece]:
    """The pieces of a record as they were sent, by id, where that differs from the form in which they are stored."""
    return suggested.sent if isinstance(suggested, CandidateRecord) else {}


@dataclass(frozen=True, slots=True)
class Blocklist:
    """What one person has blocked: categories, and digests of sources and of pieces of evidence."""

    user_id: UUID
    categories: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    pieces: frozenset[str] = frozenset()

    def reason_to_refuse(self, suggested: Suggested) -> Reason | None:
        """Why the suggestion is blocked; None if it is accepted with at least some of its evidence."""
        if suggested.trait_category in self.categories:
            return CATEGORY_OFF
        if suggested.supporting_evidence and not self.accepted_evidence(suggested):
            return ERASED
        return None

    def accepted_evidence(self, suggested: Suggested) -> list[Piece]:
        """The pieces of the suggestion's evidence that are not blocked."""
        sent = sent_of(suggested)
        return [
            piece
            for piece in suggested.supporting_evidence
            if not any(map(self._holds, _spellings(piece, sent.get(piece["evidence_id"], piece))))
        ]

    def _holds(self, piece: Piece) -> bool:
        source = piece["source_package_id"]
        if self.sources and source is not None and source_bar(self.user_id, source) in self.sources:
            return True
        return bool(self.pieces) and piece_bar(self.user_id, piece) in self.pieces


def _spellings(piece: Piece, sent: Piece) -> Iterator[Piece]:
    """The forms in which a piece may have been stored when it was erased: earlier releases kept what was sent."""
    yield piece
    if sent is not piece:
        yield sent
    texts = [piece["content"], piece["source_package_id"] or "", piece["source_detail"]]
    if not all(map(str.isascii, texts)):
        yield stored_form(piece)  # Stored suggestions of earlier releases may have another form.
        yield spelled(piece, *(normalize("NFD", text) for text in texts))


def of_people(users: Collection[UUID]) -> dict[UUID, Blocklist]:
    """The blocklists of those people who have one, by person."""
    bars: dict[UUID, dict[str, set[str]]] = {}
    for user, kind, bar in bars_of(users):
        bars.setdefault(user, {}).setdefault(kind, set()).add(bar)
    return {user: _blocklist(user, by_kind) for user, by_kind in bars.items()}


def of_person(user: UUID) -> Blocklist:
    return of_people([user]).get(user) or Blocklist(user)


def _blocklist(user: UUID, bars: dict[str, set[str]]) -> Blocklist:
    kinds = (ErasureKind.CATEGORY, ErasureKind.SOURCE, ErasureKind.EVIDENCE)
    return Blocklist(user, *(frozenset(bars.get(kind, ())) for kind in kinds))


def suppressions_of(names: Mapping[int, tuple[Key, str]]) -> dict[int, int]:
    """The suppressions of suggestions, given as the key and the name by any index.

    Earlier releases had other name keys. A suppression whose names were erased is found by the key it had then.
    """
    found = suppressions([key for key, _ in names.values()])
    former = {index: (key[0], name_key(former_key(name)), key[2]) for index, (key, name) in names.items()}
    changed = {index: key for index, key in former.items() if key != names[index][0]}
    erased = suppressions(list(changed.values()), erased=True)
    by_index = {index: found.get(key) or erased.get(changed.get(index, key)) for index, (key, _) in names.items()}
    return {index: suppression for index, suppression in by_index.items() if suppression}


def ended_accounts(external_ids: Iterable[str]) -> set[str]:
    """Those of the external ids whose account was erased by its person."""
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
