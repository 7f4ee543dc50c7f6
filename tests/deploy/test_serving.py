"""``manage.py serve web``: clients that send or read nothing hold no thread, and everybody else is served."""

import contextlib
import http.client
import json
import os
import resource
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, Suggest, make_candidate
from tests.support.data_folder import wait_until
from tests.support.events import cookie_of
from tests.support.serving import confirm, seconds_of, serving
from tests.support.soak import KEEP_IN
from traits.models import Persona, UserRefinedTrait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LIMITS = {"WEB_HEAD_SECONDS": "2", "WEB_BODY_SECONDS": "2", "WEB_STALL_SECONDS": "3"}
HALF_A_FORM = (
    b"POST /identity/o/api/token HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\na="
)


@pytest.fixture(scope="module")
def port(django_db_setup: None) -> Iterator[int]:
    """Where a web process with short limits serves all tests of this file."""
    with serving(**LIMITS) as chosen:
        yield chosen


def connect(stack: ExitStack, port: int, sent: bytes = b"", receive_buffer: int = 0, source: int = 0) -> socket.socket:
    """A connection from one of fifty addresses, which source chooses."""
    opened = stack.enter_context(contextlib.closing(socket.socket()))
    opened.bind((f"127.0.0.{1 + source % 50}", 0))
    if receive_buffer:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    opened.connect(("127.0.0.1", port))
    if sent:
        opened.sendall(sent)
    return opened


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    with contextlib.closing(http.client.HTTPConnection("localhost", port, timeout=30)) as asking:
        asking.request(method, path, body or None, headers)
        answer = asking.getresponse()
        return answer.status, answer.read()


def is_closed(opened: socket.socket) -> bool:
    opened.settimeout(0.1)
    try:
        return opened.recv(65_536) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_bodies_that_do_not_come_hold_no_thread(port: int) -> None:
    with ExitStack() as stack:
        silent = [connect(stack, port, HALF_A_FORM) for _ in range(100)]
        for path in ("/healthz", "/readyz", "/accounts/login/"):
            assert ask(port, "GET", path)[0] == 200
        answers = [opened.recv(4_096) for opened in silent]
        assert {answer[:13] for answer in answers} == {b"HTTP/1.1 408 "}
        assert b"Nothing was changed" in answers[0]


def test_a_body_that_comes_too_slowly_is_given_up(port: int) -> None:
    with ExitStack() as stack:
        slow = connect(stack, port, HALF_A_FORM)
        slow.settimeout(0.2)
        got = b""
        started = time.monotonic()
        while not got and time.monotonic() - started < 10:
            slow.sendall(b"a")
            with contextlib.suppress(TimeoutError):
                got = slow.recv(4_096)
        assert got.startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: "])
def test_a_connection_on_which_no_request_comes_is_closed(port: int, sent: bytes) -> None:
    with ExitStack() as stack:
        opened = connect(stack, port, sent)
        wait_until(lambda: is_closed(opened), 6)


