"""Broken rules as exceptions, and their one shape as JSON; ptfi/web/error_pages.py makes answers of them."""

import logging

import orjson
from django.http import HttpResponse

from ptfi.telemetry.trace import current_request

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
