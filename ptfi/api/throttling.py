"""The API's limits: requests per minute, per person and per client (ptfi/db/request_counts.py)."""

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from ptfi.db.request_counts import WINDOW, Allowance, allowance

COUNTED = "ptfi.allowances"
"""Where a request keeps what is left of its limits, by the name of the limit."""


class PersonThrottle(BaseThrottle):
    """API_USER_REQUESTS_PER_MINUTE: a person's requests through all clients."""

    seconds = 0

    def allow_request(self, request: Request, view: object) -> bool:  # noqa: ARG002 (DRF's signature)
        is_person = request.user.is_authenticated
        return not is_person or self.count(request, "person", str(request.user.pk))

    def count(self, request: Request, name: str, key: str) -> bool:
        """Count the request against this limit, and note what is left; returns whether it is allowed."""
        most = {"person": settings.API_USER_REQUESTS_PER_MINUTE, "app": settings.API_CLIENT_REQUESTS_PER_MINUTE}[name]
        if not most:
            return True
        counted = allowance(key, most)
        self.seconds = counted.seconds
        if name == "app" or not (request.auth and request.auth.client_id):
            # A person's count is of all their apps together: no app may see in it what the others do.
            request.META.setdefault(COUNTED, {})[name] = counted
        return not counted.refused

    def wait(self) -> int:
        return self.seconds


class ClientThrottle(PersonThrottle):
    """API_CLIENT_REQUESTS_PER_MINUTE: a client's requests for all people."""

    def allow_request(self, request: Request, view: object) -> bool:  # noqa: ARG002 (DRF's signature)
        client_id = request.auth.client_id if request.auth else ""
        return not client_id or self.count(request, "app", f"client:{client_id}")


def announce(request: Request, response: HttpResponseBase) -> None:
    """Say in the response's headers what is left of each limit (draft-ietf-httpapi-ratelimit-headers)."""
    counted: dict[str, Allowance] = request.META.get(COUNTED, {})
    if counted:
        response["RateLimit-Policy"] = ", ".join(f'"{name}";q={each.most};w={WINDOW}' for name, each in counted.items())
        response["RateLimit"] = ", ".join(f'"{name}";r={each.left};t={each.seconds}' for name, each in counted.items())
