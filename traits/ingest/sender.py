"""Who sends suggestions: the record of each batch, and whose suggestions a sender may change."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from traits.ingest.faults import Reason
from traits.ingest.rows import Row, Stored
from traits.models import MAX_NAME, Door, ExtractedTraitCandidate, IngestBatch
from traits.models.moderation import MAX_REASON

FOREIGN = _("comes from another sender, which alone can change it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Where suggestions come from. client_id: the client; "" for the installation's own imports.

    batch_id: the batch that records it; None only outside of the product's doors (tests, benchmarks).
    """

    batch_id: UUID | None = None
    client_id: str = ""

    def may_change(self, candidate: ExtractedTraitCandidate) -> bool:
        """Whether it is the sender's own, or older than batches and not owned yet."""
        return candidate.client_id == self.client_id or (not candidate.client_id and candidate.batch_id is None)

    def own(self) -> Q:
        """The same as a condition for candidates."""
        return Q(client_id=self.client_id) | Q(client_id="", batch_id=None)

    def sorted_out(self, rows: Iterable[Row], stored: Stored) -> tuple[list[Row], dict[int, list[Reason]]]:
        """The rows that change only suggestions of the sender's own, and the reasons why the others are refused."""
        mine, foreign = list[Row](), dict[int, list[Reason]]()
        for row in rows:
            if name := self._foreign(row, stored.candidates):
                foreign[row.index] = [(name, FOREIGN)]
            else:
                mine.append(row)
        return mine, foreign

    def _foreign(self, row: Row, stored: Mapping[UUID, ExtractedTraitCandidate]) -> str:
        """The field that names another sender's suggestion about the same person; "" if none does."""
        if (known := stored.get(row.record.candidate_id)) and known.user_id == row.user and not self.may_change(known):
            return "candidate_id"
        others = (stored.get(other) for other in row.record.supersedes)
        return "supersedes" if any(c and c.user_id == row.user and not self.may_change(c) for c in others) else ""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What is recorded about a batch when it begins; name: a file's name, or the id of a request."""

    door: Door
    name: str = ""
    staff: User | None = None
    client_id: str = ""
    reason: str = ""
    digest: str = ""

    def batch(self) -> IngestBatch:
        """A new batch, not stored yet."""
        return IngestBatch(
            batch_id=uuid4(),
            door=self.door,
            staff=self.staff,
            client_id=self.client_id,
            name=self.name.encode(errors="replace").decode()[:MAX_NAME],
            reason=self.reason[:MAX_REASON],
            digest=self.digest,
        )


def sender_of(batch: IngestBatch) -> Sender:
    return Sender(batch_id=batch.pk, client_id=batch.client_id)


def begin(delivery: Delivery) -> IngestBatch:
    """Record a batch that takes several transactions; finish() adds the rest."""
    batch = delivery.batch()
    batch.save(force_insert=True)
    return batch


def finish(batch: IngestBatch, counts: Mapping[str, int], *, digest: str = "", is_complete: bool = True) -> None:
    """Record the result of a batch; if nothing of it was recorded yet, everything is stored now."""
    batch.counts = {name: number for name, number in counts.items() if number}
    batch.digest, batch.finished_at = digest or batch.digest, timezone.now() if is_complete else None
    if batch._state.adding:
        batch.save(force_insert=True)
    else:
        batch.save(update_fields=["counts", "digest", "finished_at"])


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
