"""Sends a request to an address that somebody outside named, within limits of time and size.

Redirects are not followed, proxies of the environment are not used, and no connection is used twice.
"""

import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore2
from httpcore2 import NetworkBackend, NetworkStream

from ptfi.deadlines import run_within
from ptfi.outgoing.addresses import lookup

SECONDS = 15.0
"""How long a request may take in all, from the look-up of the name to the end of the answer."""
MOST_READ = 16 * 1024
"""The most bytes of an answer that are read; the rest is not waited for."""
FAILED = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    OSError,
)
"""What post() raises if there is no answer."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> int:
    """Send the body; returns the status of the answer. Raises one of FAILED; RefusedAddressError is one of them."""
    deadline = _Deadline(seconds)
    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    with (
        httpcore2.ConnectionPool(ssl_context=_trusted(), network_backend=_Backend(deadline), retries=0) as pool,
        pool.stream("POST", url, headers=named, content=body) as response,
    ):
        read = 0
        for piece in response.iter_stream():
            read += len(piece)
            if read > MOST_READ:
                break
        return int(response.status)


def _trusted() -> ssl.SSLContext:
    """The authorities that the system trusts, or those in SSL_CERT_FILE."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Deadline:
    """A moment by which everything has to be done, however slowly the other side sends."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, error: type[Exception]) -> float:
        """The seconds that are left. Raises the error if there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise error("The time is over.")
        return left


class _Backend(NetworkBackend):
    """Looks a name up once, refuses what is not public, and connects to what was found."""

    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline
        self._system = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 (the deadline holds)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        fault: Exception = httpcore2.ConnectError("No address.")
        left = self._deadline.left(httpcore2.ConnectTimeout)
        for address in run_within(left, lambda: lookup(host.strip("[]"), port), "look-up"):
            left = self._deadline.left(httpcore2.ConnectTimeout)
            try:
                opened = self._system.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                fault = error
                continue
            return _Stream(opened, self._deadline)
        raise fault


class _Stream(NetworkStream):
    """A connection on which nothing waits longer than the deadline."""

    def __init__(self, stream: NetworkStream, deadline: _Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 (the deadline holds)
        return self._stream.read(max_bytes, self._deadline.left(httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._deadline.left(httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> NetworkStream:
        left = self._deadline.left(httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
