"""Gives each request an id, which its answer, log lines and statements carry, and measures how long it takes."""

from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import REGISTRY

from ptfi.health import ANSWERS
from ptfi.telemetry import exposition, metrics, state, trace

REGISTRY.register(state.STATE)


class TelemetryMiddleware:
    """Takes the id that a proxy gave the request, or makes one. It comes first, because anything may be logged."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        # The id stays current after the answer, because a download is sent later; the next request gets its own.
        name = trace.begin(trace.REQUEST, request.META.get("HTTP_X_REQUEST_ID", ""))
        if request.path_info == exposition.ADDRESS:
            response: HttpResponseBase = _metrics(request)
        else:
            response = self.get_response(request)
            if request.path_info not in ANSWERS:
                match = request.resolver_match
                view = match.view_name if match else metrics.NO_VIEW
                metrics.answered(view, response.status_code, perf_counter() - started)
        response["X-Request-ID"] = name
        return response


def _metrics(request: HttpRequest) -> HttpResponse:
    if request.method != "GET" or not exposition.may_read(request.META.get("HTTP_AUTHORIZATION", "")):
        return HttpResponse(status=404, headers={"Cache-Control": "no-store"})
    text, kind = exposition.text()
    return HttpResponse(text, content_type=kind, headers={"Cache-Control": "no-store"})
