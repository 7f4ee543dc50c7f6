"""The events process as an ASGI application: /events for browsers, /healthz, /readyz and /metrics for operators."""

import asyncio
import json
import logging
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host

from ptfi.events import metrics
from ptfi.events.hub import FullError, Hub, Stream
from ptfi.events.sessions import signed_in
from ptfi.telemetry import exposition
from ptfi.web.headers import HEADERS, transport_headers

logger = logging.getLogger(__name__)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

RETRY_SECONDS = 3
"""Seconds after which a browser reconnects by itself."""
HEARTBEAT_SECONDS = 15.0
"""Seconds of silence before a comment is sent, so that no proxy takes the stream for dead."""
SEND_SECONDS = 10.0
"""Seconds that a client may read nothing before it is disconnected."""
PLAIN: Headers = [
    (b"cache-control", b"no-store"),
    *((name.lower().encode(), value.encode()) for name, value in (HEADERS | transport_headers()).items()),
]
# Proxies must pass on each event immediately.
STREAM: Headers = [*PLAIN, (b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]


class RefusedError(Exception):
    """The stream is refused; status is the HTTP status."""

    def __init__(self, status: int) -> None:
        self.status = status


class Application:
    def __init__(self) -> None:
        self.hub = Hub()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "lifespan.startup":
            pass
        self.hub.start()
        loop = asyncio.get_running_loop()
        # The server waits for every connection to end before it announces its shutdown, so streams must end at the
        # signal itself. The server's own handler belongs to the event loop and is called as well.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(self.hub.close))
        await send({"type": "lifespan.startup.complete"})
        while (await receive())["type"] != "lifespan.shutdown":
            pass
        await self.hub.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        answers = {
            "/events": self._events,
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
        }
        answer = answers.get(scope["path"])
        if answer is None:
            await _say(send, 404, {"error": "not_found"})
        elif scope["method"] != "GET":
            await _say(send, 405, {"error": "method_not_allowed"}, [(b"allow", b"GET")])
        else:
            await answer(scope, receive, send)

    async def _healthz(self, _scope: Message, _receive: Receive, send: Send) -> None:
        await _say(send, 200, {"status": "ok"})

    async def _readyz(self, _scope: Message, _receive: Receive, send: Send) -> None:
        """200 while notifications are received; clients that connected at another time would hear nothing."""
        ready = self.hub.listening and not self.hub.closing
        said = {
            "status": "ready" if ready else "not_ready",
            "checks": {"postgresql": {"status": "ok" if self.hub.listening else "away"}},
        }
        await _say(send, 200 if ready else 503, said)

    async def _metrics(self, scope: Message, _receive: Receive, send: Send) -> None:
        if not exposition.may_read(_headers(scope).get("authorization", "")):
            await _say(send, 404, {"error": "not_found"})
            return
        text, kind = exposition.text()
        headers = [*PLAIN, (b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text, "more_body": False})

    async def _events(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        shared = _shared_with(headers.get("origin", ""))
        try:
            stream = await self._open(headers)
        except RefusedError as refused:
            metrics.REFUSED.labels(refused.status).inc()
            again = [(b"retry-after", b"30")] if refused.status in (429, 503) else []
            await _say(send, refused.status, {"error": "refused"}, [*shared, *again])
            return
        gone = asyncio.create_task(_gone(receive))
        try:
            await _send(send, {"type": "http.response.start", "status": 200, "headers": [*STREAM, *shared]})
            await self._tell(stream, gone, send)
        except TimeoutError:
            metrics.DROPPED.inc()
        finally:
            self.hub.leave(stream)
            gone.cancel()

    async def _open(self, headers: dict[str, str]) -> Stream:
        """The stream of the person whose session the cookie names. Raises RefusedError."""
        if not validate_host(split_domain_port(headers.get("host", ""))[0], settings.ALLOWED_HOSTS):
            raise RefusedError(400)
        if headers.get("origin", _site()) != _site():
            raise RefusedError(403)
        key = _session_key(headers.get("cookie", ""))
        try:
            known = await asyncio.to_thread(signed_in, [key]) if key else {}
        except (Error, OSError):
            raise RefusedError(503) from None
        if key not in known:
            # The only answer after which browsers do not reconnect.
            raise RefusedError(204)
        stream = Stream(key, known[key])
        try:
            if self.hub.closing:
                raise RefusedError(503)
            self.hub.enter(stream)
        except FullError as full:
            raise RefusedError(429 if full.mine else 503) from None
        return stream

    async def _tell(self, stream: Stream, gone: "asyncio.Task[None]", send: Send) -> None:
        """Pass events on until the client disconnects or the stream ends. Raises TimeoutError for a slow client."""
        gone.add_done_callback(lambda _: stream.end())
        await _send(send, _piece(f"retry: {RETRY_SECONDS * 1000}\n\n"))
        while not stream.ended:
            events = await stream.events(HEARTBEAT_SECONDS)
            if not stream.ended:
                for event in events:
                    metrics.SENT.labels(event).inc()
                await _send(send, _piece("".join(f"event: {event}\ndata:\n\n" for event in events) or ":\n\n"))
        if not gone.done():
            await _send(send, {"type": "http.response.body", "body": b"", "more_body": False})


def _headers(scope: Message) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _site() -> str:
    url = urlsplit(settings.SITE_URL)
    return f"{url.scheme}://{url.netloc}"


def _shared_with(origin: str) -> Headers:
    """Headers that let the site's own pages read the answer if they are served from another port."""
    if origin != _site():
        return [(b"vary", b"origin")]
    allowed = (b"access-control-allow-origin", origin.encode())
    return [(b"vary", b"origin"), allowed, (b"access-control-allow-credentials", b"true")]


def _session_key(cookies: str) -> str:
    """The session that the Cookie header names, or ""."""
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    return key if key.isascii() and key.isalnum() else ""


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, message: Message) -> None:
    await asyncio.wait_for(send(message), SEND_SECONDS)


def _piece(text: str) -> Message:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}


async def _say(send: Send, status: int, said: dict[str, Any], headers: Headers | None = None) -> None:
    more = [(b"content-type", b"application/json"), *PLAIN, *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": more})
    body = b"" if status == 204 else json.dumps(said).encode()
    await send({"type": "http.response.body", "body": body, "more_body": False})
