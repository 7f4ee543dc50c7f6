"""/metrics, for requests with the token; without it, or if no token is set, the answer is 404."""

import hmac

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

ADDRESS = "/metrics"


def may_read(authorization: str) -> bool:
    """Whether this Authorization header holds the token."""
    scheme, _, token = authorization.partition(" ")
    wanted: str = settings.METRICS_TOKEN
    fits = hmac.compare_digest(token.strip().encode(errors="replace"), wanted.encode())
    return bool(wanted) and scheme.lower() == "bearer" and fits


def text() -> tuple[bytes, str]:
    """All metrics of this process, and their content type."""
    return generate_latest(), CONTENT_TYPE_LATEST
