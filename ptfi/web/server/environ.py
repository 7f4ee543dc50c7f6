"""The WSGI environment (PEP 3333) of an RSGI request."""

import sys
from typing import Any

from django.conf import settings

from ptfi.web.server.answers import Environ
from ptfi.web.server.bodies import Body

UNPREFIXED = {"CONTENT_TYPE", "CONTENT_LENGTH"}
# How the body was transferred no longer matters once it has been read completely.
DROPPED = {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}


def environ_of(scope: Any, body: Body) -> Environ:
    """The request's environment, with the body's actual length as CONTENT_LENGTH."""
    server, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        # Behind a proxy, this connection's TLS says nothing about the client's connection; the proxy states that.
        "wsgi.url_scheme": "http" if settings.TRUSTED_PROXY_COUNT else scope.scheme,
        "wsgi.input": body.file,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        # With underscores a client could forge headers that only a proxy may set, such as X_Forwarded_For.
        if "_" not in name:
            _add(environ, name.upper().replace("-", "_"), value)
    for name in DROPPED:
        environ.pop(name, None)
    if body.length:
        environ["CONTENT_LENGTH"] = str(body.length)
    return environ


def _add(environ: Environ, name: str, value: str) -> None:
    key = name if name in UNPREFIXED else f"HTTP_{name}"
    if key in environ:
        value = f"{environ[key]}{'; ' if name == 'COOKIE' else ','}{value}"
    environ[key] = value
