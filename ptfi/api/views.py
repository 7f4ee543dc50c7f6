"""Base classes of the API's views."""

from typing import Any, NoReturn

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from ptfi.accounts.models import User
from ptfi.api.authentication import BearerAuthentication, BrowserAuthentication
from ptfi.api.errors import ThrottledError, UnsupportedMediaTypeError
from ptfi.api.idempotency import respond
from ptfi.api.permissions import PersonScope, person_of
from ptfi.api.strict import media_type
from ptfi.api.throttling import ClientThrottle, PersonThrottle, announce
from ptfi.errors import RuleError
from ptfi.oauth.models import record_access
from ptfi.oauth.scopes import READ_TRAITS


class Negotiation(DefaultContentNegotiation):
    """Skips content negotiation for callers that accept anything, because there is only one renderer."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        if request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", JSONRenderer.media_type):
            return renderers[0], JSONRenderer.media_type
        return super().select_renderer(request, renderers, format_suffix)


class ApiView(APIView):
    """A view with JSON responses, for tokens and for the browser's session."""

    authentication_classes = [BearerAuthentication, BrowserAuthentication]
    permission_classes = [PersonScope]
    throttle_classes = [PersonThrottle, ClientThrottle]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = Negotiation
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    takes: tuple[str, ...] = ("application/json",)
    """Accepted media types of bodies."""
    read_scope = READ_TRAITS
    """The scope that GET requires."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        length = request.META.get("CONTENT_LENGTH")
        if length not in (None, "", "0") and media_type(request) not in self.takes:
            kinds = gettext(" or ").join(self.takes)
            raise UnsupportedMediaTypeError(details={"Content-Type": [gettext("Send %(kinds)s.") % {"kinds": kinds}]})
        if not length and request.method != "GET" and _has_body(request):
            raise RuleError(
                details={"Content-Length": [_("Say how long the body is. A body sent in chunks is not read.")]}
            )

    def throttled(self, request: Request, wait: float | None) -> NoReturn:  # noqa: ARG002 (DRF's signature)
        raise ThrottledError(int(wait or 0))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        announce(request, response)
        return response

    def answer(self, data: Any, status: int = 200) -> HttpResponse:
        return respond(status, orjson.dumps(data))


def _has_body(request: Request) -> bool:
    """Whether a body came without its length, which Django would read as empty, as if its fields were left out."""
    environ = request.META
    return bool(environ.get("wsgi.input_terminated") and environ["wsgi.input"].read(1))


class PersonView(ApiView):
    """A view under /v1/users/{userID}/; person is the caller."""

    person: User

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.person = person_of(request, kwargs["user_id"])
        client_id = request.auth.client_id
        if client_id and request.method == "GET":
            record_access(self.person.pk, client_id)
