"""Responses, produced by a thread that never waits for the client.

Long content goes into a temporary file, which the server sends at the client's pace, so the thread is free as soon as
the response is complete.
"""

import logging
from collections.abc import Callable, Iterable
from tempfile import TemporaryFile
from typing import IO, Any

logger = logging.getLogger(__name__)
IN_MEMORY = 262_144
"""Bytes of a response that are kept in memory."""

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class AbandonedError(Exception):
    """The client has gone, so the rest of the response is not needed."""


class Answer:
    """The application's response: status, headers, and content, or the file with a long content.

    grown is called once, in the thread, when the response turns out to be long. Setting abandoned stops a long response
    at its next piece. failed means that there is nothing to send.
    """

    def __init__(self, grown: Callable[["Answer"], None]) -> None:
        self._grown = grown
        self.status = 500
        self.headers: Headers = []
        self.failed = self.abandoned = False
        self.file: IO[bytes] | None = None
        self._pieces: list[bytes] = []
        self._length = 0

    @property
    def content(self) -> bytes:
        """The whole content of a short response."""
        return b"".join(self._pieces)

    def make(self, wsgi: Wsgi, environ: Environ) -> None:
        """Run the application in this thread."""
        try:
            pieces = wsgi(environ, self._start)
            try:
                for piece in pieces:
                    self._write(piece)
            finally:
                if close := getattr(pieces, "close", None):
                    close()
            if self.file:
                self.file.flush()
        except AbandonedError:
            self.failed = True
        except Exception:
            self.failed = True
            logger.exception("An answer could not be made.")

    def _start(self, status: str, headers: Headers, _exc_info: Any = None) -> Callable[[bytes], None]:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower(), value) for name, value in headers]
        return self._write

    def _write(self, piece: bytes) -> None:
        if self.abandoned:
            raise AbandonedError
        if self.file:
            self.file.write(piece)
            return
        self._pieces.append(piece)
        self._length += len(piece)
        if self._length > IN_MEMORY:
            self.file = TemporaryFile()  # noqa: SIM115 (its sender closes it)
            self.file.write(self.content)
            self._pieces = []
            self._grown(self)
