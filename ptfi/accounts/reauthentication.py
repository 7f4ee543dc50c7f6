"""Reauthentication, which account changes and irreversible actions require."""

import time

from allauth.account.authentication import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest

from .models import User


def proved_at(request: HttpRequest) -> float:
    """When the person last authenticated in this session, in seconds since the epoch; 0 if unknown."""
    return max((record.get("at", 0.0) for record in get_authentication_records(request, request.user)), default=0.0)


def recently_authenticated(request: HttpRequest) -> bool:
    """Whether the person authenticated within the last settings.ACCOUNT_REAUTHENTICATION_TIMEOUT seconds."""
    return proved_at(request) > time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def renew_session(request: HttpRequest) -> None:
    """Give the session a new key, so that a stolen old key does not gain from the person's new proof."""
    old = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


def ways_of(request: HttpRequest, user: User) -> str:
    """How the person authenticated in this session, such as password+totp."""
    records = get_authentication_records(request, user)
    return "+".join(dict.fromkeys(str(record.get("type") or record["method"]) for record in records))
