"""An erasure and an import at the same moment: whichever is first, nothing of the import stays behind."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from ptfi.accounts.models import User
from tests.conftest import by, make_candidate
from tests.decisions import assert_log_whole
from tests.persona_marker import erased
from tests.test_erasure import suggestion
from traits import ingest, services
from traits.errors import NotFoundError
from traits.models import Erasure, ExtractedTraitCandidate, Persona

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@contextmanager
def beside(act: Callable[[], Any]) -> Iterator["Future[Any]"]:
    """What it does runs in a thread with a connection of its own, and has come to wait for a lock."""

    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    before = waiting()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        deadline = time.monotonic() + 10
        while waiting() == before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not future.done()
        yield future


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("superseding", [False, True])
def test_an_import_that_is_first_is_erased_as_well(alice: User, superseding: bool) -> None:
    stored = make_candidate(alice)
    batch = [suggestion(candidate_id=str(stored.pk), supersedes=[str(stored.pk)] if superseding else [])]
    batch.append(suggestion())
    with ExitStack() as threads, transaction.atomic():
        # The import has the persona and waits for this candidate.
        ExtractedTraitCandidate.objects.select_for_update().get(pk=stored.pk)
        first = threads.enter_context(beside(lambda: ingest.apply(batch, owner=alice)))
        second = threads.enter_context(beside(lambda: erased(alice)))
    assert first.result().created == 1
    assert second.result().counts["candidates"] == 2
    assert not ExtractedTraitCandidate.objects.exists()


def test_an_import_that_comes_meanwhile_is_refused(alice: User) -> None:
    make_candidate(alice)
    with ExitStack() as threads, transaction.atomic():
        erased(alice)
        answer = threads.enter_context(beside(lambda: ingest.apply([suggestion()], owner=alice)))
    assert answer.result().refused == {0: [("user", "this person takes no suggestions")]}
    assert not ExtractedTraitCandidate.objects.exists()


def test_a_decision_does_not_wait_for_an_import(alice: User) -> None:
    stored, other = make_candidate(alice), make_candidate(alice, "Sails")
    with ExitStack() as threads, transaction.atomic():
        ExtractedTraitCandidate.objects.select_for_update().get(pk=stored.pk)
        threads.enter_context(beside(lambda: ingest.apply([suggestion(candidate_id=str(stored.pk))], owner=alice)))
        services.confirm(**by(alice), candidate_id=other.pk)
    assert Persona.objects.get(user=alice).revision == 1


def test_a_decision_that_comes_meanwhile_finds_nothing(alice: User) -> None:
    candidate = make_candidate(alice)
    with ExitStack() as threads, transaction.atomic():
        erased(alice)
        answer = threads.enter_context(beside(lambda: services.confirm(**by(alice), candidate_id=candidate.pk)))
    with pytest.raises(NotFoundError):
        answer.result(10)
    assert Persona.objects.get(user=alice).revision == 0


def test_many_at_once_do_not_lock_each_other_out(alice: User) -> None:
    """Imports that replace what others brought, decisions and erasures of one person."""
    stop = threading.Event()

    def work(number: int) -> int:
        done = 0
        try:
            while not stop.is_set():
                old = [str(pk) for pk in ExtractedTraitCandidate.objects.values_list("pk", flat=True)[:20]]
                if number == 0:
                    Persona.objects.filter(user=alice).update(suggestions_off_at=None)
                    erased(alice)
                    time.sleep(0.2)
                else:
                    ingest.apply([suggestion(supersedes=old[:3]) for _ in range(20)], owner=alice)
                done += 1
        finally:
            connection.close()
        return done

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(work, number) for number in range(4)]
        time.sleep(4)
        stop.set()
        assert all(worker.result() for worker in workers)
    erased(alice)
    assert not ExtractedTraitCandidate.objects.exists()
    assert Erasure.objects.count() > 1
    assert_log_whole(alice)
