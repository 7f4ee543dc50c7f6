"""Downloads that nobody reads to the end hold connections: how many of them there may be, and that they end."""

import http.client
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, make_candidate
from tests.support.data_folder import wait_until
from tests.support.events import cookie_of
from tests.support.pages import text_of
from tests.support.processes import answers, free_port, running

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESSES = ("/persona/data/download/", "/persona/history/log.json", "/persona/history/log.csv")
WEB = ("manage.py", "serve", "web")


@pytest.fixture
def under_way() -> Iterator[list[Any]]:
    """Answers that nobody has read yet."""
    begun: list[Any] = []
    yield begun
    for answer in begun:
        answer.close()


def assert_busy(answer: Any) -> None:
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")


@pytest.mark.slow
def test_one_person_has_two_at_most(as_alice: Client, bob: User, signed_in: SignedIn, under_way: list[Any]) -> None:
    under_way += [as_alice.get(address) for address in ADDRESSES[:2]]
    for address in ADDRESSES:
        assert_busy(as_alice.get(address))
    assert "Other downloads are still running" in text_of(as_alice.get(ADDRESSES[0]))
    under_way.append(signed_in(bob).get(ADDRESSES[0]))
    assert [answer.status_code for answer in under_way] == [200, 200, 200]
    b"".join(under_way[0])
    under_way[1].close()
    for address in ADDRESSES:
        assert b"".join(as_alice.get(address))


def test_all_people_have_half_of_the_connections(
    as_alice: Client, bob: User, signed_in: SignedIn, under_way: list[Any], settings: Any
) -> None:
    settings.DB_POOL_SIZE = 4
    under_way += [as_alice.get(ADDRESSES[0]), signed_in(bob).get(ADDRESSES[0])]
    assert_busy(as_alice.get(ADDRESSES[1]))
    settings.DB_POOL_SIZE = 1
    for answer in under_way:
        answer.close()
    assert as_alice.get(ADDRESSES[1]).status_code == 200


def test_the_api_counts_them_too(as_alice: Client, alice: User, under_way: list[Any]) -> None:
    under_way += [as_alice.get(address) for address in ADDRESSES[:2]]
    answer = as_alice.get(reverse("api_export", args=[alice.pk]), headers={"Accept": "application/json"})
    assert_busy(answer)
    assert answer.json()["error"]["code"] == "throttled"


@pytest.mark.slow
def test_readers_who_read_nothing_make_room_once_their_files_are_made(alice: User, signed_in: SignedIn) -> None:
    for number in range(300):
        make_candidate(alice, f"Number {number}", evidence=[f"{piece} {'long ' * 500}" for piece in range(20)])
    cookie, port = cookie_of(signed_in(alice)), free_port()

    def ask(stack: ExitStack, path: str) -> int:
        asking = stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)))
        asking.request("GET", path, headers={"Cookie": cookie})
        return stack.enter_context(asking.getresponse()).status

    def may() -> bool:
        with ExitStack() as once:
            return ask(once, ADDRESSES[1]) == 200

    with running(*WEB, "--port", str(port)):
        wait_until(lambda: answers(port))
        with ExitStack() as readers:
            export = reverse("api_export", args=[alice.pk])
            assert [ask(readers, export), ask(readers, export)] == [200, 200]
            wait_until(may, 20)
