"""TLS of the processes' own: web, events and the projector's metrics, the probe, and what cannot be used."""

import contextlib
import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

from ptfi.accounts.models import User
from tests.support.cast import SignedIn
from tests.support.data_folder import ROOT, wait_until
from tests.support.events import EventsProcess
from tests.support.inner_tls import Certified, certified
from tests.support.processes import free_port, running
from tests.support.serving import seconds_of, serving

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse"
# As granian has it: nobody with a handshake to make is waited for longer.
HANDSHAKE_SECONDS = 10


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return certified(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def port(django_db_setup: None, own: Certified) -> Iterator[int]:
    """Where a web process serves over TLS, with nothing before it."""
    with serving(own.authority, **own.environment, HTTPS="1", TRUSTED_PROXY_COUNT="0") as chosen:
        yield chosen


def limited(own: Certified, version: ssl.TLSVersion) -> ssl.SSLContext:
    """A client that speaks nothing newer."""
    context = own.trusting()
    # OpenSSL itself offers the older ones at this level alone.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


def test_pages_come_over_tls(own: Certified, port: int) -> None:
    """The connection itself says that it is https, where no proxy does: nothing is led elsewhere."""
    status, page = own.ask(port, "/accounts/login/")
    assert (status, b"Sign in" in page) == (200, True)
    style = page.decode().split('rel="stylesheet"')[1].split('href="')[1].split('"')[0]
    status, sheet = own.ask(port, style)
    assert (status, len(sheet) > 10_000) == (200, True)
    assert own.ask(port, "/v1/users/me/persona/traits")[0] == 401
    assert own.ask(port, "/readyz")[0] == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_of_today_are_spoken(own: Certified, port: int, version: ssl.TLSVersion) -> None:
    assert own.ask(port, "/healthz", limited(own, version))[0] == 200


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_versions_of_old_are_not(own: Certified, port: int, version: ssl.TLSVersion) -> None:
    with pytest.raises(ssl.SSLError):
        own.ask(port, "/healthz", limited(own, version))


def test_nothing_is_served_in_clear(port: int) -> None:
    with contextlib.closing(http.client.HTTPConnection("localhost", port, timeout=10)) as asking:
        asking.request("GET", "/healthz")
        with pytest.raises((OSError, http.client.HTTPException)):
            asking.getresponse()


def test_who_makes_no_handshake_keeps_nobody_out_and_is_sent_away(own: Certified, port: int) -> None:
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _ in range(50)]
        assert seconds_of(lambda: own.ask(port, "/healthz")) < 2
        began = time.monotonic()
        silent[0].settimeout(HANDSHAKE_SECONDS + 10)
        with contextlib.suppress(ConnectionResetError):
            assert silent[0].recv(1) == b""
        assert time.monotonic() - began < HANDSHAKE_SECONDS + 5


def test_the_probe_knows_of_it(own: Certified, port: int) -> None:
    def status(**environment: str) -> int:
        command = [sys.executable, "-m", "ptfi.web.server.probe", str(port)]
        return subprocess.run(command, cwd=ROOT, env=dict(os.environ) | environment, check=False).returncode

    assert status(**own.environment) == 0
    assert status() == 1


def test_events_come_over_tls(own: Certified, alice: User, signed_in: SignedIn) -> None:
    events = EventsProcess("https://localhost", 0, own.authority, **own.environment)
    try:
        status, headers = events.ask("/events", Cookie=f"session={signed_in(alice).cookies['session'].value}")
        assert (status, headers["Content-Type"]) == (200, "text/event-stream")
    finally:
        assert events.stop() == 0


def test_a_projectors_metrics_come_over_tls(own: Certified) -> None:
    chosen = free_port()
    with running("manage.py", "project_graph", "--metrics-port", str(chosen), log=None, **own.environment) as projector:
        wait_until(lambda: opens(chosen))
        with socket.create_connection(("127.0.0.1", chosen), 10):
            status, text = own.ask(chosen, "/metrics")
        assert (status, b"ptfi_projector_people" in text) == (200, True)
        with contextlib.closing(http.client.HTTPConnection("localhost", chosen, timeout=10)) as asking:
            asking.request("GET", "/metrics")
            with pytest.raises((OSError, http.client.HTTPException)):
                asking.getresponse()
        projector.terminate()
        assert projector.wait(20) == 0


def opens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture
def locked(own: Certified, tmp_path: Path) -> dict[str, str]:
    """The environment of a process whose key has a password."""
    key = serialization.load_pem_private_key(own.key.read_bytes(), None)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode())
    )
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    return own.environment | {"TLS_KEY_FILE": str(tmp_path / "key.pem")}


def test_a_key_may_have_a_password(own: Certified, locked: dict[str, str], tmp_path: Path) -> None:
    """Given in a file, as other secrets; two workers, which both read the key."""
    chosen, secure = free_port(), locked | {"TLS_KEY_PASSWORD_FILE": str(tmp_path / "password")}
    with running("manage.py", "serve", "web", "--port", str(chosen), "--workers", "2", log=None, **secure) as web:
        wait_until(lambda: own.answers(chosen))
        command = Path(f"/proc/{web.pid}/cmdline").read_text()
        assert "ssl-keyfile" in command
        assert PASSWORD not in command
        web.terminate()
        assert web.wait(30) == 0
    with running("manage.py", "project_graph", "--metrics-port", str(chosen), log=None, **secure):
        wait_until(lambda: opens(chosen))
        assert own.ask(chosen, "/metrics")[0] == 200


def in_der(folder: Path) -> Path:
    """The right kind of key in the wrong encoding."""
    key = serialization.load_pem_private_key(certified(folder).key.read_bytes(), None)
    encoding, form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
    path = folder / "key.der"
    path.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return path


def noise(folder: Path) -> Path:
    folder.write_bytes(bytes(range(256)))
    return folder


KEYS: dict[str, Callable[[Path], Path]] = {"OTHER": lambda folder: certified(folder).key, "DER": in_der, "NOISE": noise}


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"TLS_KEY_PASSWORD": "wrong"}, "TLS_KEY_PASSWORD does not open the key"),
        ({}, "TLS_KEY_PASSWORD does not open the key"),
        ({"TLS_KEY_FILE": "/nowhere/key.pem"}, "can't be read: No such file"),
        ({"TLS_KEY_FILE": str(ROOT / "README.md")}, "they do not hold what fits together"),
        ({"TLS_KEY_FILE": "OTHER"}, "they do not hold what fits together"),
        ({"TLS_KEY_FILE": "DER"}, "they do not hold what fits together"),
        ({"TLS_KEY_FILE": "NOISE"}, "they do not hold what fits together"),
        ({"TLS_KEY_FILE": ""}, "TLS_KEY_FILE: Missing: TLS takes both files."),
    ],
)
def test_what_cannot_be_used_is_said_at_the_start(
    locked: dict[str, str], tmp_path: Path, wrong: dict[str, str], fault: str
) -> None:
    # A process of each kind, in turn.
    command = ("serve", "web") if wrong else ("project_graph", "--metrics-port", "1")
    if make := KEYS.get(wrong.get("TLS_KEY_FILE", "")):
        wrong = {"TLS_KEY_FILE": str(make(tmp_path / "other"))}
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=dict(os.environ) | locked | wrong,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert fault in done.stderr, done.stderr
    assert "Traceback" not in done.stderr or "ImproperlyConfigured" in done.stderr
    assert "wrong" not in done.stderr
