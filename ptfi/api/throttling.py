"""Requests a minute, per person and per client, counted in the process: a read writes nothing to the database."""

import threading
import time

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from ptfi.api.errors import ThrottledError

WINDOW = 60
"""Seconds."""

_lock = threading.Lock()
_window = 0
_counts: dict[str, int] = {}


class Throttle(BaseThrottle):
    def allow_request(self, request: Request, view: object) -> bool:  # noqa: ARG002 (DRF's signature)
        """Count the request. Raises ThrottledError."""
        if wait := max((seconds_to_wait(key, most) for key, most in _limits(request)), default=0):
            raise ThrottledError(wait)
        return True


def _limits(request: Request) -> list[tuple[str, int]]:
    limits = []
    if request.user.is_authenticated:
        limits.append((str(request.user.pk), settings.API_USER_REQUESTS_PER_MINUTE))
    if request.auth and request.auth.client_id:
        limits.append((f"client:{request.auth.client_id}", settings.API_CLIENT_REQUESTS_PER_MINUTE))
    return limits


def seconds_to_wait(key: str, most: int) -> int:
    """Count a request of the key, which has so many a minute (0: any number); 0 when this one may be served."""
    now = int(time.time())
    return WINDOW - now % WINDOW if most and count(key, now // WINDOW) > most else 0


def count(key: str, window: int) -> int:
    """How many requests this key has made in the window, with this one."""
    global _window
    with _lock:
        if window != _window:
            _window = window
            _counts.clear()
        _counts[key] = _counts.get(key, 0) + 1
        return _counts[key]
