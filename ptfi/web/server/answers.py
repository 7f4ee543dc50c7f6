"""An answer on its way from the thread that makes it to the loop that sends it.

The thread never waits for the client: what is long goes into a temporary file, from which the loop sends at the
client's pace. So the thread is free as soon as the answer is made.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Iterable
from tempfile import TemporaryFile
from typing import IO, Any

logger = logging.getLogger(__name__)
IN_MEMORY = 262_144
"""Bytes of one answer that are kept in memory, and that one piece from a file has at most."""

Environ = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class AbandonedError(Exception):
    """The client is gone, so the rest of the answer need not be made."""


class Answer:
    """What the application answers. Its thread calls run(); the loop waits for ready and grown, and reads.

    ended is called in the loop, once the thread is free again.
    """

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self.status = 500
        self.headers: Headers = []
        self.finished = self.failed = self.abandoned = False
        self.ready = asyncio.Event()
        """Set once the answer is complete, or too long for the memory."""
        self.grown = asyncio.Event()
        """Set whenever there is more to send, or nothing more will come."""
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._length = 0

    def run(self, wsgi: Wsgi, environ: Environ) -> None:
        """Let the application answer, in this thread."""
        try:
            pieces = wsgi(environ, self._start)
            try:
                for piece in pieces:
                    self._write(piece)
            finally:
                if close := getattr(pieces, "close", None):
                    close()
        except AbandonedError:
            self.failed = True
        except Exception:
            self.failed = True
            logger.exception("An answer could not be made.")
        finally:
            self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        self.finished = True
        self.ready.set()
        self.grown.set()
        self._ended()

    @property
    def is_long(self) -> bool:
        return self._file is not None

    @property
    def content(self) -> bytes:
        """All of a short answer."""
        return b"".join(self._pieces)

    def read(self, offset: int) -> bytes:
        """Some of a long answer, as far as it is made."""
        with self._lock:
            length = min(IN_MEMORY, self._length - offset)
        return os.pread(self._file.fileno(), length, offset) if self._file and length else b""

    def abandon(self) -> None:
        """End the making of the answer at its next piece."""
        self.abandoned = True
        self.grown.set()

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _start(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], None]:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return self._write

    def _write(self, piece: bytes) -> None:
        if self.abandoned:
            raise AbandonedError
        if self._file is None:
            self._pieces.append(piece)
            self._length += len(piece)
            if self._length > IN_MEMORY:
                self._to_file()
            return
        self._file.write(piece)
        with self._lock:
            self._length += len(piece)
        self._tell_grown()

    def _to_file(self) -> None:
        file = TemporaryFile(buffering=0)  # noqa: SIM115 (close() closes it)
        for piece in self._pieces:
            file.write(piece)
        self._pieces, self._file = [], file
        self._loop.call_soon_threadsafe(self.ready.set)

    def _tell_grown(self) -> None:
        if not self.grown.is_set():
            self._loop.call_soon_threadsafe(self.grown.set)
