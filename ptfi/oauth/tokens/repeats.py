"""Repeats the response to a refresh token that the same app sends again within seconds.

That happens with two tabs, or if the response was lost. "The same" means the same request from the same network and
browser; from elsewhere it is a replay, which ends the consent. The response is encrypted with a key that is derived
from the refresh token, so reading the cache reveals nothing.
"""

from django.core.cache import cache
from django.http import HttpRequest

from ptfi.accounts.activity.events import network_of
from ptfi.encryption import Cipher

SECONDS = 10
ASKED = ("grant_type", "client_id", "refresh_token", "scope", "resource")
"""The parameters that identify a request as the same."""


def keep(request: HttpRequest, answer: bytes) -> None:
    """Keep the response for SECONDS."""
    name = _name(request)
    cache.set(name, _cipher(request).encrypt(answer, about=name), SECONDS)


def kept(request: HttpRequest) -> bytes | None:
    """The response that the same request got within the last SECONDS."""
    name = _name(request)
    found = cache.get(name)
    return _cipher(request).decrypt(found, about=name) if found else None


def _name(request: HttpRequest) -> str:
    """The cache key; the cache hashes it. Releases with another encryption use another key."""
    place = [network_of(request), request.headers.get("User-Agent", "")]
    return f"repeat:{[request.POST.getlist(name) for name in ASKED]}{place}"


def _cipher(request: HttpRequest) -> Cipher:
    return Cipher(request.POST["refresh_token"].encode(), "ptfi: repeated answers of the token endpoint")
