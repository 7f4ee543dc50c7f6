"""/metrics, for requests with the token; without it, or if no token is set, the answer is 404.

A process without a web server serves its own at a port for them alone.
"""

import hmac
import socket
import ssl
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

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


class _SixServer(ThreadingWSGIServer):
    address_family = socket.AF_INET6


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """A scrape is no news."""


def serve(address: str, port: int, context: ssl.SSLContext | None) -> None:
    """Serve all metrics of this process, in a thread, to whoever reaches the port. Raises OSError."""
    kind = _SixServer if ":" in address else ThreadingWSGIServer
    server = make_server(address, port, make_wsgi_app(), kind, handler_class=_Silent)
    if context:
        # The thread of a connection does its handshake, so that a client who is slow at it keeps no others out.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
