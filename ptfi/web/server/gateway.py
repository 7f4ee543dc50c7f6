"""The RSGI application in front of Django's WSGI one: it reads requests and passes them to threads.

A thread is busy only while it produces a response: never while a body is still arriving, and never while a client reads
slowly. Probes have threads of their own, so that they answer whatever the others do.
"""

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from ptfi.telemetry import metrics
from ptfi.web.headers import HEADERS
from ptfi.web.server.answers import Answer, Environ, Headers, Wsgi
from ptfi.web.server.bodies import Bodies, Body, CrowdedError, GoneError, LateError, empty
from ptfi.web.server.environ import environ_of
from ptfi.web.server.sockets import limit_stalls

logger = logging.getLogger(__name__)
PROBES = ("/readyz", "/metrics")
BODILESS = ("GET", "HEAD", "OPTIONS")
MOST_WAITING = 256
"""Requests that may wait for a thread; further ones are refused and told to retry."""
MOST_PROBES = 8
OPENING_SECONDS = 10.0
"""Seconds that the file of a long response stays open; the server opens it itself to send it."""
ALIVE = b'{"status": "ok"}'
CLOSE = ("connection", "close")
NO_STORE = ("cache-control", "no-store")
OWN_HEADERS = [(name.lower(), value) for name, value in HEADERS.items()]
REFUSALS: dict[int, tuple[bytes, Headers]] = {
    400: (b"A header of the request, perhaps a cookie of another site, holds other characters than ASCII.", []),
    408: (b"The request did not arrive in time. Nothing was changed; please send it again.", []),
    411: (b"The request must say how long its body is (Content-Length). Nothing was changed.", []),
    500: (b"Something went wrong on our side. Please try again.", []),
    503: (
        b"We are handling too many requests right now. Nothing was changed; please try again.",
        [("retry-after", "2")],
    ),
}


class Request:
    """A request on its way through a thread, and what the event loop needs to know about it."""

    def __init__(self, environ: Environ, protocol: Any, more: Headers) -> None:
        self._environ, self._protocol, self._more = environ, protocol, more
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.Future[None] | None = None
        self.ended = self._loop.create_future()
        """Done when the response has been sent or handed to the server."""

    def run(self, wsgi: Wsgi) -> None:
        """Produce the response, in this thread."""
        answer = Answer(self._watch_client)
        try:
            answer.make(wsgi, self._environ)
            if answer.file is None:
                self._send_short(answer)
        finally:
            self._loop.call_soon_threadsafe(self._end, answer)

    def _send_short(self, answer: Answer) -> None:
        if answer.failed:
            refuse(self._protocol, 500)
        else:
            send(self._protocol, answer.status, answer.headers + self._more, answer.content)

    def _watch_client(self, answer: Answer) -> None:
        """Abandon a long response when its client has gone."""
        self._loop.call_soon_threadsafe(self._start_watch, answer)

    def _start_watch(self, answer: Answer) -> None:
        self._watch = asyncio.ensure_future(self._protocol.client_disconnect(), loop=self._loop)
        self._watch.add_done_callback(lambda _: setattr(answer, "abandoned", True))

    def _end(self, answer: Answer) -> None:
        if self._watch:
            self._watch.cancel()
        try:
            if answer.file:
                self._send_file(answer, answer.file)
        finally:
            if not self.ended.done():
                self.ended.set_result(None)

    def _send_file(self, answer: Answer, file: IO[bytes]) -> None:
        if answer.failed:
            # Closing flushes the rest, which fails if the disk is full.
            with contextlib.suppress(OSError):
                file.close()
            refuse(self._protocol, 500)
            return
        length = ("content-length", str(file.tell()))
        headers = [each for each in answer.headers if each[0] != "content-length"]
        file.seek(0)
        self._protocol.response_file(answer.status, [*headers, length, *self._more], f"/dev/fd/{file.fileno()}")
        self._loop.call_later(OPENING_SECONDS, file.close)


class Threads:
    """A pool of threads, and the number of requests that run in it or wait for it."""

    def __init__(self, wsgi: Wsgi, threads: int, most: int, name: str) -> None:
        self._wsgi, self._most, self._under_way = wsgi, threads + most, 0
        self._pool = ThreadPoolExecutor(threads, name)

    async def answer(self, environ: Environ, protocol: Any, more: Headers) -> None:
        """Pass the request to a thread, or refuse it if too many are waiting."""
        if self._under_way >= self._most:
            refuse(protocol, 503)
            return
        self._under_way += 1
        request = Request(environ, protocol, more)
        self._pool.submit(request.run, self._wsgi)
        request.ended.add_done_callback(self._ended)
        await asyncio.shield(request.ended)

    def _ended(self, _ended: Any) -> None:
        self._under_way -= 1


class Gateway:
    """The RSGI application; threads: requests handled at a time; body_seconds: how long a short body may take."""

    def __init__(self, wsgi: Wsgi, *, threads: int, body_seconds: float) -> None:
        self._workers = Threads(wsgi, threads, MOST_WAITING, "web")
        self._probes = Threads(wsgi, 2, MOST_PROBES, "probe")
        self._bodies = Bodies(body_seconds)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called once per process, before its first request."""
        loop.call_soon(limit_stalls)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        if scope.path == "/healthz" and scope.method in ("GET", "HEAD"):
            # The process is alive if its event loop is: answering takes no thread and no body.
            send(protocol, 200, [("content-type", "application/json"), NO_STORE, *OWN_HEADERS], ALIVE)
            return
        if fault := fault_in(scope.headers):
            refuse(protocol, fault)
            return
        try:
            body = await self._body(scope, protocol)
        except LateError:
            refuse(protocol, 408)
            return
        except CrowdedError:
            refuse(protocol, 503)
            return
        except GoneError:
            return
        try:
            threads = self._probes if scope.path in PROBES else self._workers
            await threads.answer(environ_of(scope, body), protocol, [] if body.whole else [CLOSE])
        finally:
            body.close()

    async def _body(self, scope: Any, protocol: Any) -> Body:
        length = scope.headers.get("content-length")
        if length is None and scope.method in BODILESS and "transfer-encoding" not in scope.headers:
            return empty()
        return await self._bodies.read(protocol, int(length or 0))


def fault_in(headers: Any) -> int:
    """The status with which these headers are refused; 0 if they are acceptable.

    The server drops values that are not ASCII. Without its Cookie or X-Forwarded-For header, a request could be taken
    for someone else's.
    """
    if set(headers.keys()) - {name for name, _ in headers.items()}:
        return 400
    return 0 if is_countable(headers) else 411


def is_countable(headers: Any) -> bool:
    """Whether a truncated body can be recognized: by its length, or because it is JSON.

    The server does not distinguish the end of a chunked body from the end of the connection.
    """
    if "transfer-encoding" not in headers or "content-length" in headers:
        return True
    kind: str = headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower() == "application/json"


def send(protocol: Any, status: int, headers: Headers, content: bytes) -> None:
    """Send a short response; a client that has gone gets none."""
    protocol.response_bytes(status, headers, content)


def refuse(protocol: Any, status: int) -> None:
    """Send one of REFUSALS, and close the connection."""
    metrics.REFUSED.labels(str(status)).inc()
    text, headers = REFUSALS[status]
    own = [("content-type", "text/plain; charset=utf-8"), NO_STORE, CLOSE, *OWN_HEADERS]
    send(protocol, status, own + headers, text)
