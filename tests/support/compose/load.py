"""Continuous requests through HAProxy, configured as in deploy/proxy."""

import contextlib
import http.client
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.compose import PATH
from tests.support.compose.site import HOST
from tests.support.data_folder import wait_until
from tests.support.front_proxies import certificate, command_of
from tests.support.processes import free_port

PAUSE = 0.1
REQUESTS = (("GET", "/accounts/login/", 200), ("GET", "/readyz", 200), ("POST", "/v1/ingest/candidates", 401))


@dataclass
class Load:
    """Unexpected responses, and the time of each response."""

    port: int
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def status(self, method: str, path: str) -> int:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        body = "{}" if method == "POST" else None
        with contextlib.closing(
            http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)
        ) as asking:
            asking.request(method, path, body, {"Host": HOST, "Content-Type": "application/json"})
            answer = asking.getresponse()
            answer.read()
            return answer.status

    def ask(self, stopped: threading.Event) -> None:
        """Send one request after the other until stopped."""
        number = 0
        while not stopped.wait(PAUSE):
            method, path, expected = REQUESTS[number % len(REQUESTS)]
            number, began = number + 1, time.monotonic()
            try:
                said = f"{self.status(method, path)}"
            except (OSError, http.client.HTTPException) as error:
                said = repr(error)
            self.seconds.append(time.monotonic() - began)
            if said != str(expected):
                self.faults.append(f"{method} {path}: {said}")


@contextlib.contextmanager
def asked_through_the_proxy(data: Path, authority: Path) -> Iterator[Load]:
    """Send requests while the block runs; authority: the certificate that the proxy trusts for the inner servers."""
    load, stopped = Load(free_port()), threading.Event()
    with tempfile.TemporaryDirectory(dir=data) as path:
        folder = Path(path)
        certificate(folder)
        shutil.copy(authority, folder / "inside.pem")
        command = command_of("haproxy", folder, tls=load.port, plain=free_port(), changes={})
        with (data / "haproxy.log").open("w") as log:
            proxy = subprocess.Popen(command, stdout=log, stderr=log, env={"PATH": PATH})
        asking = threading.Thread(target=load.ask, args=(stopped,))
        try:
            wait_until(lambda: answers(load))
            asking.start()
            yield load
        finally:
            stopped.set()
            if asking.is_alive():
                asking.join()
            proxy.terminate()
            proxy.wait(10)


def answers(load: Load) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return load.status("GET", "/readyz") == 200
    return False
