"""Senders as processes: killed, cut off, or held up by a receiver; nothing is lost, and repeats are recognisable."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from django.db import connection

from ptfi.accounts.models import User
from ptfi.oauth.webhooks.registration import register_webhook
from tests.support.cast import acting_for_self, confirmed_trait
from tests.support.data_folder import wait_until
from tests.support.processes import free_port, running
from tests.support.proxy import Proxy
from tests.support.receivers import Receiver, receiver, slowly, told_client
from traits import decisions
from traits.decisions.inputs import Changes
from traits.models import Notice, PersonaTrait
from traits.sharing.receipts import Read, Reader, store

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def at_once(settings: Any) -> None:
    settings.NOTICE_DELAY_SECONDS = 0


@contextmanager
def sender(*options: str) -> Iterator[Any]:
    with running(
        "manage.py", "send_notices", *options, WEBHOOK_NETWORKS="127.0.0.0/8", NOTICE_DELAY_SECONDS="0"
    ) as process:
        yield process


def read_by(user: User, client: OAuthClient, name: str = "Loves jazz") -> PersonaTrait:
    trait = confirmed_trait(user, name)
    store(Reader(user.pk, client.pk, "api readTrait"), Read({trait.pk: trait.category}, number=1))
    return trait


def edit(user: User, trait: PersonaTrait, times: int) -> None:
    for number in range(times):
        changes = Changes(description=f"Version {number} of {trait.name}")
        decisions.edit_trait(**acting_for_self(user), trait_id=trait.pk, changes=changes)


def all_is_told() -> bool:
    return not Notice.objects.filter(acknowledged_at=None).exists()


def due() -> None:
    """As if the time until the next attempt, or that of a dead sender's lease, had passed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE traits_notice SET next_attempt_at = now(), claimed_until = NULL WHERE acknowledged_at IS NULL"
        )
        cursor.execute("UPDATE clients_webhook SET paused_until = NULL")


def in_order(to: Receiver) -> bool:
    """Whether the messages about each trait came in the order of their number, but for repeats."""
    numbers = {str(each.notice_id): each.pk for each in Notice.objects.all()}
    by_trait = dict[str, list[int]]()
    for each in to.got:
        by_trait.setdefault(each.event[1], []).append(numbers[each.id])
    return all(found == sorted(found) for found in by_trait.values())


def test_a_sender_that_is_killed_loses_nothing(alice: User) -> None:
    """It dies after the receiver has the message, and before it knows that: the message comes again, with its id."""
    with receiver() as to:
        client = told_client(to)
        trait, other = (read_by(alice, client, name) for name in ("Loves jazz", "Sails"))
        hangs = threading.Event()

        def answer(_: BaseHTTPRequestHandler) -> int:
            hangs.wait(20)
            return 204

        to.answer = answer
        with sender() as process:
            edit(alice, trait, 3)
            edit(alice, other, 1)
            wait_until(lambda: bool(to.seen), 20)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        first = to.seen[0].id
        hangs.set()
        due()
        with sender():
            wait_until(all_is_told, 20)
        assert [each.id for each in to.seen].count(first) == 2
        assert len({each.id for each in to.got}) == Notice.objects.count() == 4
        assert in_order(to)


def test_two_senders_a_killed_receiver_and_a_slow_one(alice: User) -> None:
    """What waits for a receiver that is away is sent when it is back; a slow one holds nobody else up."""
    port = free_port()
    with receiver() as slow, receiver() as quick:
        slow.answer = slowly(3)
        away = told_client(f"http://127.0.0.1:{port}/hook", name="Away")
        trait = read_by(alice, away)
        for client in (told_client(slow, "Slow"), told_client(quick, "Quick")):
            for _ in range(2):
                store(Reader(alice.pk, client.pk, "api readTrait"), Read({trait.pk: trait.category}, number=1))
        with sender(), sender("--threads", "2"):
            edit(alice, trait, 3)
            wait_until(lambda: len(quick.got) == 3, 15)
            assert len(slow.got) < 3
            wait_until(lambda: Notice.objects.filter(client=away, attempts__gt=0).exists(), 15)
            with receiver(port) as back:
                back.secrets.append(register_webhook(away.pk, back.url, new_secret=True))
                due()
                wait_until(all_is_told, 25)
                assert len({each.id for each in back.got}) == 3
                assert all(map(in_order, (back, quick, slow)))
        assert len(quick.seen) == 3


def test_a_network_that_is_cut_loses_nothing(alice: User) -> None:
    """The receiver got the message, and the connection breaks before the sender hears so."""
    with receiver() as to:
        client = told_client(to)
        proxy = Proxy(lambda: socket.create_connection(("127.0.0.1", to.port)))
        try:
            register_webhook(client.pk, f"http://127.0.0.1:{proxy.port}/hook")
            trait = read_by(alice, client)

            def cut(_: BaseHTTPRequestHandler) -> int:
                proxy.lose_clients()
                return 204

            to.answer = cut
            with sender():
                edit(alice, trait, 2)
                wait_until(lambda: Notice.objects.filter(attempts=1, claimed_until=None).exists(), 20)
                assert not Notice.objects.filter(acknowledged_at__isnull=False).exists()
                to.answer = lambda _: 204
                proxy.restore()
                due()
                wait_until(all_is_told, 20)
        finally:
            proxy.close()
        ids = [each.id for each in to.got]
        assert (len(ids), len(set(ids))) == (3, 2)
        assert ids[0] == ids[1]


def test_it_stops_when_told_and_says_that_it_works(alice: User, tmp_path: Any) -> None:
    heartbeat = tmp_path / "heartbeat"
    with sender("--heartbeat", str(heartbeat)) as process:
        wait_until(heartbeat.exists, 20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
