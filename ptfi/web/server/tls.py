"""TLS of this process: checking its certificate, and the web server's options for it."""

import ssl
from pathlib import Path

from django.conf import settings


class UnusableError(Exception):
    """Certificate or key can't be used; the message says why without quoting either."""


def context() -> ssl.SSLContext | None:
    """The context for servers in Python, with TLS 1.2 or later; None without a certificate. Raises UnusableError."""
    if not settings.TLS_CERTIFICATE_FILE:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    files = f"TLS_CERTIFICATE_FILE and TLS_KEY_FILE ({settings.TLS_CERTIFICATE_FILE}, {settings.TLS_KEY_FILE})"
    try:
        # An empty password keeps OpenSSL from asking for one on the terminal.
        made.load_cert_chain(settings.TLS_CERTIFICATE_FILE, settings.TLS_KEY_FILE, settings.TLS_KEY_PASSWORD)
    except ssl.SSLError as error:
        reason = "TLS_KEY_PASSWORD does not open the key" if _is_locked() else "they do not hold what fits together"
        raise UnusableError(f"{files} can't be used: {reason} ({error.reason or 'PEM'}).") from None
    except OSError as error:
        raise UnusableError(f"{files} can't be read: {error.strerror}.") from None
    return made


def options() -> dict[str, str]:
    """The web server's options for TLS; none without a certificate."""
    if not settings.TLS_CERTIFICATE_FILE:
        return {}
    return {
        "ssl-certificate": settings.TLS_CERTIFICATE_FILE,
        "ssl-keyfile": settings.TLS_KEY_FILE,
        "ssl-protocol-min": "tls1.2",
    }


def _is_locked() -> bool:
    """Whether the key is encrypted with a password."""
    return b"ENCRYPTED" in Path(settings.TLS_KEY_FILE).read_bytes()
