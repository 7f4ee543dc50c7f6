"""A shorter middleware chain for the API, without what only pages need."""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

from ptfi.accounts.middleware import SessionLifetimeMiddleware
from ptfi.errors import NotFoundError, error_json
from ptfi.web.headers import POLICY


class ApiMiddleware:
    """Passes requests for the API's data directly to their views, and loads the session only if there is no token.

    The middleware before this one applies to the API, too; the middleware after it (messages, HTMX, error pages) does
    not. The views check the CSRF token themselves if the session is used.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.with_session = SessionMiddleware(AuthenticationMiddleware(SessionLifetimeMiddleware(_answer)))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.API_DATA_PATHS):
            return self.get_response(request)
        # Refuses unknown hosts, which CommonMiddleware does for pages.
        request.get_host()
        # A request with a token is identified by the token alone.
        answer = _answer if request.META.get("HTTP_AUTHORIZATION") else self.with_session
        response = cast(HttpResponse, answer(request))
        # A repeated answer is in the language of the first one.
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        response["Content-Security-Policy"] = POLICY
        response["X-Frame-Options"] = "DENY"
        return response


def _answer(request: HttpRequest) -> HttpResponse:
    try:
        request.resolver_match = match = resolve(request.path_info)
    except Resolver404:
        response = error_json(NotFoundError())
        response["Cache-Control"] = "no-store"
        return response
    return cast(HttpResponse, match.func(request, *match.args, **match.kwargs))
