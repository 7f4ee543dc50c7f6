"""TLS of this process's own: its certificate, as far as it can be used, and what the web server is told of it."""

import ssl

from django.conf import settings


class UnusableError(Exception):
    """Certificate or key cannot be used; the message says why, and repeats nothing of either."""


def context() -> ssl.SSLContext | None:
    """What a server of Python's own takes, for TLS 1.2 and later; None without a certificate. Raises UnusableError."""
    if not settings.TLS_CERTIFICATE_FILE:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    files = f"TLS_CERTIFICATE_FILE and TLS_KEY_FILE ({settings.TLS_CERTIFICATE_FILE}, {settings.TLS_KEY_FILE})"
    try:
        # An empty password, since OpenSSL asks the terminal for one where none is given.
        made.load_cert_chain(settings.TLS_CERTIFICATE_FILE, settings.TLS_KEY_FILE, settings.TLS_KEY_PASSWORD)
    except ssl.SSLError as error:
        reason = "TLS_KEY_PASSWORD does not open the key" if _is_locked() else "they do not hold what fits together"
        raise UnusableError(f"{files} can't be used: {reason} ({error.reason or 'PEM'}).") from None
    except OSError as error:
        raise UnusableError(f"{files} can't be read: {error.strerror}.") from None
    return made


def options() -> dict[str, str]:
    """The web server's options for it; none without a certificate."""
    if not settings.TLS_CERTIFICATE_FILE:
        return {}
    return {
        "ssl-certificate": settings.TLS_CERTIFICATE_FILE,
        "ssl-keyfile": settings.TLS_KEY_FILE,
        "ssl-protocol-min": "tls1.2",
    }


def _is_locked() -> bool:
    """Whether the key has a password."""
    with open(settings.TLS_KEY_FILE) as key:  # noqa: PTH123
        return "ENCRYPTED" in key.read()
