"""The answer to a refresh token, for the same app that brings it again within seconds, from two tabs or having lost it.

"The same" is the same request from the same network with the same browser: from elsewhere it is a replay, which ends
the consent. The answer is kept encrypted by a key that only the refresh token gives, so reading the cache is no use.
"""

from django.core.cache import cache
from django.http import HttpRequest

from ptfi.accounts.activity.events import network_of
from ptfi.encryption import Cipher

SECONDS = 10
ASKED = ("grant_type", "client_id", "refresh_token", "scope", "resource")
"""What makes it the same request."""


def keep(request: HttpRequest, answer: bytes) -> None:
    """Remember the answer for SECONDS."""
    name = _name(request)
    cache.set(name, _cipher(request).encrypt(answer, about=name), SECONDS)


def kept(request: HttpRequest) -> bytes | None:
    """The answer that the same request got within SECONDS."""
    name = _name(request)
    found = cache.get(name)
    return _cipher(request).decrypt(found, about=name) if found else None


def _name(request: HttpRequest) -> str:
    """The cache hashes it. Releases that encrypted in another way have another name for it."""
    place = [network_of(request), request.headers.get("User-Agent", "")]
    return f"repeat:{[request.POST.getlist(name) for name in ASKED]}{place}"


def _cipher(request: HttpRequest) -> Cipher:
    return Cipher(request.POST["refresh_token"].encode(), "ptfi: repeated answers of the token endpoint")
