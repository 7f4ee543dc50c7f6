"""The whole product in a data folder of its own, people who decide in it continuously, and what must hold."""

import contextlib
import http.client
import itertools
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import psutil
import psycopg

from ptfi.embedded import read_state
from tests.support.data_folder import ROOT, Folder, wait_until
from tests.support.processes import free_port
from tests.support.proxy import Proxy
from tests.support.terminal import WEB, Terminal

PEOPLE = 4
LEASE = 8.0
"""Seconds, fewer than by default: after a projector was killed, others wait until its lease expires."""
STOCK = 300
"""Suggestions that each person has at least when a test begins."""
PAUSE = 0.05
"""Seconds between a response and the next decision, so that a suite does not add thousands of traits to the graph."""
IDLE = "-c idle_in_transaction_session_timeout=3s"
"""Shorter than by default, to save time."""
TOKEN = "x" * 32
BEHIND = "SELECT user_id FROM traits_persona WHERE projected_revision < revision"
CLAIMED = "SELECT user_id FROM traits_persona WHERE claimed_until IS NOT NULL"


class Person:
    """A signed-in person with suggestions."""

    def __init__(self, pk: str, cookie: str) -> None:
        self.pk, self.cookie = pk, cookie
        self.suggestions: list[str] = []

    def ask(self, port: int, path: str, fields: dict[str, str] | None = None, seconds: float = 20) -> tuple[int, str]:
        """Status and text of a page, or of the response to a form. Raises OSError, HTTPException."""
        headers = {
            "Cookie": f"{self.cookie}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
            "Host": f"localhost:{port}",
        }
        method, body = ("GET", None) if fields is None else ("POST", urlencode(fields))
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)) as asking:
            asking.request(method, path, body, headers)
            answer = asking.getresponse()
            return answer.status, answer.read().decode()


