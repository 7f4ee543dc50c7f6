"""Fresh proof of identity, which changes of the account ask for, and actions that can't be undone."""

import time

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest


def proved_at(request: HttpRequest) -> float:
    """When the person last proved in this session who they are, in seconds of the epoch; 0 if it is not known."""
    return max((record.get("at", 0.0) for record in get_authentication_records(request, request.user)), default=0.0)


def recently_authenticated(request: HttpRequest) -> bool:
    """Whether the person proved who they are within settings.ACCOUNT_REAUTHENTICATION_TIMEOUT seconds."""
    return proved_at(request) > time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