def test_a_second_head_has_its_time_too(port: int) -> None:
    """An empty line after an answer must not stop the clock of a connection that is kept."""
    with ExitStack() as stack:
        opened = connect(stack, port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert opened.recv(4_096).startswith(b"HTTP/1.1 200 ")
        opened.sendall(b"\r\n")
        wait_until(lambda: is_closed(opened), 8)


def test_a_head_without_end_is_refused(port: int) -> None:
    with ExitStack() as stack:
        opened = connect(stack, port, b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        with contextlib.suppress(OSError):
            for number in range(200):
                opened.sendall(b"X-%d: " % number + b"a" * 1_000 + b"\r\n")
        opened.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert opened.recv(4_096).startswith(b"HTTP/1.1 431 ")


def test_probes_answer_while_every_thread_waits(port: int, alice: User, suggest: Suggest, signed_in: SignedIn) -> None:
    client, said = signed_in(alice), list[int]()
    candidates = [suggest(alice, f"Number {number}") for number in range(8)]
    deciding = [threading.Thread(target=confirm, args=(port, client, each, said)) for each in candidates]
    with transaction.atomic():
        Persona.objects.select_for_update().get(user=alice)
        for thread in deciding:
            thread.start()
        time.sleep(1)
        assert not said
        for path in ("/healthz", "/readyz"):
            assert seconds_of(lambda path=path: ask(port, "GET", path)) < 1  # type: ignore[misc]
        assert ask(port, "GET", "/healthz") == (200, b'{"status": "ok"}')
    for thread in deciding:
        thread.join(30)
    assert sorted(said) == [302] * 8


@pytest.fixture
def wealthy(alice: User) -> User:
    """Somebody whose export is too long for any buffer on the way."""
    for number in range(150):
        make_candidate(alice, f"Number {number}", evidence=[f"{piece} {'long ' * 600}" for piece in range(20)])
    return alice


def download(client: Client, stack: ExitStack, port: int) -> socket.socket:
    return stall(client, stack, port, "/v1/users/me/persona/export")


def long_list(client: Client, stack: ExitStack, port: int) -> socket.socket:
    """Somebody who asks for some megabytes, and reads none."""
    return stall(client, stack, port, "/v1/users/me/persona/traits/candidates?limit=100")


def stall(client: Client, stack: ExitStack, port: int, path: str) -> socket.socket:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie_of(client)}\r\n\r\n"
    return connect(stack, port, request.encode(), receive_buffer=2_048)


def test_readers_who_stall_hold_no_thread_and_are_cut_off(port: int, wealthy: User, signed_in: SignedIn) -> None:
    client = signed_in(wealthy)
    with ExitStack() as stack:
        stalled = [download(client, stack, port) for _ in range(2)]
        wait_until(lambda: ask(port, "GET", "/v1/users/me/persona/export", Cookie=cookie_of(client))[0] in (200, 429))
        assert seconds_of(lambda: ask(port, "GET", "/accounts/login/")) < 5
        # Made, and kept for the reader outside of the threads: the person may have another one.
        wait_until(lambda: ask(port, "GET", "/v1/users/me/persona/export", Cookie=cookie_of(client))[0] == 200, 30)
        time.sleep(4)
        read = sum(len(piece) for piece in iter(lambda: received(stalled[0]), b""))
        assert read < 8_000_000
        assert is_closed(stalled[1]) or not received(stalled[1])


def received(opened: socket.socket) -> bytes:
    opened.settimeout(3)
    try:
        return opened.recv(65_536)
    except OSError:
        return b""


def test_a_slow_reader_gets_all_of_it(port: int, wealthy: User, signed_in: SignedIn) -> None:
    cookie = cookie_of(signed_in(wealthy))
    with contextlib.closing(http.client.HTTPConnection("localhost", port, timeout=30)) as asking:
        asking.request("GET", "/v1/users/me/persona/export", headers={"Cookie": cookie})
        answer = asking.getresponse()
        pieces = []
        while piece := answer.read(2_000_000):
            pieces.append(piece)
            time.sleep(0.2)
    whole = json.loads(b"".join(pieces))
    assert len(whole["candidates"]) == 150


def head_of(client: Client, method: str, path: str, *lines: str) -> bytes:
    """A request's head, of somebody with a session and its CSRF token."""
    token = "x" * 32
    signed = (f"Cookie: {cookie_of(client)}; csrftoken={token}", f"X-CSRFToken: {token}")
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *signed, *lines, "", ""]).encode()


JSON, FORM = "Content-Type: application/json", "Content-Type: application/x-www-form-urlencoded"
CHUNKS = "Transfer-Encoding: chunked"


def test_json_in_chunks_arrives_whole(port: int, alice: User, signed_in: SignedIn) -> None:
    path = f"/v1/users/me/persona/traits/candidates/{make_candidate(alice, 'Knits').pk}/actions"
    with ExitStack() as stack:
        sent = b'10\r\n{"userDecision":\r\n' + b'b\r\n"rejected"}\r\n' + b"0\r\n\r\n"
        opened = connect(stack, port, head_of(signed_in(alice), "POST", path, JSON, CHUNKS) + sent)
        assert opened.recv(4_096).startswith(b"HTTP/1.1 200 ")
    assert UserRefinedTrait.objects.get(user=alice).user_decision == "rejected"


def test_a_form_in_chunks_is_asked_for_its_length(port: int, alice: User, signed_in: SignedIn) -> None:
    path = f"/review/{make_candidate(alice, 'Knits').pk}/reject/"
    with ExitStack() as stack:
        sent = b"6\r\ncode=o\r\n0\r\n\r\n"
        opened = connect(stack, port, head_of(signed_in(alice), "POST", path, FORM, CHUNKS) + sent)
        assert opened.recv(4_096).startswith(b"HTTP/1.1 411 ")
    assert not UserRefinedTrait.objects.filter(user=alice).exists()


