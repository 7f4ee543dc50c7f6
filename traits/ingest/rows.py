"""The rows of a batch and what becomes of them, before anything is written."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from uuid import UUID

from traits.evidence import Piece
from traits.ingest.faults import Reason
from traits.ingest.parsing import CandidateRecord
from traits.ingest.sql import Key
from traits.models import CandidateChange, CandidateStatus, ExtractedTraitCandidate, Persona
from traits.models.batches import COUNTS


class RowOutcome(StrEnum):
    """What becomes of a row.

    Ignored are rows that differ from what is stored, of a suggestion that the person has decided on, that is archived,
    or that has a higher sequence.
    """

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SUPPRESSED = "suppressed"
    IGNORED_DECIDED = "ignored_decided"
    IGNORED_ARCHIVED = "ignored_archived"
    IGNORED_STALE = "ignored_stale"
    REFUSED = "refused"


IGNORED = (RowOutcome.IGNORED_DECIDED, RowOutcome.IGNORED_ARCHIVED, RowOutcome.IGNORED_STALE)


@dataclasses.dataclass(kw_only=True)
class Result:
    """The result of a batch: the outcome of each row, and the reasons why rows are refused, by index in the batch.

    archived and returned count candidates, including ones that are no row of the batch: those replaced by a newer
    suggestion, and those back in the queue because of new evidence. new_people: accounts that were made. changes: what
    became different in stored candidates.
    """

    outcomes: Sequence[RowOutcome] = ()
    archived: int = 0
    returned: int = 0
    new_people: int = 0
    refused: dict[int, list[Reason]] = dataclasses.field(default_factory=dict)
    changes: list[CandidateChange] = dataclasses.field(default_factory=list)

    def number(self, *outcomes: RowOutcome) -> int:
        """How many rows had one of these outcomes."""
        found = Counter(self.outcomes)
        return sum(found[outcome] for outcome in outcomes)

    @property
    def created(self) -> int:
        return self.number(RowOutcome.CREATED)

    @property
    def updated(self) -> int:
        return self.number(RowOutcome.UPDATED)

    @property
    def unchanged(self) -> int:
        return self.number(RowOutcome.UNCHANGED)

    @property
    def ignored(self) -> int:
        return self.number(*IGNORED)

    @property
    def suppressed(self) -> int:
        return self.number(RowOutcome.SUPPRESSED)

    def counts(self) -> dict[str, int]:
        """The numbers, as a batch records them."""
        names = [name for name in COUNTS if name not in ("refused", "withdrawn")]
        return {name: getattr(self, name) for name in names} | {"refused": len(self.refused)}


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

    def is_stale(self, row: Row) -> bool:
        """Whether a version with a higher sequence than the row's is stored already."""
        known, sequence = self.candidates.get(row.record.candidate_id), row.record.sequence
        if known is None or known.user_id != row.user or sequence is None or known.sequence is None:
            return False
        return sequence < known.sequence

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
    """The changes that a row makes to a stored candidate; fresh: its new pieces of evidence."""

    row: Row
    candidate: ExtractedTraitCandidate
    values: Mapping[str, object]
    fresh: list[Piece]

    def take_over(self, client_id: str) -> None:
        """Make the changes in memory; the candidate is the client's from now on."""
        for name, value in self.values.items():
            setattr(self.candidate, name, value)
        self.candidate.client_id = client_id
        if self.row.record.sequence is not None:
            self.candidate.sequence = self.row.record.sequence


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The rows by what becomes of them; those that are in none of these change nothing.

    refused: by index. ignored: the outcome by index. raised: candidate → the higher sequence of a row that changes
    nothing else.
    """

    new: list[New] = dataclasses.field(default_factory=list)
    updates: list[Update] = dataclasses.field(default_factory=list)
    ignored: dict[int, RowOutcome] = dataclasses.field(default_factory=dict)
    refused: dict[int, list[Reason]] = dataclasses.field(default_factory=dict)
    raised: dict[UUID, int] = dataclasses.field(default_factory=dict)

    def outcomes(self) -> dict[int, RowOutcome]:
        """Index → outcome, of the rows that change something or are ignored."""
        created = {True: RowOutcome.CREATED, False: RowOutcome.SUPPRESSED}
        new = {each.row.index: created[each.suppression is None] for each in self.new}
        return new | {each.row.index: RowOutcome.UPDATED for each in self.updates} | self.ignored
