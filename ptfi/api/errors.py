"""The API's errors, all in the same shape."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions

from ptfi.errors import NotFoundError, RuleError, TooLargeError, error_json, of_database


class NotAuthenticatedError(RuleError):
    status = 401
    code = "not_authenticated"
    message = _("Sign in first. The access token is missing, unknown, revoked or expired.")


class InsufficientScopeError(RuleError):
    status = 403
    code = "insufficient_scope"
    message = _("This access token does not allow that.")


class CsrfFailedError(RuleError):
    status = 403
    code = "csrf_failed"
    message = _("A change with the browser’s session needs its CSRF token.")


class SecondStepRequiredError(RuleError):
    status = 403
    code = "second_step_required"
    message = _("Everyone needs a second step here. Set one up, or use yours, on the pages of your account.")


class ThrottledError(RuleError):
    status = 429
    code = "throttled"
    message = _("Too many requests. Try again in a moment.")

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__()


class IdempotencyConflictError(RuleError):
    status = 409
    code = "idempotency_conflict"
    message = _("This Idempotency-Key was used for another request.")


class MethodNotAllowedError(RuleError):
    status = 405
    code = "method_not_allowed"
    message = _("This address does not support that method.")


class NotAcceptableError(RuleError):
    status = 406
    code = "not_acceptable"
    message = _("The API answers in application/json only.")


class UnsupportedMediaTypeError(RuleError):
    status = 415
    code = "unsupported_media_type"
    message = _("This content type is not supported here.")


CHALLENGE = 'Bearer realm="ptfi"'
BY_STATUS: dict[int, type[RuleError]] = {
    401: NotAuthenticatedError,
    403: InsufficientScopeError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    406: NotAcceptableError,
    415: UnsupportedMediaTypeError,
}


def handler(exception: Exception, context: dict[str, Any]) -> HttpResponseBase | None:
    """The response to an error in a view of the API; None for an unexpected one."""
    error = _rule(exception)
    if error is None:
        return None
    response = answer(error)
    if error.status == 405:
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def answer(error: RuleError) -> HttpResponse:
    response = error_json(error)
    if isinstance(error, NotAuthenticatedError):
        response["WWW-Authenticate"] = CHALLENGE
    elif isinstance(error, InsufficientScopeError):
        response["WWW-Authenticate"] = f'{CHALLENGE}, error="insufficient_scope"'
    return response


def _rule(exception: Exception) -> RuleError | None:
    if isinstance(exception, RuleError):
        return exception
    if isinstance(exception, RequestDataTooBig):
        return TooLargeError()
    if isinstance(exception, exceptions.ValidationError):
        return RuleError(_("Some of this could not be accepted. Nothing was changed."), flat(exception.detail))
    if isinstance(exception, Http404):
        return NotFoundError()
    if isinstance(exception, PermissionDenied):
        return InsufficientScopeError()
    if isinstance(exception, exceptions.APIException):
        return BY_STATUS.get(exception.status_code, RuleError)()
    return of_database(exception)


def flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Flatten nested errors to field → messages: nested fields are joined by dots, list items are named by index."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            inside = f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}" if path else str(name)
            place = path if name == "non_field_errors" else inside
            found |= flat(inner, place)
        return found
    if isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        found = {}
        for index, inner in enumerate(detail):
            found |= flat(inner, f"{path}[{index}]") if inner else {}
        return found
    return {path or "body": [str(item) for item in (detail if isinstance(detail, list) else [detail])]}
