"""Refuses parameters that oauthlib and allauth can't handle, before they reach them."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidRequestFatalError, OAuth2Error

from ptfi.accounts.allauth_internals import extract_basic_auth, get_ip
from ptfi.db.request_counts import seconds_to_wait
from ptfi.oauth.consent import parts

ADDRESSES = ("redirect_uri", "post_logout_redirect_uri", "resource")
# Parameters that may be repeated: the scopes of the consent form, and resources (RFC 8707).
REPEATED = {"scopes", "resource"}
View = Callable[..., HttpResponse]


class SlowDownError(OAuth2Error):  # type: ignore[misc]
    """Too many requests, with the error code of RFC 8628."""

    error = "slow_down"
    description = "Too many requests. Try again in a moment."
    status_code = 429


def parameter_fault(request: HttpRequest) -> str:
    """What is wrong with the form of the parameters; empty if nothing is."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", request.META.get("QUERY_STRING", "")):
        return "The address is not encoded well."
    for parameters in (request.GET, request.POST):
        for name, values in parameters.lists():
            if len(values) > 1 and name not in REPEATED and not any(name in part.repeated for part in parts):
                return f"The parameter {name[:50]} came more than once."
            if any("\0" in value for value in (name, *values)):
                return "A parameter has a character that is not allowed."
    if any("\0" in (said or "") for said in extract_basic_auth(request.headers)):
        return "The Authorization header has a character that is not allowed."
    return _address_fault(request.GET) or _address_fault(request.POST)


def _address_fault(parameters: QueryDict) -> str:
    for name in ADDRESSES:
        for value in parameters.getlist(name):
            try:
                _ = urlsplit(value).port
            except ValueError:
                return f"The parameter {name} is not an address."
    return ""


def checked_page(view: View) -> View:
    """Wrap a page of the provider so that malformed parameters get an error page."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if fault := parameter_fault(request):
            return error_page(request, InvalidRequestFatalError(description=fault))
        return view(request, *args, **kwargs)

    return checked


def checked_endpoint(view: View) -> View:
    """Wrap an endpoint of the provider so that malformed parameters and too many requests get an OAuth error."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if wait := seconds_to_wait(f"token:{get_ip(request)}", settings.TOKEN_REQUESTS_PER_MINUTE):
            response = error_response(SlowDownError())
            response["Retry-After"] = str(wait)
            return response
        try:
            fault = parameter_fault(request)
        except (BadRequest, MultiPartParserError, SuspiciousOperation):
            fault = "The body cannot be read."
        if fault:
            return error_response(InvalidRequestError(description=fault))
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return checked


def error_page(request: HttpRequest, error: OAuth2Error) -> HttpResponse:
    """The page for errors that must not go to the client, because the request may not be from the one it names."""
    return render(request, "idp/oidc/error.html", {"error": error}, status=400)


def error_response(error: OAuth2Error) -> HttpResponse:
    """The OAuth error as JSON (RFC 6749, 5.2)."""
    response = JsonResponse(dict(error.twotuples), status=error.status_code)
    response["Cache-Control"] = "no-store"
    return response
