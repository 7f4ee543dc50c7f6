"""An installation's own certificates, clients that check them, and TLS in front of ports without it."""

import asyncio
import contextlib
import http.client
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.data_folder import ROOT
from tests.support.processes import free_port

NAMES = "web,events,localhost,127.0.0.1"


def make_certificates(folder: Path, *wanted: str) -> str:
    """Create these certificates with the command; returns its output."""
    command = [sys.executable, "-m", "ptfi.certificates", str(folder), *wanted]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@dataclass(frozen=True)
class Certified:
    """A server's certificate for localhost, and the authority that signed it."""

    folder: Path
    name: str = "web"

    @property
    def authority(self) -> str:
        return str(self.folder / "trust" / "ca.pem")

    @property
    def certificate(self) -> Path:
        return self.folder / self.name / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.folder / self.name / "key.pem"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that serves with it."""
        return {"TLS_CERTIFICATE_FILE": str(self.certificate), "TLS_KEY_FILE": str(self.key)}

    def trusting(self) -> ssl.SSLContext:
        """A client context that trusts only this authority."""
        return ssl.create_default_context(cafile=self.authority)

    def ask(self, port: int, path: str, context: ssl.SSLContext | None = None, **headers: str) -> tuple[int, bytes]:
        """Status and body. Raises OSError."""
        trust = context or self.trusting()
        with contextlib.closing(http.client.HTTPSConnection("localhost", port, timeout=20, context=trust)) as asking:
            asking.request("GET", path, headers=headers)
            answer = asking.getresponse()
            return answer.status, answer.read()

    def answers(self, port: int) -> bool:
        try:
            return self.ask(port, "/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def certified(folder: Path) -> Certified:
    """Create a certificate in this folder."""
    make_certificates(folder, NAMES)
    return Certified(folder)


@contextlib.contextmanager
def terminated(target: int, of: Certified) -> Iterator[int]:
    """Open a local port with TLS that forwards everything to the target port, which has none."""
    context, port, opened = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), free_port(), threading.Event()
    context.load_cert_chain(of.certificate, of.key)
    loop, ended = asyncio.new_event_loop(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))

    async def serve_until_ended() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", port, ssl=context):
            opened.set()
            await ended.wait()
        # The connections that are still open.
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    thread = threading.Thread(target=loop.run_until_complete, args=(serve_until_ended(),))
    thread.start()
    assert opened.wait(10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)
        loop.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
    finally:
        writer.close()
