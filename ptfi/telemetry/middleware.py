"""Around every request: the id that its answer, its log lines and its statements carry."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from ptfi.telemetry import trace


class TelemetryMiddleware:
    """Takes the id that a proxy gave the request, or gives it one. First of all, since anything may be logged."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # It stays current after the answer, of which a download is sent later; the next request has its own.
        name = trace.begin(trace.REQUEST, request.META.get("HTTP_X_REQUEST_ID", ""))
        response = self.get_response(request)
        response["X-Request-ID"] = name
        return response
