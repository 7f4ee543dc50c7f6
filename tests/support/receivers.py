"""Receivers of webhooks: real HTTP servers that verify what they get with packages that receivers use."""

import dataclasses
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import standardwebhooks
from allauth.idp.oidc.models import Client
from svix.webhooks import Webhook as SvixWebhook

from ptfi.oauth.registration import register_web_app
from ptfi.oauth.webhooks.registration import register_webhook
from tests.support.oauth import REDIRECT_URI


@dataclasses.dataclass
class Got:
    """A request that came: what it said, by either package, and its headers in lower case."""

    message: dict[str, Any]
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> tuple[str, str]:
        """The event, and the trait that it is about; for grants the client."""
        data = self.message["data"]
        return self.message["type"], data.get("traitID") or data["clientID"]


Answer = Callable[[BaseHTTPRequestHandler], int]
"""What a receiver does with a request before it answers with this status; 0: it hangs up without an answer."""


class Receiver:
    """Listens on the loopback interface, and keeps what it acknowledged (got) and whatever else came (seen)."""

    def __init__(self, port: int = 0, certificate: tuple[Path, Path] | None = None) -> None:
        self.got = list[Got]()
        self.seen = list[Got]()
        self.secrets = list[str]()
        self.answer: Answer = lambda _: 204
        self.server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if certificate else "http"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def events(self) -> list[tuple[str, str]]:
        return [each.event for each in self.got]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                got = Got(verified(body, headers, receiver.secrets), headers, body)
                receiver.seen.append(got)
                if not (status := receiver.answer(self)):
                    self.close_connection = True
                    return
                if 200 <= status < 300:
                    receiver.got.append(got)
                self.send_response(status)
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Tests say what is wrong."""

        return Handler


def verified(body: bytes, headers: dict[str, str], secrets: list[str]) -> dict[str, Any]:
    """What the message says; each secret has to verify it, with each package."""
    for secret in secrets:
        # Both raise an error for a signature that is none, or a time that is too far off.
        standardwebhooks.Webhook(secret).verify(body, headers)
        SvixWebhook(secret).verify(body, headers)
    message: dict[str, Any] = json.loads(body)
    return message


@contextmanager
def receiver(port: int = 0, certificate: tuple[Path, Path] | None = None) -> Iterator[Receiver]:
    opened = Receiver(port, certificate)
    try:
        yield opened
    finally:
        opened.close()


def told_client(to: Receiver | str, name: str = "Server app") -> Client:
    """A confidential client whose webhook leads to the receiver, which then knows the secret."""
    client = register_web_app(name=name, redirect_uris=[REDIRECT_URI]).client
    url = to if isinstance(to, str) else to.url
    secret = register_webhook(client.pk, url)
    if isinstance(to, Receiver):
        to.secrets.append(secret)
    return client


def slowly(seconds: float) -> Answer:
    def answer(_: BaseHTTPRequestHandler) -> int:
        time.sleep(seconds)
        return 204

    return answer