@pytest.mark.parametrize("part", [(FORM, "Content-Length: 50"), (JSON, "Content-Length: 50"), (JSON, CHUNKS)])
def test_what_breaks_off_is_not_decided(port: int, alice: User, signed_in: SignedIn, part: tuple[str, str]) -> None:
    """A form that lost its end could be read as one that says less."""
    candidate = make_candidate(alice, "Knits")
    api = f"/v1/users/me/persona/traits/candidates/{candidate.pk}/actions"
    path, sent = (f"/review/{candidate.pk}/reject/", b"code=other") if part[0] == FORM else (api, b'{"userDecision": ')
    with ExitStack() as stack:
        body = b"11\r\n" + sent + b"\r\n" if part[1] == CHUNKS else sent
        opened = connect(stack, port, head_of(signed_in(alice), "POST", path, *part) + body)
        opened.shutdown(socket.SHUT_WR)
        opened.settimeout(5)
        with contextlib.suppress(OSError):
            assert not opened.recv(4_096).startswith(b"HTTP/1.1 2")
    assert ask(port, "GET", "/accounts/login/")[0] == 200
    assert not UserRefinedTrait.objects.filter(user=alice).exists()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_all_limits_is_refused(port: int, alice: User, signed_in: SignedIn, chunked: bool) -> None:
    token = "x" * 32
    headers = {"Cookie": f"{cookie_of(signed_in(alice))}; csrftoken={token}", "X-CSRFToken": token}
    with ExitStack() as stack:
        opened = connect(stack, port)
        length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 20000000"
        head = [b"POST /v1/users/me/persona/traits/custom HTTP/1.1", b"Host: localhost", length]
        head += [b"Content-Type: application/json"] + [f"{name}: {value}".encode() for name, value in headers.items()]
        opened.sendall(b"\r\n".join(head) + b"\r\n\r\n")
        piece = b" " * 65_536
        with contextlib.suppress(OSError):
            for _ in range(300):
                opened.sendall(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
        opened.settimeout(10)
        with contextlib.suppress(ConnectionResetError):
            assert opened.recv(4_096).startswith(b"HTTP/1.1 413 ")
    assert ask(port, "GET", "/healthz")[0] == 200


def test_a_header_with_an_underscore_is_no_header(port: int) -> None:
    """X_Forwarded_Proto would be read as X-Forwarded-Proto, which only a proxy may set."""
    odd = ask(port, "GET", "/accounts/login/", X_Requested_Host="odd", Accept_Language="de")
    assert odd[0] == 200


@pytest.mark.parametrize("name", ["Cookie", "X-Forwarded-For"])
def test_a_header_that_the_server_keeps_back_is_refused(port: int, name: str) -> None:
    """Without it the request would be somebody else's."""
    with ExitStack() as stack:
        line = f"{name}: a=".encode() + b"\xc3\xa9"
        opened = connect(stack, port, b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\n" + line + b"\r\n\r\n")
        assert opened.recv(4_096).startswith(b"HTTP/1.1 400 ")


def test_two_servers_do_not_share_a_port(port: int) -> None:
    with pytest.raises(CommandError, match=f"Port {port} can't be used"):
        call_command("serve", "web", port=port)


def decisions_take(port: int, client: Client, person: User, number: int) -> list[float]:
    """How many seconds each of so many decisions took, in order of time taken."""
    found = []
    for each in range(number):
        candidate, said = make_candidate(person, f"Number {each} of {time.monotonic_ns()}"), list[int]()
        found.append(seconds_of(lambda candidate=candidate, said=said: confirm(port, client, candidate, said)))  # type: ignore[misc]
        assert said == [302]
    return sorted(found)


@pytest.mark.alone
def test_decisions_go_on_under_an_attack(alice: User, wealthy: User, signed_in: SignedIn) -> None:
    """Silent, slow, stalled and idle connections at a time: the 95th percentile of a decision at most doubles."""
    with serving() as port:
        attack(port, alice, signed_in(alice), idle=200, silent=100, slow=100, stalled=20)


@pytest.mark.alone
@pytest.mark.skipif(KEEP_IN not in os.environ, reason="make soak runs it: it takes some minutes")
@pytest.mark.fault("1,000 idle, 500 silent, 500 slow and 100 stalled connections from 50 addresses")
def test_decisions_go_on_under_a_large_attack(alice: User, wealthy: User, signed_in: SignedIn) -> None:
    with serving() as port:
        attack(port, alice, signed_in(alice), idle=1_000, silent=500, slow=500, stalled=100)


def attack(port: int, alice: User, client: Client, *, idle: int, silent: int, slow: int, stalled: int) -> None:
    ended = threading.Event()
    decisions_take(port, client, alice, 10)
    usual = decisions_take(port, client, alice, 40)
    with ExitStack() as stack:
        stack.enter_context(open_files(2 * (idle + silent + slow + stalled)))
        for number in range(idle):
            connect(stack, port, source=number)
        for reader in [long_list(client, stack, port) for _ in range(stalled)]:
            reader.recv(1)
        dripping = [connect(stack, port, HALF_A_FORM, source=number) for number in range(slow)]
        for number in range(silent):
            connect(stack, port, HALF_A_FORM, source=number)
        thread = threading.Thread(target=drip, args=(dripping, ended))
        thread.start()
        attacked = decisions_take(port, client, alice, 40)
        alive = [seconds_of(lambda: ask(port, "GET", "/healthz")) for _ in range(10)]
        ended.set()
        thread.join()
    assert max(alive) < 1
    bound = 2 * usual[-3] + 0.05
    found = f"median {statistics.median(usual):.3f} s, then {statistics.median(attacked):.3f} s"
    assert attacked[-3] <= bound, f"{usual[-3]=} {found}"
    print(f"{found}; 95th percentile {usual[-3]:.3f} s, then {attacked[-3]:.3f} s; /healthz {max(alive):.3f} s")


@contextlib.contextmanager
def open_files(number: int) -> Iterator[None]:
    """This process may have so many files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, number), hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def drip(connections: list[socket.socket], ended: threading.Event) -> None:
    """A byte a second on each connection."""
    while not ended.wait(1):
        for each in connections:
            with contextlib.suppress(OSError):
                each.send(b"a")
