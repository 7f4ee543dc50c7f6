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
        now = time.time()
        over = [count(key, int(now) // WINDOW) > most for key, most in _limits(request) if most]
        if any(over):
            raise ThrottledError(WINDOW - int(now) % WINDOW)
        return True


def _limits(request: Request) -> list[tuple[str, int]]:
    limits = []
    if request.user.is_authenticated:
        limits.append((str(request.user.pk), settings.API_PERSON_RATE))
    if request.auth and request.auth.client_id:
        limits.append((f"client:{request.auth.client_id}", settings.API_CLIENT_RATE))
    return limits


def count(key: str, window: int) -> int:
    """How many requests this key has made in the window, with this one."""
    global _window
    with _lock:
        if window != _window:
            _window = window
            _counts.clear()
        _counts[key] = _counts.get(key, 0) + 1
        return _counts[key]
