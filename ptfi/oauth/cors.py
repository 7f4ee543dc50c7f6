"""Other origins that browsers may call from: those that a client has registered."""

import re
from typing import Any
from urllib.parse import urlsplit

from allauth.idp.oidc.models import Client
from corsheaders.signals import check_request_enabled
from django.conf import settings
from django.http import HttpRequest


def is_registered(sender: Any, request: HttpRequest, **_kwargs: Any) -> bool:  # noqa: ARG001 (a receiver's signature)
    """Whether a client registered the request's origin. Queries the database only for origins other than our own."""
    origin = request.headers.get("Origin", "")
    if not origin or not re.match(settings.CORS_URLS_REGEX, request.path_info) or is_own_origin(request, origin):
        return False
    lists = Client.objects.filter(cors_origins__contains=origin).values_list("cors_origins", flat=True)
    return any(origin in text.splitlines() for text in lists)


def is_own_origin(request: HttpRequest, origin: str) -> bool:
    site = urlsplit(settings.SITE_URL)
    return origin in (f"{site.scheme}://{site.netloc}", f"{request.scheme}://{request.headers.get('Host', '')}")


def connect() -> None:
    check_request_enabled.connect(is_registered, dispatch_uid="ptfi.oauth.cors")
