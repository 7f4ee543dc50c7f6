"""Broken rules as exceptions, and their JSON; ptfi/web/error_pages.py turns them into responses."""

import logging
from collections.abc import Mapping, Sequence

import orjson
from django.db import Error, InterfaceError, OperationalError
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from ptfi.telemetry.trace import current_request
from ptfi.texts import Text

log = logging.getLogger(__name__)


class RuleError(Exception):
    """A broken rule; status: the HTTP status, code: its name for programs, message: for people.

    details: field → list of messages, for invalid input. retry_after: seconds until a retry makes sense; 0 for none.
    """

    status = 400
    code = "invalid"
    message: Text = _("This request is not valid. Nothing was changed.")
    retry_after = 0

    def __init__(self, message: Text = "", details: Mapping[str, Sequence[Text]] | None = None) -> None:
        self.message = str(message or self.message)
        self.details = {field: [*map(str, faults)] for field, faults in (details or {}).items()}
        super().__init__(self.message)

    @property
    def faults(self) -> dict[str, list[str]]:
        """What to show in a form: the details, or else the message, which belongs to no field."""
        return self.details or {"": [str(self.message)]}


class InvalidError(RuleError):
    message = _("Some of this could not be accepted. Nothing was changed.")


class UnsentError(InvalidError):
    """A form that was sent after its session had ended: it is shown again, and is not carried out before the person
    sends it once more."""

    code = "unsent"
    may_be_sent_again = True
    message = _("You were signed out, so this was not sent. What you typed is still here. Check it and send it again.")


class NotFoundError(RuleError):
    status = 404
    code = "not_found"
    message = _("This doesn’t exist, or it isn’t yours.")


class TooLargeError(RuleError):
    status = 413
    code = "too_large"
    message = _("This is too large to send in one go. Nothing was changed.")


class UnavailableError(RuleError):
    """PostgreSQL does not respond or gave up; a retry may succeed."""

    status = 503
    code = "unavailable"
    message = _("We can’t reach our database right now. Your earlier decisions are safe. Please try again in a moment.")
    retry_after = 2


READ_ONLY = "25006"
"""SQLSTATE of a server that was the primary and is now a replica."""


CUT = {
    "57014": "a statement that was cancelled or took too long",
    "55P03": "a lock that was not given",
    "40P01": "a deadlock",
    "40001": "a conflict",
}
"""Why an available PostgreSQL ended a statement, by SQLSTATE."""
TOO_LONG = _(
    "This took too long, so nothing was changed. Your earlier decisions are safe. Please try again in a moment."
)


def of_database(error: BaseException | None) -> UnavailableError | None:
    """The response to a temporary database error, which is also logged; None for any other error."""
    state = getattr(error.__cause__, "sqlstate", None) if isinstance(error, Error) else None
    if not isinstance(error, OperationalError | InterfaceError) and state != READ_ONLY:
        return None
    why = CUT.get(state or "", "it does not answer, or refuses")
    log.error("The database could not be used: %s", why, exc_info=error)
    return UnavailableError(TOO_LONG if state in CUT else "")


def error_json(error: RuleError) -> HttpResponse:
    """The API's JSON of an error; requestID identifies the response, also in the logs if the fault was ours."""
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
