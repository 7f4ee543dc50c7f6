"""A shorter way for the API: what pages need around a view, it does not."""

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
    """Answers the API's data by their views, with a session that is read only where a browser's is used.

    The middleware before this one goes for the API, too; what comes after it (messages, HTMX, a page's error texts)
    does not. Texts are in the language that the caller asks for. The views check the CSRF token themselves where the
    session is used.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.with_session = SessionMiddleware(AuthenticationMiddleware(SessionLifetimeMiddleware(_answer)))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.API_DATA_PATHS):
            return self.get_response(request)
        # Refuses hosts that are not ours; CommonMiddleware does it for pages.
        request.get_host()
        # Whoever brings a token is known by nothing else.
        answer = _answer if request.META.get("HTTP_AUTHORIZATION") else self.with_session
        with translation.override(translation.get_language_from_request(request)):
            response = cast(HttpResponse, answer(request))
            response["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
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
