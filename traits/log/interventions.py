"""What erasures did to a log, as the database recorded it, and whether that explains what is missing from the log.

Only the functions that erase and redact write rows of LogIntervention. Every entry without its texts, every entry that
vouches for others, and every receipt of a whole erasure must have such a row.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator

from django.db.models import BinaryField, Func, TextField, Value
from django.db.models.functions import Cast

from traits.models import Decision, Erasure, Intervention, LogIntervention, UserRefinedTrait
from traits.models.erasure import WHOLE

CLOCKS = dt.timedelta(minutes=5)
"""Largest difference between the clocks of the application and the database."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Interventions:
    """The interventions in one person's log.

    rewritten: the revisions from which erasures removed texts. left: the digest of each such entry after its last
    rewrite, if the record has it. newest_erasure: the last erasure of the whole log.
    """

    rows: list[LogIntervention]
    rewritten: frozenset[int]
    left: dict[int, bytes]
    newest_erasure: LogIntervention | None

    def entry_faults(self, entry: UserRefinedTrait) -> Iterator[str]:
        """Report faults of an entry that no intervention explains."""
        if not bytes(entry.salt) and entry.revision not in self.rewritten:
            yield f"revision {entry.revision} was redacted, and there is no record of an erasure that did"
        last = self.newest_erasure
        if last and entry.created_at < last.created_at - CLOCKS:
            whole = f"the erasure {last.erasure_id}, which took the whole log"
            yield f"revision {entry.revision} is older than {whole}"


def interventions(user_id: uuid.UUID) -> Interventions:
    """The interventions in the person's current log; an erasure of the whole log starts a new one."""
    rows = list(LogIntervention.objects.filter(subject_id=user_id).order_by("created_at", "id"))
    erasures = [row for row in rows if row.action == Intervention.LOG_ERASED]
    last = erasures[-1] if erasures else None
    redactions = [row for row in rows if row.action == Intervention.LOG_REDACTED]
    if last:
        redactions = [row for row in redactions if row.created_at > last.created_at]
    rewritten = frozenset(revision for row in redactions for revision in row.revisions)
    left = dict[int, bytes]()
    for row in redactions:
        left |= {revision: bytes(digest) for revision, digest in zip(row.revisions, row.digests, strict=False)}
    return Interventions(rows=rows, rewritten=rewritten, left=left, newest_erasure=last)


def _rewritten_since(user_id: uuid.UUID, found: Interventions) -> Iterator[str]:
    """Report redacted entries that differ from what the last erasure left."""
    stored = Func(Cast("content", TextField()), Value("UTF8"), function="convert_to", output_field=BinaryField())
    now = Func(stored, function="sha256", output_field=BinaryField())
    entries = UserRefinedTrait.objects.filter(user_id=user_id, salt=b"").order_by("revision")
    for revision, digest in entries.annotate(now=now).values_list("revision", "now").iterator(200):
        if found.left.get(revision, bytes(digest)) != bytes(digest):
            yield f"revision {revision} is not what the erasure left of it"


def record_faults(user_id: uuid.UUID, found: Interventions) -> Iterator[str]:
    """Report where receipts, records and the entries that vouch for others contradict each other."""
    receipts = {row.pk: row for row in Erasure.objects.filter(subject_id=user_id)}
    recorded = {row.erasure_id for row in found.rows if row.action == Intervention.LOG_ERASED}
    for receipt in receipts.values():
        if receipt.kind in WHOLE and receipt.erased_at and receipt.pk not in recorded:
            yield f"the erasure {receipt.pk} took the whole log, and there is no record of that"
    for erasure_id in dict.fromkeys(row.erasure_id for row in found.rows if row.erasure_id not in receipts):
        did = "took the whole log" if erasure_id in recorded else "took texts"
        yield f"an erasure {erasure_id} {did}, and its receipt is not there"
    yield from _rewritten_since(user_id, found)
    vouching = UserRefinedTrait.objects.filter(user_id=user_id, user_decision=Decision.EVIDENCE_ERASED)
    for revision, redacted in vouching.order_by("revision").values_list("revision", "content__redacted").iterator(200):
        for other in sorted(map(int, redacted or {})):
            if other not in found.rewritten:
                yield f"revision {revision} vouches for revision {other}, which no erasure rewrote"
