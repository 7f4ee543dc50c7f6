"""What a signed-in person's pages need: their time zone, and that nobody keeps a copy."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers


class TimeZoneMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            with timezone.override(zoneinfo.ZoneInfo(request.user.time_zone)):
                return self.get_response(request)
        return self.get_response(request)


ACCOUNT_PAGES = "/accounts/"


class PrivatePagesMiddleware:
    """Keeps what is personal, or sets a password, out of every cache, and fragments for HTMX apart from pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        private = request.user.is_authenticated or request.path_info.startswith(ACCOUNT_PAGES)
        if private and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response
