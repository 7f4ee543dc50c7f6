"""Requests to addresses that others name: what is refused, in every notation, and that no receiver can hold us up."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path
from typing import Any

import httpcore2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptfi.outgoing import addresses
from ptfi.outgoing.addresses import RefusedAddressError
from ptfi.outgoing.client import FAILED, post
from tests.support.inner_tls import Certified, make_certificates
from tests.support.receivers import receiver

PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10")
REFUSED = [
    *("127.0.0.1", "127.1", "0x7f000001", "0x7f.1", "2130706433", "0177.0.0.1", "017700000001", "localhost", "0"),
    *("10.0.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255"),  # noqa: S104
    *("192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:a00:1]", "[::127.0.0.1]", "[fe80::1]"),
    *("[fc00::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::1]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]"),
]


@pytest.fixture(autouse=True)
def no_networks(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = []


@pytest.mark.parametrize("host", REFUSED)
def test_what_is_not_public_is_refused_in_every_notation(host: str) -> None:
    with receiver() as here:
        for scheme in ("http", "https"):
            with pytest.raises(RefusedAddressError):
                post(f"{scheme}://{host}:{here.port}/", b"{}", {})
        assert here.seen == []
    assert addresses.faults(f"https://{host}/") or host == "localhost"


FOUR = st.sampled_from(PRIVATE).flatmap(lambda each: st.ip_addresses(v=4, network=each))


@given(inner=FOUR)
def test_no_form_of_a_private_address_is_allowed(inner: IPv4Address) -> None:
    number = int(inner)
    sixtofour = IPv6Address(0x2002 << 112 | number << 80)
    carriers = (IPv6Address(prefix | number) for prefix in (0, 0xFFFF << 32, 0x64FF9B << 96))
    forms = map(str, (*carriers, sixtofour))
    for text in (str(inner), *forms):
        assert not addresses.is_allowed(text), text


@given(address=st.ip_addresses())
def test_what_is_allowed_is_global(address: IPv4Address | IPv6Address) -> None:
    if addresses.is_allowed(str(address)):
        assert address.is_global
        assert not any(address in ip_network(each) for each in PRIVATE if address.version == 4)


@pytest.mark.parametrize("url", ["https://8.8.8.8/", "https://hooks.example.com/x?y=1", "https://[2606:4700::1]:8443/"])
def test_public_addresses_can_be_registered(url: str) -> None:
    assert addresses.faults(url) == []


@pytest.mark.parametrize(
    "url",
    [
        *("", "hooks", "http://hooks.example.com/", "ftp://a.example/", "https://me:pw@a.example/"),
        *("https://a.example/#x", "https://a.example:99999/", "https://a b/", "https://ä.example/", "https:///x"),
        "https://a.example:0/",
    ],
)
def test_other_addresses_can_not(url: str) -> None:
    assert addresses.faults(url)


def answering(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let look-ups of names give these addresses, one list after the other; returns what was looked up."""
    asked, system = list[str](), socket.getaddrinfo

    def getaddrinfo(host: str, port: Any, *_: Any, **options: Any) -> list[Any]:
        if options.get("flags"):
            raise socket.gaierror
        if host[:1].isdigit():
            return system(host, port, *_, **options)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_that_changes_its_mind_changes_nothing(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """The connection goes to what the one look-up found; afterwards the name may mean another machine."""
    settings.WEBHOOK_NETWORKS = ["127.0.0.1/32"]
    with receiver() as here:
        asked = answering(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
        assert post(f"http://hooks.example.com:{here.port}/", b"{}", {}) == 204
        assert asked == ["hooks.example.com"]
        assert here.seen[0].headers["host"] == f"hooks.example.com:{here.port}"
        with pytest.raises(RefusedAddressError):
            post(f"http://hooks.example.com:{here.port}/", b"{}", {})
        assert len(here.seen) == 1


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(RefusedAddressError):
        post("https://hooks.example.com/", b"{}", {})


@pytest.fixture
def here_is_allowed(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(here_is_allowed: None, status: int) -> None:
    with receiver() as here:
        here.answer = lambda _: status
        assert post(here.url, b"{}", {}) == status
        assert len(here.seen) == 1


def test_proxies_of_the_environment_are_not_used(here_is_allowed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as here, receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert post(here.url, b"{}", {}) == 204
        assert (len(here.seen), proxy.seen) == (1, [])


def test_the_certificate_has_to_be_the_names(
    here_is_allowed: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_certificates(tmp_path, "web,hooks.example.com", "other,elsewhere.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", Certified(tmp_path).authority)
    folders = {name: (tmp_path / name / "certificate.pem", tmp_path / name / "key.pem") for name in ("web", "other")}
    with receiver(certificate=folders["web"]) as here, receiver(certificate=folders["other"]) as other:
        answering(monkeypatch, ["127.0.0.1"])
        assert post(f"https://hooks.example.com:{here.port}/", b"{}", {}) == 204
        with pytest.raises(httpcore2.ConnectError):
            post(f"https://hooks.example.com:{other.port}/", b"{}", {})
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(httpcore2.ConnectError):
            post(f"https://hooks.example.com:{here.port}/", b"{}", {})
        assert (len(here.seen), other.seen) == (1, [])


@contextmanager
def sending(send: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that sends whatever it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                peer, _ = listener.accept()
                with peer:
                    peer.recv(65_536)
                    send(peer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def drip(peer: socket.socket) -> None:
    """A byte now and then, each soon enough not to be an idle connection."""
    peer.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        peer.sendall(b"X")
        time.sleep(0.1)


def flood(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        peer.sendall(b"x" * 65_536)


@pytest.mark.parametrize("send", [drip, lambda _: time.sleep(5)])
def test_no_receiver_takes_longer_than_the_deadline(
    here_is_allowed: None, send: Callable[[socket.socket], None]
) -> None:
    began = time.monotonic()
    with sending(send) as url, pytest.raises(FAILED):
        post(url, b"{}", {}, seconds=0.5)
    assert time.monotonic() - began < 2


def test_a_long_answer_is_not_read_to_its_end(here_is_allowed: None) -> None:
    with sending(flood) as url:
        assert post(url, b"{}", {}, seconds=5) == 200


def test_what_is_no_http_is_a_failure(here_is_allowed: None) -> None:
    with sending(lambda peer: peer.sendall(b"220 mail.example.com\r\n")) as url, pytest.raises(FAILED):
        post(url, b"{}", {})
