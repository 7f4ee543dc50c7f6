"""The ASGI application before Django's WSGI one: it reads requests, lets threads answer them, and sends the answers.

A thread works on a request only while the answer is made: never while a body is still to come, and never while a
client is slow to read. The probes have threads of their own, so that they answer whatever the others do.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ptfi.telemetry import metrics
from ptfi.web.server.answers import Answer, Headers, Wsgi
from ptfi.web.server.bodies import Bodies, CrowdedError, GoneError, LateError, Message, Receive
from ptfi.web.server.environ import environ_of

logger = logging.getLogger(__name__)
PROBES = ("/readyz", "/metrics")
MOST_WAITING = 256
"""Requests that may wait for a thread; more are told to come again."""
MOST_PROBES = 8
ALIVE = b'{"status": "ok"}'
CLOSE = (b"connection", b"close")
NO_STORE = (b"cache-control", b"no-store")
REFUSALS = {
    408: (b"The request did not arrive in time. Nothing was changed; please send it again.", ()),
    500: (b"Something broke on our side. Please try again.", ()),
    503: (b"Too many requests are under way. Nothing was changed; please try again.", ((b"retry-after", b"2"),)),
}


class BrokenError(Exception):
    """An answer that had begun could not be made to its end, so the connection is closed without one."""


class Threads:
    """Some threads, and how many requests they have or wait for them."""

    def __init__(self, wsgi: Wsgi, threads: int, most: int, name: str) -> None:
        self._wsgi, self._most, self._under_way = wsgi, threads + most, 0
        self._pool = ThreadPoolExecutor(threads, name)

    def start(self, environ: dict[str, Any]) -> Answer | None:
        """Have a thread answer; None where too many requests wait already."""
        if self._under_way >= self._most:
            return None
        self._under_way += 1
        answer = Answer(self._ended)
        self._pool.submit(answer.run, self._wsgi, environ)
        return answer

    def _ended(self) -> None:
        self._under_way -= 1


class Gateway:
    """threads: how many requests are worked on at a time; body_seconds: how long a short body may take."""

    def __init__(self, wsgi: Wsgi, *, threads: int, body_seconds: float) -> None:
        self._workers = Threads(wsgi, threads, MOST_WAITING, "web")
        self._probes = Threads(wsgi, 2, MOST_PROBES, "probe")
        self._bodies = Bodies(body_seconds)

    async def __call__(self, scope: Message, receive: Receive, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Any) -> None:
        if scope["path"] == "/healthz" and scope["method"] in ("GET", "HEAD"):
            # The process lives if its loop does: no thread and no body is needed to say so.
            await _send(send, 200, [(b"content-type", b"application/json"), NO_STORE], ALIVE)
            return
        try:
            body = await self._bodies.read(receive, _declared(scope))
        except LateError:
            await _refuse(send, 408)
            return
        except CrowdedError:
            await _refuse(send, 503)
            return
        except GoneError:
            return
        try:
            threads = self._probes if scope["path"] in PROBES else self._workers
            answer = threads.start(environ_of(scope, body))
            if answer is None:
                await _refuse(send, 503)
            else:
                await _pass_on(answer, receive, send, more=[] if body.whole else [CLOSE])
        finally:
            body.close()


def _declared(scope: Message) -> int:
    """The Content-Length, which the server has checked; 0 if there is none."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)


async def _pass_on(answer: Answer, receive: Receive, send: Any, more: Headers) -> None:
    """Send the answer as it comes. Raises BrokenError if it ends too early."""
    await answer.ready.wait()
    try:
        if answer.is_long:
            await _send_long(answer, receive, send, more)
        elif answer.failed:
            await _refuse(send, 500)
        else:
            await _send(send, answer.status, answer.headers + more, answer.content)
    finally:
        answer.close()


async def _send_long(answer: Answer, receive: Receive, send: Any, more: Headers) -> None:
    gone = asyncio.create_task(_gone(receive))
    gone.add_done_callback(lambda _: answer.abandon())
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers + more})
        sent = 0
        while not answer.abandoned:
            answer.grown.clear()
            finished = answer.finished
            if piece := answer.read(sent):
                sent += len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            elif finished:
                break
            else:
                await answer.grown.wait()
        if answer.failed and not answer.abandoned:
            raise BrokenError
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        gone.cancel()
        # The file stays open until the thread has let go of it.
        answer.abandon()
        while not answer.finished:
            answer.grown.clear()
            await answer.grown.wait()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Any, status: int) -> None:
    metrics.REFUSED.labels(str(status)).inc()
    text, headers = REFUSALS[status]
    await _send(send, status, [(b"content-type", b"text/plain; charset=utf-8"), NO_STORE, CLOSE, *headers], text)


async def _send(send: Any, status: int, headers: Headers, content: bytes) -> None:
    if content and not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})


async def _live(receive: Receive, send: Any) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})
