"""uvicorn's connections, with limits on what a client may take: time for its request's head, bytes of it, time to read.

uvicorn itself closes connections that are idle between two requests. The limits here are on what it leaves open: a
connection on which no request begins, a head that does not end, an answer that nobody reads.
"""

import asyncio
import socket
from typing import Any

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MOST_HEAD_BYTES = 65_536


class Connection(HttpToolsProtocol):
    """One connection of one client."""

    _head_is_read = False
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_head_timer()
        self._cancel_stall_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._head_is_read:
            self._head_bytes += len(data)
            if self._head_timer is None:
                self._expect_head()
        super().data_received(data)
        if not self._head_is_read and self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(STATUS_LINE[431] + b"content-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._head_is_read, self._head_bytes = True, 0
        self._cancel_head_timer()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        self._head_is_read = bool(self.pipeline)
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall_timer = self.loop.call_later(settings.WEB_STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._cancel_stall_timer()
        super().resume_writing()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(settings.WEB_HEAD_SECONDS, self.transport.abort)

    def _cancel_head_timer(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None

    def _cancel_stall_timer(self) -> None:
        if self._stall_timer:
            self._stall_timer.cancel()
            self._stall_timer = None


def listening(host: str, port: int) -> socket.socket:
    """A socket that nobody else listens on. Raises OSError.

    What the system holds for a client is limited, too: a connection whose peer acknowledges or reads nothing for
    WEB_STALL_SECONDS is closed by the kernel; sockets that it accepts inherit that.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(settings.WEB_STALL_SECONDS * 1000))
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    opened.set_inheritable(True)
    return opened
