"""The events process on the tests' database, and clients of its streams."""

import contextlib
import http.client
import os
import queue
import socket
import subprocess
import sys
import threading
import time

from django.conf import settings
from django.test import Client

from tests.support.data_folder import ROOT, wait_until
from tests.support.processes import connection_to, database_address, free_port


class EventsProcess:
    """The events process, started as in production except for its database."""

    def __init__(self, site: str, port: int = 0, authority: str = "", **environment: str) -> None:
        self.port, self.authority = port or free_port(), authority
        database = database_address()
        served = {"DATABASE_URL": database, "PTFI_EMBEDDED": "", "HTTPS": "0", "SITE_URL": site}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "events", "--port", str(self.port)],
            cwd=ROOT,
            env=dict(os.environ) | served | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.output = b""
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        try:
            wait_until(lambda: self.status("/readyz") == 200, 60)
        except BaseException:
            # Nobody else would stop it, and the tests would wait for its output for ever.
            self.stop()
            raise

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            for line in output:
                self.output += line

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, http.client.HTTPMessage]:
        """Status and headers of a response; the rest is not read."""
        with contextlib.closing(connection_to(self.port, self.authority, 10)) as asking:
            asking.request(method, path, headers=headers)
            with asking.getresponse() as response:
                return response.status, response.headers

    def status(self, path: str, method: str = "GET", **headers: str) -> int:
        try:
            return self.ask(path, method, **headers)[0]
        except OSError:
            return 0

    def stop(self) -> int:
        self.process.terminate()
        status = self.process.wait(20)
        self.reader.join(20)
        return status


def cookie_of(client: Client) -> str:
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


class Listener:
    """The browser's end of a stream: received events, and how it ended."""

    def __init__(self, events: EventsProcess, client: Client, **headers: str) -> None:
        self.connection = http.client.HTTPConnection("localhost", events.port, timeout=30)
        self.connection.request("GET", "/events", headers={"Cookie": cookie_of(client), **headers})
        assert self.connection.sock
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        assert self.response.status == 200
        self.heard: queue.Queue[str] = queue.Queue()
        self.ended = ""
        self.opened = threading.Event()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        assert self.opened.wait(10)

    def _read(self) -> None:
        try:
            for line in self.response:
                self.opened.set()
                if line.startswith(b"event: "):
                    self.heard.put(line.removeprefix(b"event: ").strip().decode())
            self.ended = "cleanly"
        except (OSError, http.client.HTTPException) as error:
            self.ended = type(error).__name__
        finally:
            self.response.close()
            self.connection.close()

    def next(self) -> str:
        return self.heard.get(timeout=10)

    def nothing(self, seconds: float = 0.3) -> bool:
        time.sleep(seconds)
        return self.heard.empty()

    def close(self) -> None:
        """Drop the connection without closing it properly."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
