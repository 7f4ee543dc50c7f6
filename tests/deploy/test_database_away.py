"""PostgreSQL goes away under a web process that is asked all the time, and comes back."""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from ptfi.accounts.models import User
from tests.support.api import access_token
from tests.support.cast import SignedIn, Suggest
from tests.support.data_folder import wait_until
from tests.support.events import cookie_of
from tests.support.processes import answers, database_address, free_port, running
from tests.support.proxy import Proxy
from tests.support.serving import confirm, seconds_of
from traits.models import UserRefinedTrait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TOKEN = "t" * 40
ASKING = 12
MINUTES_AWAY = 5.5
"""The pool's default is to give up after five."""


def to_database() -> socket.socket:
    """A connection to the server of the tests' database."""
    host, port = str(connection.settings_dict["HOST"]), int(connection.settings_dict["PORT"] or 5432)
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    found = socket.socket(socket.AF_UNIX)
    found.connect(f"{host}/.s.PGSQL.{port}")
    return found


@pytest.fixture
def network() -> Iterator[Proxy]:
    """What stands between the web process and PostgreSQL."""
    proxy = Proxy(to_database)
    yield proxy
    proxy.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What the web process writes."""
    return tmp_path / "log"


@pytest.fixture
def port(network: Proxy, log: Path) -> Iterator[int]:
    """Where a web process serves whose way to PostgreSQL is the proxy."""
    parts = urlsplit(database_address())
    user, _, _ = parts.netloc.rpartition("@")
    name = connection.settings_dict["NAME"]
    address = f"postgresql://{user or connection.settings_dict['USER']}@127.0.0.1:{network.port}/{name}"
    chosen = free_port()
    served = {"DATABASE_URL": address, "METRICS_TOKEN": TOKEN, "LOG_FORMAT": "line"}
    with running("manage.py", "serve", "web", "--port", str(chosen), log=log, **served):
        wait_until(lambda: answers(chosen))
        yield chosen


def ask(port: int, path: str, **headers: str) -> tuple[int, Any, bytes]:
    with contextlib.closing(http.client.HTTPConnection("localhost", port, timeout=40)) as asking:
        asking.request("GET", path, headers=headers)
        answer = asking.getresponse()
        return answer.status, answer.headers, answer.read()


@contextlib.contextmanager
def many_ask(port: int, cookie: str) -> Iterator[None]:
    """Twelve people load a page, come back a moment later, and so on."""
    ended = threading.Event()

    def load() -> None:
        while not ended.wait(0.1):
            with contextlib.suppress(OSError, http.client.HTTPException):
                ask(port, "/review/", Cookie=cookie)

    threads = [threading.Thread(target=load) for _ in range(ASKING)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@pytest.mark.fault("PostgreSQL away while twelve people load pages without a pause")
def test_while_the_database_is_away_everything_is_answered_within_a_second(
    port: int, network: Proxy, alice: User, signed_in: SignedIn, log: Path
) -> None:
    cookie, token = cookie_of(signed_in(alice)), access_token(alice)
    api = {"Authorization": f"Bearer {token}"}
    assert ask(port, "/review/", Cookie=cookie)[0] == 200
    with many_ask(port, cookie):
        network.reset()
        wait_until(lambda: "PostgreSQL does not answer: OperationalError" in log.read_text(), 6)
        for _ in range(5):
            for path, wanted, headers in (
                ("/healthz", 200, {}),
                ("/readyz", 503, {}),
                ("/metrics", 200, {"Authorization": f"Bearer {TOKEN}"}),
                ("/review/", 503, {"Cookie": cookie}),
                ("/v1/users/me/persona/traits/candidates", 503, api),
            ):
                started = time.monotonic()
                status, headers_back, body = ask(port, path, **headers)
                assert (status, time.monotonic() - started < 1) == (wanted, True), path
                if wanted == 503 and path != "/readyz":
                    assert headers_back["Retry-After"] == "2"
        assert json.loads(body)["error"]["code"] == "unavailable"
        network.restore()
        assert seconds_of(lambda: wait_until(lambda: ask(port, "/review/", Cookie=cookie)[0] == 200, 10)) < 1.5
        assert ask(port, "/v1/users/me/persona/traits/candidates", **api)[0] == 200
    wait_until(lambda: "PostgreSQL answers again" in log.read_text(), 6)


def test_a_decision_is_refused_while_the_database_is_away_and_made_after(
    port: int, network: Proxy, alice: User, suggest: Suggest, signed_in: SignedIn
) -> None:
    client: Client = signed_in(alice)
    candidate, said = suggest(alice, "Knits"), list[int]()
    network.reset()
    confirm(port, client, candidate, said)
    network.restore()
    wait_until(lambda: ask(port, "/readyz")[0] == 200)
    confirm(port, client, candidate, said)
    assert said == [503, 302]
    assert UserRefinedTrait.objects.filter(user=alice).count() == 1


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("asked", [True, False], ids=["asked meanwhile", "left alone"])
def test_after_minutes_without_the_database_it_is_back_within_seconds(
    port: int, network: Proxy, alice: User, suggest: Suggest, signed_in: SignedIn, asked: bool
) -> None:
    client, said = signed_in(alice), list[int]()
    confirm(port, client, suggest(alice, "Knits"), said)
    network.reset()
    until = time.monotonic() + MINUTES_AWAY * 60
    while time.monotonic() < until:
        time.sleep(2)
        assert not asked or ask(port, "/review/", Cookie=cookie_of(client))[0] == 503
    network.restore()
    candidate = suggest(alice, "Sews")

    def decided() -> bool:
        confirm(port, client, candidate, said)
        return said[-1] == 302

    assert seconds_of(lambda: wait_until(decided, 10)) < 5
    assert UserRefinedTrait.objects.filter(user=alice).count() == 2


def test_the_log_says_why_no_connection_is_made_and_keeps_the_password(log: Path) -> None:
    chosen, address = free_port(), f"postgresql://nobody:hush-hush@127.0.0.1:{free_port()}/none"
    with running("manage.py", "serve", "web", "--port", str(chosen), log=log, DATABASE_URL=address):
        wait_until(lambda: answers(chosen))
        assert ask(chosen, "/readyz")[0] == 503
        wait_until(lambda: "Connection refused" in log.read_text())
    assert "hush-hush" not in log.read_text()
