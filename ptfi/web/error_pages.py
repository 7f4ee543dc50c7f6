"""Error responses: errors of rules and of Django as a page, a fragment or the API's JSON."""

import sys
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django_htmx.http import reswap, retarget

from ptfi.errors import NotFoundError, RuleError, TooLargeError, UnsentError, _with_pause, error_json, of_database
from ptfi.web import forms
from ptfi.web.htmx import wants_fragment


def render_error(request: HttpRequest, error: RuleError) -> HttpResponse:
    """JSON for the API; a toast for HTMX, which swaps nothing else, so that input stays; otherwise a page."""
    if request.path.startswith("/v1/"):
        return error_json(error)
    fragment = wants_fragment(request)
    response = render(request, "_error.html" if fragment else "error.html", {"error": error}, status=error.status)
    if fragment:
        response = reswap(retarget(response, "#toasts"), "afterbegin")
    return _with_pause(response, error)


class ErrorMiddleware:
    """Answers broken rules and refused bodies; other exceptions stay errors and are logged as such."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
            return render_error(request, TooLargeError())
        if isinstance(exception, SuspiciousOperation):
            return render_error(request, RuleError(_("The request couldn’t be read. Nothing was changed.")))
        error = exception if isinstance(exception, RuleError) else of_database(exception)
        return render_error(request, error) if error else None


class ForbiddenError(RuleError):
    status = 403
    code = "forbidden"
    message = _("You don’t have access to this page.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django's signature)
    return render_error(request, ForbiddenError())


class CsrfError(RuleError):
    status = 403
    code = "csrf_failed"
    message = _("This page is out of date, so nothing was sent. Reload it and try again.")


class OutOfDateError(UnsentError):
    status = 403
    code = "csrf_failed"
    message = _("This page was out of date, so this was not sent. What you typed is still here. Send it again.")


class AnotherAccountError(RuleError):
    status = 409
    code = "another_account"
    message = _(
        "This came from a page of another account than the one that is signed in in this browser now. Nothing was done."
        " To send it, sign in with that account again."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 (Django's signature)
    """Show what was typed, to be sent again, if the form is one that we made for this person."""
    is_theirs = forms.is_of(request.user, request.POST.get(forms.FIELD, ""))
    response = render_error(request, OutOfDateError() if is_theirs else CsrfError())
    response["X-Refused"] = "csrf"
    response.is_csrf_failure = True  # type: ignore[attr-defined]
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    error = TooLargeError() if isinstance(exception, RequestDataTooBig | TooManyFieldsSent) else RuleError()
    return render_error(request, error)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django's signature)
    return render_error(request, NotFoundError())


class ServerError(RuleError):
    status = 500
    code = "error"
    message = _("Something went wrong on our side. Your earlier decisions are safe. Please try again.")


def server_error(request: HttpRequest) -> HttpResponse:
    # Called while the exception is handled. It may be from a middleware, where ErrorMiddleware does not see it.
    return render_error(request, of_database(sys.exc_info()[1]) or ServerError())
