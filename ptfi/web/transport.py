"""Refuses API requests without https: a redirect would come too late, as the token has already been exposed."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from ptfi.errors import RuleError, error_json

FOR_PROGRAMS = ("/v1/", "/identity/o/api/")
DOCUMENTS = ("/v1/docs", "/v1/schema")


class HttpsRequiredError(RuleError):
    status = 403
    code = "https_required"
    message = _(
        "This address takes https only. What was sent without it may have been read. "
        "Revoke the token and get a new one."
    )


class TransportMiddleware:
    """Refuses programs' requests without https; pages are redirected by Django's own middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        in_clear = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if in_clear and path.startswith(FOR_PROGRAMS) and not path.startswith(DOCUMENTS):
            response = error_json(HttpsRequiredError())
            response["Cache-Control"] = "no-store"
            return response
        return self.get_response(request)
