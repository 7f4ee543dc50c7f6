"""The projectors on the page of the projection: what runs, and what was killed."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from graph.models import ProjectorState
from graph.projection import heartbeat as reporting
from graph.projection.projector import Projector
from ptfi.accounts.models import User
from tests.support.cast import SignedIn, confirmed
from tests.support.pages import text_of

pytestmark = [pytest.mark.graph, pytest.mark.django_db]
PAGE = "/admin/traits/persona/"


@pytest.fixture
def staff(sam: User, signed_in: SignedIn) -> Client:
    return signed_in(sam)


def wait_for(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def projector(transactional_db: None) -> Iterator[threading.Event]:
    """A projector that runs in a thread; the event ends it."""
    stop = threading.Event()

    def work() -> None:
        try:
            Projector().run(stop)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield stop
    stop.set()
    thread.join()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_projector_says_what_it_does(
    staff: Client, alice: User, projector: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "EVERY", 0.05)
    confirmed(alice)
    wait_for(lambda: ProjectorState.objects.filter(entries_done=1, people_done=1).exists())
    text = text_of(staff.get(PAGE))
    assert "idle" in text
    assert "1 of 1 person" in text
    projector.set()
    wait_for(lambda: not ProjectorState.objects.exists())


def test_a_projector_that_was_killed(staff: Client) -> None:
    now = timezone.now()
    for name, age in {"lost-host": dt.timedelta(minutes=5), "old-host": dt.timedelta(days=2)}.items():
        ProjectorState.objects.create(host=name, pid=7, started_at=now - age, seen_at=now - age, people=3)
    text = text_of(staff.get(PAGE))
    assert "lost-host:7 gone, last seen 5 minutes ago – 0 of 0 people" in text
    assert "old-host" not in text
    reporting.Reporter().end()
    assert list(ProjectorState.objects.values_list("host", flat=True)) == ["lost-host"]
