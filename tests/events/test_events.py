"""Streams of events, by real processes: each person hears of themselves alone, and whoever may not listen does not."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from ptfi.accounts.models import User
from ptfi.events import hub
from ptfi.events.channels import people_in, tell_suggested
from ptfi.web.headers import HEADERS
from tests.support.candidate_files import row
from tests.support.cast import SignedIn, confirmed, make_user
from tests.support.data_folder import wait_until
from tests.support.events import EventsProcess, Listener, cookie_of
from tests.support.graph_helpers import project
from tests.support.oauth import access_token, make_client

Listen = Callable[..., Listener]
pytestmark = [pytest.mark.graph, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def events(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, live_server: LiveServer
) -> Iterator[EventsProcess]:
    with django_db_blocker.unblock():
        process = EventsProcess(live_server.url.replace("127.0.0.1", "localhost"))
    yield process
    process.stop()


@pytest.fixture
def listen(events: EventsProcess) -> Iterator[Listen]:
    """Opens streams of the process, or of another one, and closes them in the end."""
    opened: list[Listener] = []

    def listen(client: Client, process: EventsProcess = events, **headers: str) -> Listener:
        opened.append(Listener(process, client, **headers))
        return opened[-1]

    yield listen
    for listener in opened:
        listener.close()


def bring(user: User, folder: Path) -> None:
    """An import of one new suggestion for this person."""
    file = folder / f"{uuid.uuid4()}.jsonl"
    file.write_text(json.dumps(row(uuid.uuid4(), 1)))
    call_command("import_candidates", str(file), owner=user.email)


def test_each_person_hears_of_themselves_alone(
    listen: Listen, alice: User, bob: User, signed_in: SignedIn, tmp_path: Path
) -> None:
    first, second = (listen(signed_in(alice)) for _ in range(2))
    bobs = listen(signed_in(bob))
    bring(alice, tmp_path)
    assert (first.next(), second.next()) == ("suggested", "suggested")
    confirmed(alice)
    project(alice)
    assert (first.next(), second.next()) == ("projected", "projected")
    assert bobs.nothing()
    bring(bob, tmp_path)
    assert bobs.next() == "suggested"
    assert first.nothing()


def test_a_repeat_brings_nothing_to_tell(listen: Listen, alice: User, signed_in: SignedIn, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row(uuid.uuid4(), 1)))
    call_command("import_candidates", str(file), owner=alice.email)
    listener = listen(signed_in(alice))
    call_command("import_candidates", str(file), owner=alice.email)
    assert listener.nothing()


def test_who_may_not_listen(events: EventsProcess, alice: User, signed_in: SignedIn) -> None:
    cookie = cookie_of(signed_in(alice))
    away = signed_in(make_user("Carol", is_active=False))
    for headers in ({}, {"Cookie": "session=" + "x" * 32}, {"Cookie": "session='\";é"}, {"Cookie": cookie_of(away)}):
        assert events.status("/events", **headers) == 204, headers
    assert events.status("/events", Cookie=cookie, Host="evil.example") == 400
    status, said = events.ask("/events", Cookie=cookie, Origin="https://evil.example")
    assert (status, said["access-control-allow-origin"]) == (403, None)
    assert events.status("/events", "POST", Cookie=cookie) == 405
    # An app hears nothing, whatever its grant: not even that something changed outside of its slice.
    token = access_token(alice, make_client())
    assert events.status("/events", Authorization=f"Bearer {token}") == 204


def test_every_answer_says_what_it_may_be_used_for(events: EventsProcess, listen: Listen, as_alice: Client) -> None:
    stream = listen(as_alice)
    answers = [events.ask(path)[1] for path in ("/events", "/healthz", "/readyz", "/metrics", "/nowhere")]
    for said in (stream.response.headers, *answers):
        assert {name: said[name] for name in HEADERS} == HEADERS


def test_the_sites_pages_may_read_it_from_another_port(
    listen: Listen, alice: User, signed_in: SignedIn, site: str
) -> None:
    headers = {"Origin": site, "Last-Event-ID": "'; DROP TABLE\t€".encode().decode("latin-1")}
    listener = listen(signed_in(alice), **headers)
    assert listener.response.getheader("access-control-allow-origin") == site
    assert listener.response.getheader("access-control-allow-credentials") == "true"
    assert listener.response.getheader("cache-control") == "no-store"
    listener.close()


@pytest.mark.parametrize("path", ["/", "/review/", "/admin/", "/v1/users/me/candidate-traits"])
def test_it_serves_no_pages(events: EventsProcess, path: str) -> None:
    assert events.status(path) == 404


def test_a_stream_ends_with_its_session_and_its_account(
    listen: Listen, alice: User, bob: User, sam: User, signed_in: SignedIn
) -> None:
    leaving, staying = signed_in(alice), signed_in(sam)
    ended = [listen(leaving), listen(signed_in(bob))]
    stays = listen(staying)
    leaving.post("/accounts/logout/")
    User.objects.filter(pk=bob.pk).update(is_active=False)
    wait_until(lambda: all(listener.ended for listener in ended), hub.CHECK_SECONDS + 5)
    assert [listener.ended for listener in ended] == ["cleanly", "cleanly"]
    tell_suggested([sam.pk])
    assert stays.next() == "suggested"


def backends() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        count: int = cursor.fetchone()[0]
    return count


def test_a_person_has_so_many_streams_and_none_of_them_a_connection(
    events: EventsProcess, listen: Listen, alice: User, bob: User, as_alice: Client, signed_in: SignedIn
) -> None:
    first = listen(as_alice)
    before = backends()
    others = [listen(as_alice) for _ in range(hub.PERSON_STREAMS - 1)]
    assert backends() <= before + 1
    assert events.status("/events", Cookie=cookie_of(as_alice)) == 429
    listen(signed_in(bob)).close()
    first.close()
    wait_until(lambda: events.status("/events", Cookie=cookie_of(as_alice)) == 200, 5)
    for listener in others:
        listener.close()


def test_it_listens_again_when_its_connection_was_cut(listen: Listen, alice: User, as_alice: Client) -> None:
    listener = listen(as_alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ptfi events'")
        assert len(cursor.fetchall()) >= 1
    # What happened meanwhile nobody knows: pages look for themselves.
    assert {listener.next(), listener.next()} == {"projected", "suggested"}
    tell_suggested([alice.pk])
    assert listener.next() == "suggested"


def test_a_stop_ends_streams_cleanly(site: str, listen: Listen, alice: User, as_alice: Client) -> None:
    events = EventsProcess(site)
    listeners = [listen(as_alice, events) for _ in range(3)]
    assert events.stop() == 0
    wait_until(lambda: all(listener.ended for listener in listeners), 5)
    assert {listener.ended for listener in listeners} == {"cleanly"}
    assert b"Killing" not in events.output, events.output
    assert b"Traceback" not in events.output, events.output


def test_a_process_holds_so_many_streams(
    site: str, listen: Listen, alice: User, bob: User, as_alice: Client, signed_in: SignedIn
) -> None:
    events = EventsProcess(site, EVENTS_MAX_STREAMS="1")
    listener = listen(as_alice, events)
    assert events.status("/events", Cookie=cookie_of(signed_in(bob))) == 503
    listener.close()
    assert events.stop() == 0


@pytest.mark.parametrize("number", [0, 1, 199, 200, 201, 1_000])
def test_a_batch_of_any_size_is_told(number: int, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN ptfi_suggested")
        people = {uuid.uuid4() for _ in range(number)}
        tell_suggested(people)
        said = [note.payload for note in connection.connection.notifies(timeout=0.3)]
        cursor.execute("UNLISTEN *")
    assert {user_id for payload in said for user_id in people_in(payload)} == people


def test_what_is_no_id_is_passed_over() -> None:
    one = uuid.uuid4()
    assert list(people_in(f"x,{one},,")) == [one]
