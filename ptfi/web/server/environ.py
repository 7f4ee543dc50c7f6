"""A request as WSGI describes it (PEP 3333), from what ASGI says of it."""

import sys
from typing import Any

from ptfi.web.server.answers import Environ
from ptfi.web.server.bodies import Body, Message

UNPREFIXED = {"CONTENT_TYPE", "CONTENT_LENGTH"}
# How a client sent its body matters no more once all of it is here.
DROPPED = {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}


def environ_of(scope: Message, body: Body) -> Environ:
    """The environment of the request; the body's true length stands in CONTENT_LENGTH."""
    server, port = scope.get("server") or ("localhost", None)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server,
        "SERVER_PORT": str(port or 80),
        "REMOTE_ADDR": (scope.get("client") or ("", 0))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body.file,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        # An underscore would let a client write headers that only a proxy may set: X_Forwarded_For.
        if b"_" not in name:
            _add(environ, name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1"))
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
