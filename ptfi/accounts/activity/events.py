"""Recording security events: a line in the log, a metric, and a row for the person's page."""

import datetime as dt
import ipaddress
import logging
import uuid
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from prometheus_client import Counter

from ptfi.accounts.models import SecurityEvent, SecurityEventKind, User
from ptfi.accounts.templatetags.wording import known_browser

Kind = SecurityEventKind
logger = logging.getLogger("ptfi.security")
EVENTS = Counter("ptfi_security_events", "Security events, by kind.", ["event"])
OF_OPERATORS = frozenset(
    {
        Kind.SIGN_IN_REFUSED,
        Kind.CODE_REFUSED,
        Kind.TOKEN_ISSUED,
        Kind.TOKEN_REFUSED,
        Kind.STAFF_LOOKED,
        Kind.STAFF_ACTED,
    }
)
"""Logged and counted, but not shown to the person: no account is known, another page shows it, or too many."""
SERIOUS = frozenset(
    {
        Kind.SIGN_IN_FAILED,
        Kind.SIGN_IN_REFUSED,
        Kind.CODE_WRONG,
        Kind.CODE_REFUSED,
        Kind.TOKEN_REUSED,
        Kind.TOKEN_REFUSED,
    }
)
"""Logged as warnings."""
PREFIXES = {4: 24, 6: 48}
"""Bits of an address that are kept, by IP version: enough to tell networks apart, but not people."""
MOST_BROWSER = 100
MOST_FORGOTTEN = 100


def record(
    kind: Kind,
    *,
    user_id: uuid.UUID | None,
    request: HttpRequest | None,
    client_id: str = "",
    actor_id: Any = None,
    ways: str = "",
) -> None:
    """Record an event of this person's account, if the person is known.

    actor_id is the staff member who caused it, ways how the person authenticated. The log line holds ids and a
    shortened address, no texts.
    """
    address = network_of(request)
    ids = {"user": user_id, "actor": actor_id, "client": client_id}
    said = {"event": kind.value, **ids, "address": address, "ways": ways}
    said = {name: str(value) for name, value in said.items() if value}
    logger.log(logging.WARNING if kind in SERIOUS else logging.INFO, "Security event", extra={"said": said})
    EVENTS.labels(kind.value).inc()
    if user_id and kind not in OF_OPERATORS:
        SecurityEvent.objects.create(
            user_id=user_id, kind=kind, client_id=client_id, address=address, browser=browser_of(request)
        )
        forget_old()


def kept_events() -> QuerySet[SecurityEvent]:
    """The events within the retention period."""
    return SecurityEvent.objects.filter(created_at__gte=_oldest())


def forget_old() -> None:
    """Delete some expired events of all people: each new event removes old ones."""
    old = SecurityEvent.objects.filter(created_at__lt=_oldest()).order_by("created_at")
    SecurityEvent.objects.filter(pk__in=old.values("pk")[:MOST_FORGOTTEN]).delete()


def _oldest() -> dt.datetime:
    return timezone.now() - dt.timedelta(days=settings.SECURITY_EVENT_DAYS)


def network_of(request: HttpRequest | None) -> str:
    """The network that a request came from, such as 203.0.113.0/24; "" without a request or an address."""
    if request is None:
        return ""
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied):
        return ""
    return str(ipaddress.ip_network((address, PREFIXES[address.version]), strict=False))


def browser_of(request: HttpRequest | None) -> str:
    """The browser and operating system in words; "" if the request names none."""
    words = known_browser(request.headers.get("User-Agent", "")) if request else ""
    return words.replace("\0", "")[:MOST_BROWSER]


def is_new_place(user: User, request: HttpRequest) -> bool:
    """Whether the person signed in before, but never with this browser from this network."""
    before, network = SecurityEvent.objects.filter(user=user, kind=Kind.SIGNED_IN), network_of(request)
    same = before.filter(address=network, browser=browser_of(request))
    return bool(network) and before.exists() and not same.exists()
