"""The API's limits: requests per minute, per person and per client (ptfi/db/request_counts.py)."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from ptfi.db.request_counts import seconds_to_wait


class PersonThrottle(BaseThrottle):
    """API_USER_REQUESTS_PER_MINUTE: a person's requests through all clients."""

    seconds = 0

    def allow_request(self, request: Request, view: object) -> bool:  # noqa: ARG002 (DRF's signature)
        if request.user.is_authenticated:
            self.seconds = seconds_to_wait(str(request.user.pk), settings.API_USER_REQUESTS_PER_MINUTE)
        return not self.seconds

    def wait(self) -> int:
        return self.seconds


class ClientThrottle(PersonThrottle):
    """API_CLIENT_REQUESTS_PER_MINUTE: a client's requests for all people."""

    def allow_request(self, request: Request, view: object) -> bool:  # noqa: ARG002 (DRF's signature)
        if request.auth and request.auth.client_id:
            self.seconds = seconds_to_wait(f"client:{request.auth.client_id}", settings.API_CLIENT_REQUESTS_PER_MINUTE)
        return not self.seconds
