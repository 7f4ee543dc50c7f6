"""Security headers that every response gets, whatever produced it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed

# Passkeys are the only feature that pages use. Only names that Chromium knows; it warns about others.
DENIED = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "fullscreen"),
    *("geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "local-fonts", "magnetometer"),
    *("microphone", "midi", "payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
)
OWN = ("publickey-credentials-create", "publickey-credentials-get")
POLICY = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""The policy of responses that are not pages; pages have their own."""
HEADERS = {
    "Permissions-Policy": ", ".join([*(f"{name}=()" for name in DENIED), *(f"{name}=(self)" for name in OWN)]),
    # Keeps other sites from embedding our responses as images or scripts. Origins that CORS allows are not affected.
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Content-Security-Policy": POLICY,
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def transport_headers() -> dict[str, str]:
    """HSTS for responses over https: browsers must use https from then on."""
    if not settings.SECURE_HSTS_SECONDS:
        return {}
    words = {"includeSubDomains": settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, "preload": settings.SECURE_HSTS_PRELOAD}
    parts = [f"max-age={settings.SECURE_HSTS_SECONDS}", *(word for word, is_on in words.items() if is_on)]
    return {"Strict-Transport-Security": "; ".join(parts)}


class HeadersMiddleware:
    """Adds missing headers, also to probes, metrics and static files, which no other middleware sees."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)
        for name, value in (HEADERS | (transport_headers() if request.is_secure() else {})).items():
            response.headers.setdefault(name, value)
        return response
