"""Reading request bodies before a thread works on them: with a deadline, a minimum rate, and a budget for all."""

import asyncio
import io
from collections.abc import AsyncIterable, Callable
from tempfile import SpooledTemporaryFile
from typing import IO

LEAST_RATE = 1_024
"""Bytes per second that a body must arrive at on average, once its first seconds are over."""
IN_MEMORY = 262_144
"""Bytes of a body that are kept in memory; a longer one goes into a temporary file."""
LONGEST = 10 * 1_048_576 + 65_536
"""Bytes of a body that are read. Pages and API accept less, and explain that in an error of their own."""
MOST_IN_FILES = 64 * LONGEST
"""Bytes of all bodies in temporary files together."""


class LateError(Exception):
    """The body did not arrive in time."""


class CrowdedError(Exception):
    """Too many long bodies are being read."""


class GoneError(Exception):
    """The client closed the connection before its request was complete."""


class Body:
    """A body that was read: its file, and its length in bytes; whole is False if more was to come."""

    def __init__(self, file: IO[bytes], length: int = 0, release: Callable[[int], None] = lambda _: None) -> None:
        self.file, self.length, self.whole, self.on_disk = file, length, True, 0
        self._release = release

    def close(self) -> None:
        """Close the file and return its share of the budget; a second call does nothing."""
        self.file.close()
        released, self.on_disk = self.on_disk, 0
        self._release(released)


def empty() -> Body:
    """The body of a request without one."""
    return Body(io.BytesIO())


class Bodies:
    """Reads the bodies of a process and counts their disk usage; grace: seconds that each may take."""

    def __init__(self, grace: float) -> None:
        self._grace, self._in_files = grace, 0

    async def read(self, pieces: AsyncIterable[bytes], declared: int) -> Body:
        """Read the body; declared is its Content-Length, 0 if there is none.

        A body longer than LONGEST is not read to the end: Body.length then exceeds every limit of ours, so that the
        application refuses it. Raises LateError, CrowdedError, and GoneError if the body ends too early.
        """
        if declared > LONGEST:
            body = Body(io.BytesIO(), declared)
            body.whole = False
            return body
        body = Body(SpooledTemporaryFile(IN_MEMORY), release=self._release)  # noqa: SIM115 (closed by Body)
        try:
            await self._fill(body, pieces)
        except BaseException:
            body.close()
            raise
        if body.whole and body.length < declared:
            body.close()
            raise GoneError
        body.file.seek(0)
        return body

    async def _fill(self, body: Body, pieces: AsyncIterable[bytes]) -> None:
        latest = asyncio.get_running_loop().time() + self._grace
        try:
            async with asyncio.timeout_at(latest) as limit:
                async for piece in pieces:
                    self._write(body, piece)
                    if body.length > LONGEST:
                        body.whole = False
                        return
                    limit.reschedule(latest + body.length / LEAST_RATE)
        except TimeoutError:
            raise LateError from None

    def _write(self, body: Body, piece: bytes) -> None:
        body.file.write(piece)
        body.length += len(piece)
        if body.length > IN_MEMORY:
            more = body.length - body.on_disk
            if self._in_files + more > MOST_IN_FILES:
                raise CrowdedError
            self._in_files += more
            body.on_disk = body.length

    def _release(self, length: int) -> None:
        self._in_files -= length
