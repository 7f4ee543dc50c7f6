"""The rows of a batch and what becomes of them, before anything is written."""

import dataclasses
from collections.abc import Iterable, Mapping
from uuid import UUID

from traits.evidence import Piece
from traits.ingest.parsing import CandidateRecord
from traits.ingest.sql import Key
from traits.models import CandidateStatus, ExtractedTraitCandidate, Persona


class ChangedMeanwhileError(Exception):
    """A candidate was snoozed after the batch had chosen its locks; the batch starts again."""


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A record that its person accepts; index is its position in the batch."""

    index: int
    record: CandidateRecord
    user: UUID

    @property
    def key(self) -> Key:
        return self.user, self.record.name_key, self.record.trait_category


@dataclasses.dataclass(frozen=True, slots=True)
class Stored:
    """What the batch may change, locked: personas by user, candidates by id."""

    personas: Mapping[UUID, Persona]
    candidates: Mapping[UUID, ExtractedTraitCandidate]

    def fresh(self, rows: Iterable[Row]) -> set[UUID]:
        return {row.record.candidate_id for row in rows} - self.candidates.keys()

    def return_to_queue(self, candidate: ExtractedTraitCandidate) -> None:
        if candidate.user_id not in self.personas:
            raise ChangedMeanwhileError
        candidate.status, candidate.deferred_until = CandidateStatus.CANDIDATE.value, None


@dataclasses.dataclass(frozen=True, slots=True)
class New:
    """A candidate to be stored. suppression: the id of the suppression that keeps it out of the queue."""

    row: Row
    is_superseded: bool
    suppression: int | None

    @property
    def is_shown(self) -> bool:
        return not self.is_superseded and self.suppression is None


@dataclasses.dataclass(frozen=True, slots=True)
class Update:
    """The changes that a record makes to a stored candidate; fresh: its new pieces of evidence."""

    candidate: ExtractedTraitCandidate
    values: Mapping[str, object]
    fresh: list[Piece]

    def take_over(self, client_id: str) -> None:
        """Make the changes in memory; the candidate is the client's from now on."""
        for name, value in self.values.items():
            setattr(self.candidate, name, value)
        self.candidate.client_id = client_id
