"""The answer to a refresh token, for the same app that brings it again within seconds, from two tabs or having lost it.

"The same" is the same request from the same network with the same browser: from elsewhere it is a replay, which ends
the consent. The answer is kept encrypted by a key that only the refresh token gives, so reading the cache is no use.
"""

import base64
import hashlib

from cryptography.fernet import Fernet
from django.core.cache import cache
from django.http import HttpRequest

from ptfi.accounts.activity.events import network_of

SECONDS = 10
ASKED = ("grant_type", "client_id", "refresh_token", "scope", "resource")
"""What makes it the same request."""


def keep(request: HttpRequest, answer: bytes) -> None:
    """Remember the answer for SECONDS."""
    cache.set(_name(request), _cipher(request).encrypt(answer).decode(), SECONDS)


def kept(request: HttpRequest) -> bytes | None:
    """The answer that the same request got within SECONDS."""
    found = cache.get(_name(request))
    return _cipher(request).decrypt(found) if found else None


def _name(request: HttpRequest) -> str:
    """The cache hashes it."""
    place = [network_of(request), request.headers.get("User-Agent", "")]
    return f"refreshed:{[request.POST.getlist(name) for name in ASKED]}{place}"


def _cipher(request: HttpRequest) -> Fernet:
    value = f"ptfi.oauth.tokens.repeats:{request.POST['refresh_token']}"
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(value.encode()).digest()))
