"""HTTP Basic authentication of clients: credentials form-encoded, as RFC 6749 (2.3.1) requires, or as they are."""

import base64
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote_plus

from allauth.idp.oidc.models import Client
from django.http import HttpRequest, HttpResponse

from ptfi.accounts.allauth_internals import extract_basic_auth

CHALLENGE = 'Basic realm="ptfi", charset="UTF-8"'
View = Callable[..., HttpResponse]


def with_basic(view: View) -> View:
    """Wrap an endpoint so that it accepts credentials in both encodings, and its 401 asks for them."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        decode_basic(request)
        response = view(request, *args, **kwargs)
        if response.status_code == 401:
            response["WWW-Authenticate"] = CHALLENGE
        return response

    return wrapped


def decode_basic(request: HttpRequest) -> None:
    """Replace form-encoded credentials in the header by the plain ones, which allauth expects."""
    written = extract_basic_auth(request.headers)
    if not all(written):
        return
    meant = tuple(unquote_plus(each or "") for each in written)
    # A secret of an earlier release may contain what looks like an encoding; then it is right unchanged.
    if meant == written or "\0" in "".join(meant) or _is_right(*written) or not _is_right(*meant):
        return
    request.META["HTTP_AUTHORIZATION"] = f"Basic {base64.b64encode(':'.join(meant).encode()).decode()}"
    # Django's cached headers still hold the old value.
    request.__dict__.pop("headers", None)


def _is_right(client_id: str | None, secret: str | None) -> bool:
    client = Client.objects.filter(id=client_id).first()
    return client is not None and client.check_secret(secret)
