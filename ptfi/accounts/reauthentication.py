"""Fresh proof of identity, which changes of the account ask for, and actions that can't be undone."""

import time

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest


def recently_authenticated(request: HttpRequest) -> bool:
    """Whether the person proved who they are within settings.ACCOUNT_REAUTHENTICATION_TIMEOUT seconds."""
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(record.get("at", 0) > since for record in get_authentication_records(request, request.user))
