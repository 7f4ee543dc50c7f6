"""deploy/proxy: nginx and HAProxy, run with these configurations before real web and events processes."""

import contextlib
import http.client
import http.server
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, make_candidate
from tests.support.data_folder import wait_until
from tests.support.events import EventsProcess
from tests.support.front_proxies import HOST, certificate, command_of
from tests.support.inner_tls import Certified, certified, make_certificates, terminated
from tests.support.processes import free_port
from tests.support.serving import seconds_of, serving
from traits.models import UserRefinedTrait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PROGRAMS = {"nginx": ("nginx", "/usr/sbin/nginx"), "haproxy": ("haproxy", "/usr/sbin/haproxy")}
SILENT = b"POST /identity/o/api/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\na="


@dataclass
class Site:
    """A proxy that runs, and its ports."""

    tls: int
    plain: int

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with contextlib.closing(http.client.HTTPSConnection(HOST, self.tls, timeout=20, context=context)) as asking:
            asking.request(method, path, body or None, {name.replace("_", "-"): each for name, each in headers.items()})
            answer = asking.getresponse()
            return answer.status, {name.lower(): each for name, each in answer.getheaders()}, answer.read()

    def open(self, stack: contextlib.ExitStack) -> ssl.SSLSocket:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = stack.enter_context(socket.create_connection(("127.0.0.1", self.tls), 10))
        return stack.enter_context(context.wrap_socket(plain, server_hostname=HOST))

    def ask_plain(self, path: str) -> int:
        with contextlib.closing(http.client.HTTPConnection(HOST, self.plain, timeout=20)) as asking:
            asking.request("GET", path)
            return asking.getresponse().status


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def site(
    request: pytest.FixtureRequest, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """PTFI behind this proxy, with https as in production."""
    inside = certified(tmp_path_factory.mktemp("inside"))
    found = Site(free_port(), free_port())
    origin = f"https://{HOST}:{found.tls}"
    secure = {"HTTPS": "1", "TRUSTED_PROXY_COUNT": "1", "SITE_URL": origin} | inside.environment
    with serving(inside.authority, **secure, CSRF_TRUSTED_ORIGINS=origin) as web:
        events = EventsProcess(origin, 0, inside.authority, **secure)
        try:
            with proxied(request.param, tmp_path_factory.mktemp("proxy"), found, inside, web, events.port):
                wait_until(lambda: found.ask("GET", "/healthz")[0] == 200, 20)
                yield found
        finally:
            events.stop()


@contextlib.contextmanager
def proxied(program: str, folder: Path, site: Site, inside: Certified, web: int, events: int) -> Iterator[None]:
    """The program, at the site's ports, with its configuration, which trusts the authority inside."""
    name, path = PROGRAMS[program]
    found = shutil.which(name) or (path if Path(path).exists() else "")
    if not found:
        pytest.skip(f"{name} is missing (Debian: apt install {name})")
    folder.chmod(0o755)
    certificate(folder)
    shutil.copy(inside.authority, folder / "inside.pem")
    # Both web processes of the configuration are one.
    changes = {f"127.0.0.1:{old}": f"127.0.0.1:{new}" for old, new in {8000: web, 8001: events, 8002: web}.items()}
    command = command_of(program, folder, tls=site.tls, plain=site.plain, changes=changes)
    running = subprocess.Popen([found, *command[1:]], env=dict(os.environ))
    try:
        wait_until(lambda: opens(site.tls))
        yield
    finally:
        running.terminate()
        running.wait(10)


def opens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def session(client: object) -> str:
    """The cookie of a signed-in client, by the name that it has over https."""
    return f"__Host-session={client.cookies['session'].value}"  # type: ignore[attr-defined]


def test_pages_come_over_tls_and_plain_http_leads_there(site: Site) -> None:
    status, headers, _ = site.ask("GET", "/accounts/login/")
    assert status == 200
    assert "max-age" in headers["strict-transport-security"]
    assert site.ask_plain("/accounts/login/") == 301
    assert site.ask_plain("/v1/users/me/persona/traits") == 403
    assert site.ask_plain("/identity/o/api/token") == 403


def test_a_decision_goes_through(site: Site, alice: User, signed_in: SignedIn) -> None:
    candidate, token = make_candidate(alice, "Knits"), "x" * 32
    cookie = f"{session(signed_in(alice))}; __Host-csrftoken={token}"
    form = {"Cookie": cookie, "X_CSRFToken": token, "Content_Type": "application/x-www-form-urlencoded"}
    origin = f"https://{HOST}:{site.tls}"
    status, _, _ = site.ask(
        "POST", f"/review/{candidate.pk}/confirm/", b"from=test", Origin=origin, Referer=f"{origin}/", **form
    )
    assert status == 302
    assert UserRefinedTrait.objects.filter(user=alice).count() == 1


def test_metrics_are_not_for_the_world(site: Site) -> None:
    assert site.ask("GET", "/metrics", Authorization="Bearer anything")[0] == 404


def test_a_client_cannot_claim_to_be_somewhere_else(site: Site) -> None:
    """Ten wrong passwords a minute are an address's own, whatever it says its address is."""
    seen = set()
    for number in range(13):
        token = "x" * 32
        form = {"Cookie": f"__Host-csrftoken={token}", "X_CSRFToken": token, "X_Forwarded_For": f"10.0.0.{number}"}
        origin = f"https://{HOST}:{site.tls}"
        body = f"login=nobody{number}@example.com&password=wrong-password".encode()
        kind = {"Content_Type": "application/x-www-form-urlencoded", "Origin": origin, "Referer": f"{origin}/"}
        _, _, page = site.ask("POST", "/accounts/login/", body, **form, **kind)
        seen.add(b"Too many failed" in page)
    assert seen == {True, False}


def test_a_long_body_is_refused_and_a_shorter_one_is_not(site: Site) -> None:
    kind = {"Content_Type": "application/json", "Authorization": "Bearer nothing"}
    assert site.ask("POST", "/v1/ingest/candidates", b" " * 9_000_000, **kind)[0] == 401
    with contextlib.ExitStack() as stack:
        opened = site.open(stack)
        head = b"POST /v1/ingest/candidates HTTP/1.1\r\nHost: localhost\r\nContent-Length: 13000000\r\n\r\n"
        opened.sendall(head + b" " * 32_000)
        assert opened.recv(4_096).split(b" ")[1] == b"413"


def test_events_come_as_they_happen(site: Site, alice: User, signed_in: SignedIn) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.closing(http.client.HTTPSConnection(HOST, site.tls, timeout=20, context=context)) as asking:
        asking.request("GET", "/events", headers={"Cookie": session(signed_in(alice))})
        answer = asking.getresponse()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
        assert seconds_of(lambda: answer.readline()) < 5


def test_silent_senders_never_reach_the_web_process(site: Site) -> None:
    """The proxy reads a request to its end before it passes it on."""
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            site.open(stack).sendall(SILENT)
        assert seconds_of(lambda: site.ask("GET", "/accounts/login/")) < 5


@pytest.mark.parametrize("program", PROGRAMS)
def test_inside_nobody_is_taken_for_a_web_process_who_is_none(program: str, tmp_path: Path) -> None:
    """Not with a certificate for another name, nor with one of another authority, nor without TLS."""
    site, inside, other = Site(free_port(), free_port()), certified(tmp_path / "inside"), certified(tmp_path / "other")
    make_certificates(tmp_path / "inside", "elsewhere")
    elsewhere = Certified(tmp_path / "inside", "elsewhere")
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(answering())
        ports = [stack.enter_context(terminated(plain, each)) for each in (inside, elsewhere, other)]
        for expected, port in zip((True, False, False, False), (*ports, plain), strict=True):
            folder = tmp_path / f"{port}"
            folder.mkdir()
            with proxied(program, folder, site, inside, port, port):
                wait_until(lambda: is_served(site)) if expected else time.sleep(2.5)
                assert is_served(site) is expected


def is_served(site: Site) -> bool:
    status, _, body = site.ask("GET", "/readyz")
    assert status in (200, 502, 503)
    return (status, body) == (200, b"web")


@contextlib.contextmanager
def answering() -> Iterator[int]:
    """The port of a program that answers everything with 200."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"web")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
