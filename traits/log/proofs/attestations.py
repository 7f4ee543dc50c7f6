"""Sign what erasures did to a log, in the process that carried them out, so that an erasure cannot be forged."""

import dataclasses
import datetime as dt
import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, Exists, Func, OuterRef, QuerySet
from django.utils import timezone

from ptfi import signing
from traits.log.chain import canonical
from traits.log.snapshots import State
from traits.models import LogAttestation, LogIntervention


def record(row: LogIntervention) -> State:
    """An intervention as downloads show it and signatures cover it."""
    return {
        "id": row.pk,
        "userID": str(row.subject_id),
        "erasureID": str(row.erasure_id),
        "action": row.action,
        "revision": row.revision,
        "hash": None if row.hash is None else bytes(row.hash).hex(),
        "number": row.number,
        "revisions": list(row.revisions),
        "digests": [bytes(digest).hex() for digest in row.digests],
        "time": row.created_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
    }


def statement(rows: Iterable[LogIntervention]) -> State:
    """The signed statement: all interventions of one transaction together."""
    return {"format": "ptfi-log-interventions", "version": 1, "records": list(map(record, rows))}


def attest(user_id: uuid.UUID) -> None:
    """Sign what this transaction did to the person's log. If signing fails, it stays unsigned."""
    began: Any = Func(function="transaction_timestamp", output_field=DateTimeField())
    rows = list(LogIntervention.objects.filter(subject_id=user_id, created_at__gte=began).order_by("id"))
    if rows and settings.LOG_SIGNING_COMMAND:
        # The command may be slow, and people's rows are locked until the end of the transaction.
        transaction.on_commit(partial(_attest, rows))
    elif rows:
        _attest(rows)


def _attest(rows: list[LogIntervention]) -> None:
    signature = signing.try_to_sign(canonical(statement(rows)))
    if signature:
        _save(rows, signature)


def unsigned() -> QuerySet[LogIntervention]:
    """Interventions that no attestation names."""
    names = LogAttestation.objects.filter(subject_id=OuterRef("subject_id"), interventions__contains=[OuterRef("pk")])
    return LogIntervention.objects.filter(~Exists(names)).order_by("subject_id", "id")


def accept(rows: QuerySet[LogIntervention]) -> int:
    """Sign these, one erasure at a time, because an operator vouches for them; returns their number.

    Raises NotSignedError.
    """
    number = 0
    for _, group in itertools.groupby(
        rows.order_by("subject_id", "erasure_id", "id"), lambda row: (row.subject_id, row.erasure_id)
    ):
        same = list(group)
        _save(same, signing.sign(canonical(statement(same))))
        number += len(same)
    return number


def _save(rows: Sequence[LogIntervention], signature: signing.Signature) -> None:
    LogAttestation.objects.create(
        subject_id=rows[0].subject_id,
        interventions=[row.pk for row in rows],
        key_id=signature.key_id,
        signature=signature.value,
        created_at=timezone.now(),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Attested:
    """Interventions that were signed together; key_id is "" if they are unsigned."""

    rows: list[LogIntervention]
    key_id: str
    signature: bytes

    def json(self) -> State:
        signature = signing.encoded(self.signature) if self.key_id else None
        return statement(self.rows) | {"keyID": self.key_id or None, "signature": signature}

    def is_genuine(self) -> bool:
        return signing.is_signed(canonical(statement(self.rows)), self.key_id, self.signature)


def attested(user_id: uuid.UUID, rows: Iterable[LogIntervention]) -> list[Attested]:
    """These interventions in a person's log, grouped as they were signed; genuine signatures take precedence."""
    left, found = {row.pk: row for row in rows}, []
    said = [_said(each, left) for each in LogAttestation.objects.filter(subject_id=user_id).order_by("id")]
    for each in sorted(said, key=lambda each: not each.is_genuine()):
        together = [row for row in each.rows if left.pop(row.pk, None)]
        if together:
            found.append(dataclasses.replace(each, rows=together))
    return [*found, Attested(rows=list(left.values()), key_id="", signature=b"")] if left else found


def _said(attestation: LogAttestation, rows: Mapping[int, LogIntervention]) -> Attested:
    """What the attestation signed, limited to these rows."""
    together = [rows[pk] for pk in attestation.interventions if pk in rows]
    return Attested(rows=together, key_id=attestation.key_id, signature=bytes(attestation.signature))


def faults(groups: Iterable[Attested]) -> Iterator[str]:
    """Report interventions that no key of this installation signed."""
    for group in groups:
        if not group.is_genuine():
            how = f"is not what the key {group.key_id} signed" if group.key_id else "is not signed"
            yield from (f"the record of the erasure {row.erasure_id} ({row.action}) {how}" for row in group.rows)
