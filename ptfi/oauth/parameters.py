"""Parameters that oauthlib and allauth would stumble over are refused before they get there."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.core.internal.httpkit import extract_basic_auth
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidRequestFatalError, OAuth2Error

from ptfi.api.throttling import seconds_to_wait

ADDRESSES = ("redirect_uri", "post_logout_redirect_uri", "resource")
# They may come more than once: the scopes of the consent form, and resources (RFC 8707).
REPEATED = {"scopes", "resource"}
View = Callable[..., HttpResponse]


class SlowDownError(OAuth2Error):  # type: ignore[misc]
    """The name that RFC 8628 has for it."""

    error = "slow_down"
    description = "Too many requests. Try again in a moment."
    status_code = 429


def fault_in(request: HttpRequest) -> str:
    """What is wrong with the way in which the parameters were sent; empty when nothing is."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", request.META.get("QUERY_STRING", "")):
        return "The address is not encoded well."
    for parameters in (request.GET, request.POST):
        for name, values in parameters.lists():
            if len(values) > 1 and name not in REPEATED:
                return f"The parameter {name[:50]} came more than once."
            if any("\0" in value for value in (name, *values)):
                return "A parameter has a character that is not allowed."
    if any("\0" in (said or "") for said in extract_basic_auth(request.headers)):
        return "The Authorization header has a character that is not allowed."
    return _fault_in_addresses(request.GET) or _fault_in_addresses(request.POST)


def _fault_in_addresses(parameters: QueryDict) -> str:
    for name in ADDRESSES:
        for value in parameters.getlist(name):
            try:
                _ = urlsplit(value).port
            except ValueError:
                return f"The parameter {name} is not an address."
    return ""


def readable_page(view: View) -> View:
    """A page of the provider that answers unreadable parameters with an error page."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if fault := fault_in(request):
            return error_page(request, InvalidRequestFatalError(description=fault))
        return view(request, *args, **kwargs)

    return checked


def readable_call(view: View) -> View:
    """An endpoint of the provider that answers unreadable parameters, and too many requests, with an OAuth error."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if wait := seconds_to_wait(f"token:{get_ip(request)}", settings.TOKEN_REQUESTS_PER_MINUTE):
            response = refusal(SlowDownError())
            response["Retry-After"] = str(wait)
            return response
        try:
            fault = fault_in(request)
        except (BadRequest, MultiPartParserError, SuspiciousOperation):
            fault = "The body cannot be read."
        if fault:
            return refusal(InvalidRequestError(description=fault))
        return view(request, *args, **kwargs)

    return checked


def error_page(request: HttpRequest, error: OAuth2Error) -> HttpResponse:
    """For errors that must not be sent to the client, as it may not be the one that it says it is."""
    return render(request, "idp/oidc/error.html", {"error": error}, status=400)


def refusal(error: OAuth2Error) -> HttpResponse:
    """The OAuth error as programs read it."""
    response = JsonResponse(dict(error.twotuples), status=error.status_code)
    response["Cache-Control"] = "no-store"
    return response
