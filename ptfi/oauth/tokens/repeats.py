"""The answer to a refresh token, for who brings it again within seconds: two tabs of an app, or one that lost it.

It is kept encrypted by a key that only the refresh token gives, so who reads the cache has nothing.
"""

import base64
import hashlib

from cryptography.fernet import Fernet
from django.core.cache import cache
from django.http import HttpRequest

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
    return f"refreshed:{[request.POST.getlist(name) for name in ASKED]}"


def _cipher(request: HttpRequest) -> Fernet:
    value = f"ptfi.oauth.tokens.repeats:{request.POST['refresh_token']}"
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(value.encode()).digest()))
