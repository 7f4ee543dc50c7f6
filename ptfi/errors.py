"""Broken rules, and the one place that turns them into an answer: JSON, an HTMX fragment or a page."""

import logging
from collections.abc import Callable

import orjson
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import reswap, retarget

from ptfi.telemetry.trace import current_request
from ptfi.web.htmx import wants_fragment

log = logging.getLogger(__name__)


class RuleError(Exception):
    """A rule was broken; status is the HTTP status, code names it for programs, message tells a person.

    details: field → list of messages, for bad input. retry_after: seconds after which it may be done; 0 says nothing.
    """

    status = 400
    code = "invalid"
    message = "This cannot be done."
    retry_after = 0

    def __init__(self, message: str = "", details: dict[str, list[str]] | None = None) -> None:
        self.message = message or self.message
        self.details = details or {}
        super().__init__(self.message)


class NotFoundError(RuleError):
    status = 404
    code = "not_found"
    message = "There is nothing here, or it is not yours."


class TooLargeError(RuleError):
    status = 413
    code = "too_large"
    message = "This is more than can be sent at once. Nothing was changed."


def error_json(error: RuleError) -> HttpResponse:
    """The one shape of the API's errors; requestID names this answer, in the logs too where it was our fault."""
    request_id = current_request()
    if error.status >= 500:
        log.error("Answered %s", error.code)
    said = {"code": error.code, "message": error.message, "details": error.details}
    body = orjson.dumps({"error": said, "requestID": request_id})
    response = HttpResponse(body, status=error.status, content_type="application/json")
    response["X-Request-ID"] = request_id
    return _with_pause(response, error)


def _with_pause(response: HttpResponse, error: RuleError) -> HttpResponse:
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


def render_error(request: HttpRequest, error: RuleError) -> HttpResponse:
    """JSON for the API; a toast for HTMX, which swaps nothing else then, so that what was typed stays; or a page."""
    if request.path.startswith("/v1/"):
        return error_json(error)
    fragment = wants_fragment(request)
    response = render(request, "_error.html" if fragment else "error.html", {"error": error}, status=error.status)
    if fragment:
        response = reswap(retarget(response, "#toasts"), "afterbegin")
    return _with_pause(response, error)


class ErrorMiddleware:
    """Answers broken rules and refused bodies; everything else stays an error and is logged as one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
            return render_error(request, TooLargeError())
        if isinstance(exception, SuspiciousOperation):
            return render_error(request, RuleError("The request could not be read."))
        return render_error(request, exception) if isinstance(exception, RuleError) else None


class ForbiddenError(RuleError):
    status = 403
    code = "forbidden"
    message = "You may not open this page."


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django's signature)
    return render_error(request, ForbiddenError())


class CsrfError(RuleError):
    status = 403
    code = "csrf_failed"
    message = "The form had become too old, or your browser sent no cookie. Go back, reload the page and try again."


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 (Django's signature)
    return render_error(request, CsrfError())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    error = TooLargeError() if isinstance(exception, RequestDataTooBig | TooManyFieldsSent) else RuleError()
    return render_error(request, error)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django's signature)
    return render_error(request, NotFoundError())


class ServerError(RuleError):
    status = 500
    code = "error"
    message = "Something broke on our side. What you decided before is safe; please try again."


def server_error(request: HttpRequest) -> HttpResponse:
    return render_error(request, ServerError())
