"""What is to be sent: made from the log, and in the transactions of erasures and of changes to grants.

The log of decisions and the table of who read which trait (TraitRecipient) are the outbox: a decision writes nothing
for it, and what was not made into a message yet can be made at any time. A change rests for NOTICE_DELAY_SECONDS first.
By then, whatever was read before it is on record.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable

from django.conf import settings
from django.utils import timezone

from ptfi.db import sql
from traits.models import Erasure, Notice, NoticeEvent, NoticePosition
from traits.models.erasure import WHOLE
from traits.sharing import sql as statements

LONGEST = dt.timedelta(days=1)
"""The longest rest that is taken of a change; more would keep people's rights waiting."""


def delay() -> float:
    """The seconds for which a change rests."""
    seconds: float = settings.NOTICE_DELAY_SECONDS
    return min(seconds, LONGEST.total_seconds())


def collect() -> int:
    """Make messages of what the log says; returns for how many people, at most a hundred."""
    return int(sql.value(statements.COLLECT, {"delay": delay()}))


def tell_of_erasure(erasure: Erasure, ids: Collection[uuid.UUID] = ()) -> None:
    """Make messages for those who read traits or suggestions that an erasure deleted or thinned out.

    ids: those that it touched so far; an erasure of the whole persona touches all. Call it in the erasure's
    transaction, after the rows are deleted and before the receipts of reads are. Messages that the erasure overtakes
    are dropped.
    """
    values = {"erasure": erasure.pk, "person": erasure.subject_id, "ids": list(ids), "whole": erasure.kind in WHOLE}
    sql.run(statements.HOLD, [erasure.subject_id])
    sql.run(statements.ERASED, values)
    sql.run(statements.CANNOT_BE_TOLD, values)
    if values["whole"]:
        sql.run(statements.FORGET_NOTICES, [erasure.subject_id])
        NoticePosition.objects.filter(subject_id=erasure.subject_id).delete()


def tell_of_grant(user_id: uuid.UUID, client_ids: Iterable[str], event: NoticeEvent) -> None:
    """Make messages for these clients about the person's grant to them; call it in the transaction of the change."""
    sql.run(statements.GRANT_CHANGED, {"person": user_id, "clients": list(client_ids), "event": event.value})


def prune() -> int:
    """Delete settled messages older than RECEIPT_DAYS; returns how many."""
    oldest, number = timezone.now() - dt.timedelta(days=settings.RECEIPT_DAYS), 0
    while some := sql.run(statements.PRUNE_NOTICES, [oldest]):
        number += some
    return number


def body_of(notice: Notice) -> dict[str, object]:
    """What the message says: the event, when it was made, and ids."""
    data = {"userID": str(notice.subject_id)}
    data |= {"traitID": str(notice.trait_id)} if notice.trait_id else {"clientID": notice.client_id}
    return {"type": notice.event, "timestamp": notice.created_at.isoformat(), "data": data}
