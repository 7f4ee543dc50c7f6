"""Middleware for signed-in people: language, time zone, session lifetime, second step, and no cached copies."""

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from ptfi.web.htmx import wants_fragment
from ptfi.web.language import LANGUAGES

from .second_steps import lacks_second_step, second_steps

BEGAN, SEEN = "signed_in_at", "last_used_at"
"""Session keys; the values are in seconds since 1970."""
WRITES = 24
"""How often the time of last use is written within a session's idle time."""


class LanguageMiddleware:
    """Shows pages in the language that the person chose; otherwise LocaleMiddleware's choice from the browser stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.language_chosen and user.language in LANGUAGES:
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        return self.get_response(request)


class TimeZoneMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            with timezone.override(request.user.zone):
                return self.get_response(request)
        return self.get_response(request)


ACCOUNT_PAGES = "/accounts/"


class SessionLifetimeMiddleware:
    """Ends sessions SESSION_IDLE_HOURS after their last use and SESSION_MAX_DAYS after signing in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_signed_in = request.user.is_authenticated
        if was_signed_in and not _extended(request.session):
            logout(request)
        response = self.get_response(request)
        if was_signed_in and not request.user.is_authenticated:
            # The browser's back button must not show cached pages to the next person who uses it.
            response["Clear-Site-Data"] = '"cache"'
        return response


def is_over(session: Mapping[str, Any] | SessionBase) -> bool:
    """Whether a session was idle for too long or began too long ago, whatever its cookie and row say."""
    now = time.time()
    seen, began = session.get(SEEN, now), session.get(BEGAN, now)
    return bool(now - seen > settings.SESSION_IDLE_HOURS * 3_600 or now - began >= settings.SESSION_MAX_DAYS * 86_400)


def _extended(session: SessionBase) -> bool:
    """Extend a session that is in use; False if it is over. It is written at intervals, not on each request."""
    now, idle = time.time(), settings.SESSION_IDLE_HOURS * 3_600
    if is_over(session):
        return False
    seen, left = session.get(SEEN, now), session.setdefault(BEGAN, now) + settings.SESSION_MAX_DAYS * 86_400 - now
    if SEEN not in session or now - seen > idle / WRITES:
        session[SEEN] = now
        if not session.get_expire_at_browser_close():
            session.set_expiry(int(min(idle, left)))
    return True


OPEN = (
    *(f"{ACCOUNT_PAGES}{page}/" for page in ("second-step", "2fa/reauthenticate", "2fa/webauthn/reauthenticate")),
    # An invitation shows nothing of the person who is signed in, and its address must not be repeated in another.
    *(f"{ACCOUNT_PAGES}{page}/" for page in ("login", "logout", "invitation", "session")),
    # Addresses without a session (tokens, public documents, files), signing out at an app's request, and the API, which
    # gives an error of its own (ptfi/api/authentication.py).
    *("/identity/o/logout", "/identity/o/api/", "/.well-known/", "/favicon.ico", "/v1/"),
)
"""Prefixes of the addresses that stay open to people who have not used the required second step."""
OPEN_WITHOUT_STEP = (
    *OPEN,
    f"{ACCOUNT_PAGES}2fa/",
    f"{ACCOUNT_PAGES}reauthenticate/",
    # Before setting up a step, people may have to give up an unverified address or end sessions that are not theirs.
    *(f"{ACCOUNT_PAGES}{page}/" for page in ("email", "confirm-email", "password", "sessions", "activity")),
)
"""The same for people who still have to set one up: nothing else protects their account."""


class SecondStepMiddleware:
    """Redirects people to set up a second step before anything else, where everyone needs one (REQUIRE_SECOND_STEP)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if request.path_info.startswith(OPEN) or not lacks_second_step(request):
            return None
        if request.path_info.startswith(OPEN_WITHOUT_STEP) and not second_steps(request):
            return None
        address = reverse("account_second_step")
        if wants_fragment(request):
            return HttpResponseClientRedirect(address)
        goal = {REDIRECT_FIELD_NAME: request.get_full_path()} if request.method == "GET" else {}
        return HttpResponseRedirect(f"{address}?{urlencode(goal)}" if goal else address)


class PrivatePagesMiddleware:
    """Keeps personal pages and those that set passwords out of every cache, and HTMX fragments apart from pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        private = request.user.is_authenticated or request.path_info.startswith(ACCOUNT_PAGES)
        if private and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response
