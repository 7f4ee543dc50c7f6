"""An installation on one machine, set up by the operator's guide: its commands, and its responses to a proxy."""

import contextlib
import http.client
import json
import re
import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.compose import PORTS, ROOT
from tests.support.compose.engine import Engine

HOST = "ptfi.example.com"
ORIGIN = f"https://{HOST}"
SERVICES = ("web", "web2", "events", "projector", "notifier")
TOKEN = "x" * 32
COMPOSE = ("docker", "compose", "-f", "deploy/compose.yaml")


def documented(word: str) -> str:
    """The commands of the guide's block that contains this word."""
    guide = (ROOT / "docs" / "operations.md").read_text()
    section = guide.partition("### Compose\n")[2].partition("\n### ")[0]
    (found,) = [each for each in re.findall(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL) if word in each]
    return str(found)


@dataclass
class Answer:
    """A response, and how long it took."""

    status: int
    headers: "http.client.HTTPMessage"
    text: str
    seconds: float


@dataclass
class Site:
    """The folder from which the operator runs commands."""

    engine: Engine
    folder: Path

    def follow(self, word: str) -> float:
        """Run the guide's commands about this; returns the seconds that it took."""
        began = time.monotonic()
        script = documented(word)
        done = self.engine.tried("bash", "-euxo", "pipefail", "-c", script, folder=self.folder, seconds=900)
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}\n{self.logs()}"
        # Exported variables apply to later commands, as in the operator's shell.
        for line in re.findall(r"^export (.*)$", script, re.MULTILINE):
            self.engine.environment |= dict(each.split("=", 1) for each in line.split())
        return time.monotonic() - began

    def compose(self, *words: str) -> str:
        return self.engine.run(*COMPOSE, *words, folder=self.folder)

    def manage(self, *words: str, service: str = "web") -> str:
        """Run a management command in a running container."""
        return self.compose("exec", "-T", service, "python", "manage.py", *words)

    def logs(self) -> str:
        return self.engine.tried(*COMPOSE, "logs", "--tail", "15", folder=self.folder).stdout

    def containers(self) -> dict[str, dict[str, Any]]:
        """The engine's description of each service's container."""
        listed = self.engine.run("podman", "ps", "--all", "--quiet").split()
        found = json.loads(self.engine.run("podman", "inspect", *listed)) if listed else []
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in found}

    def ask(
        self, path: str, form: dict[str, str] | None = None, *, service: str = "web", session: str = "", token: str = ""
    ) -> Answer:
        """Send a request as a TLS proxy forwards it: a form is posted, a token is sent as a bearer token."""
        headers = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        headers["Cookie"] = f"__Host-csrftoken={TOKEN}; {session}"
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        if form is not None:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            headers |= kind | {"X-CSRFToken": TOKEN, "Origin": ORIGIN, "Referer": f"{ORIGIN}/"}
        began, body = time.monotonic(), None if form is None else urlencode(form)
        with contextlib.closing(http.client.HTTPConnection(service, timeout=20)) as asking:
            asking.sock = self.connected(service)
            asking.request("GET" if form is None else "POST", path, body, headers)
            answer = asking.getresponse()
            text = answer.read().decode()
            return Answer(answer.status, answer.headers, text, time.monotonic() - began)

    def connected(self, service: str) -> ssl.SSLSocket:
        """A TLS connection to this service, checked against the authority that the guide gives to the proxy."""
        context = ssl.create_default_context(cafile=self.folder / "inside.pem")
        name = "events" if service == "events" else "web"
        plain = socket.create_connection(("127.0.0.1", PORTS[service]), 20)
        return context.wrap_socket(plain, server_hostname=name)

    def status(self, path: str, service: str = "web") -> int:
        """The response's status; 0 if there is none."""
        try:
            return self.ask(path, service=service).status
        except (OSError, http.client.HTTPException):
            return 0

    def sign_in(self, email: str, password: str) -> str:
        """Sign in; returns the session's cookie."""
        answer = self.ask("/accounts/login/", {"login": email, "password": password})
        assert answer.status == 302, answer.text[:2000]
        cookies = "".join(answer.headers.get_all("Set-Cookie") or [])
        found = re.search(r"__Host-session=[^;]+", cookies)
        assert found, cookies
        return found[0]
