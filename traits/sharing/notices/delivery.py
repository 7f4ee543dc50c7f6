"""Sends one message: takes it, posts it, and stores what came of it.

A message is taken for LEASE_SECONDS. Whoever sends it may die at any point: then it is sent again, with the same id.
"""

import logging
from collections.abc import Sequence

import orjson
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from ptfi.db import sql
from ptfi.oauth.models import Webhook
from ptfi.oauth.webhooks.signing import signed_headers
from ptfi.outgoing import client
from ptfi.outgoing.addresses import RefusedAddressError
from traits.models import Notice
from traits.sharing import sql as statements
from traits.sharing.notices import metrics
from traits.sharing.notices.outbox import body_of

HOURS = 41
"""How long a message is tried."""
LEASE_SECONDS = 60
"""How long a message is taken: four times as long as a request may take."""
MOST_AT_ONCE = 2
"""How many requests one receiver gets at the same time, so that a slow one leaves the senders to the others."""
LONGEST_WAIT, LONGEST_PAUSE = 3600, 300
"""The longest wait between two attempts at a message, and the longest pause of a receiver that fails, in seconds."""
COLUMNS = ("id", "notice_id", "client_id", "subject_id", "trait_id", "event", "created_at", "attempts")

logger = logging.getLogger(__name__)


def deliver() -> bool:
    """Send the next message, if one is due; returns whether there was one."""
    taken = sql.rows(statements.CLAIM, {"hours": HOURS, "most": MOST_AT_ONCE, "lease": LEASE_SECONDS})
    if not taken:
        return False
    notice = Notice(**dict(zip(COLUMNS, taken[0], strict=True)))
    hook = Webhook.objects.filter(client=notice.client_id).first()
    if hook is None:
        _try_again(notice, 0)
        return True
    # Nobody else should wait for this connection while the receiver takes its time.
    if not connection.in_atomic_block:
        connection.close()
    status, reason = _post(hook, notice)
    if 200 <= status < 300:
        settle([notice.pk], acknowledged=True, status=status)
        sql.run(statements.ANSWERS_AGAIN, {"client": notice.client_id})
        metrics.SENT.labels(notice.event).inc()
        return True
    metrics.FAILED.labels(reason).inc()
    logger.warning("A notice was not delivered: client %s, %s", notice.client_id, reason)
    sql.run(statements.PAUSE, {"client": notice.client_id, "most": LONGEST_PAUSE})
    _try_again(notice, status)
    return True


def _post(hook: Webhook, notice: Notice) -> tuple[int, str]:
    """The status of the answer and, if it is no acknowledgement, why; 0 without an answer."""
    body = orjson.dumps(body_of(notice))
    try:
        status = client.post(hook.url, body, signed_headers(hook, str(notice.notice_id), body))
    except RefusedAddressError:
        return 0, "refused"
    except client.FAILED:
        return 0, "unreachable"
    except ImproperlyConfigured:
        return 0, "no_key"
    return status, f"status_{status // 100}xx"


def _try_again(notice: Notice, status: int) -> None:
    wait = min(5 * 4 ** (notice.attempts - 1), LONGEST_WAIT)
    sql.run(statements.TRY_AGAIN, {"id": notice.pk, "status": status, "wait": wait})


def settle(ids: Sequence[int], *, acknowledged: bool, status: int | None = None) -> None:
    """End messages: a receiver acknowledged them, or they are given up."""
    sql.run(statements.SETTLE, {"ids": list(ids), "acknowledged": acknowledged, "status": status})


def give_up() -> int:
    """Give up what was tried for HOURS, or could not be because the client has no webhook; returns how many."""
    ids = [pk for (pk,) in sql.rows(statements.TOO_OLD, {"hours": HOURS})]
    if ids:
        settle(ids, acknowledged=False)
        metrics.GIVEN_UP.inc(len(ids))
        logger.warning("%d notices were given up", len(ids))
    return len(ids)