class Clerk:
    """A running tests/support/clerk.py."""

    def __init__(self, folder: Folder) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.clerk"],
            cwd=ROOT,
            env=folder.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, name: str, **arguments: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([name, arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the clerk ended"
        return json.loads(line)

    def close(self) -> None:
        self.process.communicate(timeout=60)


class Product:
    """``make run`` in a data folder, with people in it."""

    def __init__(self, path: Path) -> None:
        self.folder, self.port = Folder(path), free_port()
        with contextlib.ExitStack() as stack:
            stack.callback(self.folder.close)
            self.terminal = Terminal(self.folder, str(self.port), PROJECTOR_LEASE_SECONDS=str(LEASE))
            stack.callback(self.terminal.end, signal.SIGTERM)
            self.terminal.wait_for("Ctrl-C ends everything", 180)
            self.clerk = Clerk(self.folder)
            stack.callback(self.clerk.close)
            self.people = [Person(one["id"], one["cookie"]) for one in self.clerk("people", count=PEOPLE)]
            self.ends = stack.pop_all()

    def process(self, name: str) -> psutil.Process:
        if name in ("graph", "postgres", "supervisor"):
            return self.folder.processes()[name]
        child = self.terminal.child("project_graph") if name == "projector" else self.terminal.child(WEB)
        assert child
        return child

    @property
    def addresses(self) -> dict[str, Any]:
        return read_state(self.folder.path)

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(self.addresses["database_url"], connect_timeout=5)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(statement).fetchall()

    def execute(self, statement: str) -> None:
        with self.connect() as connection:
            connection.execute(statement)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Let all decisions made in the block wait, within their transactions, until it ends."""
        with self.connect() as connection:
            connection.execute("SELECT FROM traits_persona FOR NO KEY UPDATE")
            yield

    def close(self) -> None:
        self.ends.close()


class Remote:
    """A web server and a projector, as on an operator's other host; they reach the databases through proxies."""

    def __init__(self, product: Product, **environment: str) -> None:
        self.product, self.port = product, free_port()
        graph, role = urlsplit(product.addresses["graph_url"]), urlsplit(product.addresses["application_url"]).username
        self.postgres = Proxy(lambda: _to_socket(product.addresses["socket"]))
        self.graph = Proxy(lambda: socket.create_connection(("127.0.0.1", graph.port or 0), 5))
        self.environment = product.folder.environment() | {
            "DATABASE_URL": f"postgresql://{role}@127.0.0.1:{self.postgres.port}/ptfi?options={quote(IDLE)}",
            "NEO4J_URL": f"bolt://{graph.username}:{graph.password}@127.0.0.1:{self.graph.port}",
            "SECRET_KEY": (product.folder.path / "secret-key").read_text().strip(),
            "MFA_ENCRYPTION_KEYS": (product.folder.path / "second-step-key").read_text().strip(),
            "OIDC_PRIVATE_KEY": (product.folder.path / "oidc-private-key").read_text(),
            "HTTPS": "0",
            "PROJECTOR_LEASE_SECONDS": str(LEASE),
            **environment,
        }
        self.web = self.run("manage.py", "serve", "web", "--port", str(self.port))
        self.projector = self.run("manage.py", "project_graph")
        wait_until(lambda: answers(lambda: product.people[0].ask(self.port, "/healthz")[0] == 200))

    def run(self, *command: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.environment)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Suspend the product's own projector while the block runs, so that only this one works."""
        other = self.product.process("projector")
        other.suspend()
        while self.product.query(CLAIMED):
            other.resume()
            time.sleep(0.1)
            other.suspend()
        try:
            yield
        finally:
            other.resume()

    def close(self) -> None:
        for process in (self.web, self.projector):
            process.terminate()
        for process in (self.web, self.projector):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()
        self.postgres.close()
        self.graph.close()


class Reviewers:
    """People who confirm one suggestion after the other; keeps which decisions were answered."""

    def __init__(self, product: Product, port: int = 0) -> None:
        self.product, self.port = product, port or product.port
        self.answered: list[tuple[str, float, str]] = []
        self.refused: list[tuple[str, str]] = []
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(person,)) for person in product.people]

    def __enter__(self) -> "Reviewers":
        for person in self.product.people:
            if len(person.suggestions) < STOCK:
                person.suggestions += self.product.clerk("suggest", person=person.pk, count=STOCK)
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(60)

    def _work(self, person: Person) -> None:
        while not self.stopped.is_set():
            self.decide(person)
            time.sleep(PAUSE)

    def decide(self, person: Person) -> None:
        """Make one decision, and record whether it was answered or refused."""
        pk = person.suggestions.pop()
        try:
            status, _ = person.ask(self.port, f"/review/{pk}/confirm/", {"from": "test"})
        except (OSError, http.client.HTTPException) as error:
            self.refused.append((pk, repr(error)))
            return
        if status == 302:
            self.answered.append((person.pk, time.monotonic(), pk))
        else:
            self.refused.append((pk, str(status)))

    def go_on(self, more: int = 5, seconds: float = 60) -> None:
        """Wait until everyone has had this many more answers."""
        start = len(self.answered)

        def all_had() -> bool:
            counts = dict.fromkeys((person.pk for person in self.product.people), 0)
            for pk, _, _ in self.answered[start:]:
                counts[pk] += 1
            return min(counts.values()) >= more

        try:
            wait_until(all_had, seconds)
        except AssertionError:
            raise AssertionError(f"no answers in {seconds:.0f} s; refused last: {self.refused[-5:]}") from None


def recovered(product: Product, reviewers: Reviewers, since: float, seconds: float = 60) -> float:
    """The seconds from `since`, when the fault was over, until everyone is answered and the graph has caught up.

    The graph has to hold everything that had been decided when the answers came. Fails if either takes longer than
    `seconds`.
    """
    reviewers.go_on(1, seconds)
    heads = dict(product.query("SELECT user_id, revision FROM traits_persona"))

    def caught_up() -> bool:
        found = product.query("SELECT user_id, projected_revision FROM traits_persona")
        return all(revision >= heads.get(pk, 0) for pk, revision in found)

    wait_until(caught_up, seconds)
    return time.monotonic() - since


def assert_nothing_lost(product: Product, reviewers: Reviewers, seconds: float = 60) -> None:
    """Assert that answered decisions are in the log once, others at most once, and that the graph catches up."""
    counted = product.query("SELECT original_candidate_id::text, count(*) FROM traits_userrefinedtrait GROUP BY 1")
    found: dict[Any, Any] = dict(counted)
    held = set(itertools.chain(*product.query("SELECT trait_id::text FROM traits_personatrait")))
    assert [pk for _, _, pk in reviewers.answered if found.get(pk) != 1 or pk not in held] == []
    assert [pk for pk, _ in reviewers.refused if found.get(pk, 0) > 1] == []
    wait_until(lambda: not product.query(BEHIND), seconds)
    assert product.clerk("check") == ""


def answers(ask: Callable[[], bool]) -> bool:
    """The result of ask, or False if there is no response."""
    try:
        return ask()
    except (OSError, http.client.HTTPException):
        return False


def _to_socket(path: str) -> socket.socket:
    found = socket.socket(socket.AF_UNIX)
    found.connect(path)
    return found
