"""What the graph shows after PostgreSQL lost its last transactions, or a projector died between its two commits."""

import contextlib
import io
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.db import connections, transaction

from graph import connection
from graph.projection import outbox
from graph.projection import writer as writing
from graph.projection.projector import Projector
from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed, make_user
from tests.support.graph_helpers import cypher, persona, project
from traits.erasure import persona as erasure
from traits.models import Persona


@contextmanager
def lost() -> Iterator[None]:
    """What PostgreSQL is told in here, it forgets at the end."""
    savepoint = transaction.savepoint()
    yield
    transaction.savepoint_rollback(savepoint)


def batches(user: User) -> None:
    """Project as a projector does that has been running for long."""
    projector = Projector(only=user.pk)
    while projector.batch():
        pass


def written(user: User) -> outbox.Claim:
    """Write the person's next window and die before PostgreSQL is told; the claim has run out since."""
    projector = Projector(only=user.pk)
    projector._held = outbox.claim(30, user.pk)
    claim = projector._held[0]
    found = [window for _, window in projector._windows()]
    assert connection.write(lambda tx: writing.write(tx, found), 10) == {}
    Persona.objects.filter(user=user).update(claimed_until=None)
    return claim


def names(user_id: uuid.UUID) -> list[str]:
    rows = cypher("MATCH (:User {userID: $u})-[:HAS_TRAIT]->(t) RETURN t.name AS n ORDER BY n", u=user_id)
    return [row["n"] for row in rows]


def went_back(user: User) -> bool:
    return persona(user).went_back_at is not None


def accept(user: User, *, reference: str = "T-1") -> str:
    """What an operator does who restored PostgreSQL to the past; then a projector works."""
    said = io.StringIO()
    call_command("accept_restored_logs", person=str(user.pk), reference=reference, stdout=said)
    batches(user)
    return said.getvalue()


def assert_same(user: User, *, replayed: bool) -> None:
    call_command("check_graph", person=str(user.pk), stdout=io.StringIO())
    assert persona(user).behind == 0
    assert (persona(user).generation > 1) == replayed


@pytest.mark.parametrize("count", [1, 2, 3])
def test_new_decisions_after_a_loss_replace_the_lost_ones(alice: User, count: int) -> None:
    confirmed(alice)
    project(alice)
    with lost():
        confirmed(alice, "Was lost")
        confirmed(alice, "Was lost too")
        batches(alice)
    for number in range(count):
        confirmed(alice, f"New {number}")
    batches(alice)
    assert went_back(alice)
    assert names(alice.pk) == ["Loves jazz", "Was lost", "Was lost too"]
    assert "1 logs went back, and are accepted" in accept(alice)
    assert names(alice.pk) == ["Loves jazz", *(f"New {number}" for number in range(count))]
    assert_same(alice, replayed=True)


def test_a_loss_back_to_the_very_beginning_is_noticed(alice: User) -> None:
    with lost():
        confirmed(alice, "Was lost")
        batches(alice)
    confirmed(alice, "New")
    batches(alice)
    assert went_back(alice)
    accept(alice)
    assert names(alice.pk) == ["New"]
    assert_same(alice, replayed=True)


def test_a_loss_without_new_decisions_is_found_by_the_sweep(alice: User) -> None:
    confirmed(alice)
    project(alice)
    with lost():
        confirmed(alice, "Was lost")
        batches(alice)
    project(alice)
    assert went_back(alice)
    assert names(alice.pk) == ["Loves jazz", "Was lost"]
    accept(alice)
    assert names(alice.pk) == ["Loves jazz"]
    assert_same(alice, replayed=True)


def test_the_sweep_compares_the_hash(alice: User) -> None:
    confirmed(alice)
    project(alice)
    cypher("MATCH (u:User {userID: $u}) SET u.hash = 'another'", u=alice.pk)
    project(alice)
    assert went_back(alice)
    accept(alice)
    assert_same(alice, replayed=True)


def test_a_graph_without_hashes_is_projected_anew(alice: User) -> None:
    confirmed(alice)
    project(alice)
    cypher("MATCH (u:User {userID: $u}) REMOVE u.hash", u=alice.pk)
    confirmed(alice, "Plays the piano")
    batches(alice)
    assert_same(alice, replayed=True)


def test_what_was_written_before_a_crash_is_not_written_again(alice: User) -> None:
    confirmed(alice)
    written(alice)
    assert persona(alice).behind == 1
    batches(alice)
    assert_same(alice, replayed=False)


def test_after_a_crash_the_next_window_goes_on_where_the_last_one_ended(alice: User) -> None:
    confirmed(alice)
    project(alice)
    confirmed(alice, "Plays the piano")
    written(alice)
    confirmed(alice, "Drinks tea")
    batches(alice)
    assert names(alice.pk) == ["Drinks tea", "Loves jazz", "Plays the piano"]
    assert_same(alice, replayed=False)


def test_a_stalled_worker_does_not_mark_another_log_as_projected(alice: User) -> None:
    confirmed(alice)
    project(alice)
    with lost():
        confirmed(alice, "Was lost")
        hash_lost = bytes(persona(alice).hash).hex()
        claim = written(alice)
    confirmed(alice, "New")
    outbox.done([(claim, 2, hash_lost)])
    assert persona(alice).projected_revision == 1
    batches(alice)
    assert went_back(alice)
    accept(alice)
    assert names(alice.pk) == ["Loves jazz", "New"]
    assert_same(alice, replayed=True)


# An alarm, and no healing.


def test_a_log_that_went_back_to_nothing_is_found_by_the_sweep(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    with lost():
        confirmed(alice, "Was lost")
        batches(alice)
    project(alice)
    assert went_back(alice)
    assert names(alice.pk) == ["Was lost"]
    assert (
        f"The log of {alice.pk} went back: the graph was made of it up to an entry 1 that it does not have"
        in caplog.text
    )
    assert "Was lost" not in caplog.text
    caplog.clear()
    project(alice)
    assert "went back" not in caplog.text


def test_a_new_generation_does_not_hide_it(alice: User) -> None:
    """The row that holds it is one that the application may write."""
    confirmed(alice)
    with lost():
        confirmed(alice, "Was lost")
        batches(alice)
    Persona.objects.filter(user=alice).update(generation=7, projected_revision=0)
    batches(alice)
    assert went_back(alice)
    assert "Was lost" in names(alice.pk)
    Persona.objects.filter(user=alice).update(went_back_at=None)
    batches(alice)
    assert went_back(alice)


def test_nobody_heals_it_by_the_way(alice: User) -> None:
    confirmed(alice)
    with lost():
        confirmed(alice, "Was lost")
        batches(alice)
    project(alice)
    for command in ("rebuild_graph", "check_graph"):
        more = {"repair": True} if command == "check_graph" else {}
        with contextlib.suppress(CommandError):
            call_command(command, person=str(alice.pk), stdout=io.StringIO(), **more)
    assert went_back(alice)
    assert "Was lost" in names(alice.pk)
    with pytest.raises(CommandError, match="1 people's logs lack what the graph was made of"):
        call_command("project_graph", once=True)


def test_others_go_on(alice: User, bob: User) -> None:
    confirmed(alice)
    with lost():
        confirmed(alice, "Was lost")
        batches(alice)
    confirmed(alice, "New")
    confirmed(bob, "Bakes")
    assert Projector().batch() == 2
    assert went_back(alice)
    assert not went_back(bob)
    assert names(bob.pk) == ["Bakes"]


def test_an_erasure_is_no_log_that_went_back(alice: User) -> None:
    confirmed(alice)
    project(alice)
    erasure.erase_persona(**acting_for_self(alice))
    confirmed(alice, "New")
    project(alice)
    assert not went_back(alice)
    assert names(alice.pk) == ["New"]


def test_only_restores_are_accepted_and_with_a_reference(alice: User) -> None:
    confirmed(alice)
    project(alice)
    assert accept(alice) == "0 logs went back, and are accepted.\n"
    with pytest.raises(CommandError, match="A reference has"):
        accept(alice, reference="said Alice")
    with lost():
        confirmed(alice, "Was lost")
        batches(alice)
    said = io.StringIO()
    call_command("accept_restored_logs", reference="T-1", dry_run=True, stdout=said)
    assert f"{alice.pk}: the log ends at revision 1" in said.getvalue()
    assert went_back(alice)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_everybody_is_compared_after_postgresql_was_away() -> None:
    user, stop = make_user("Alice"), threading.Event()
    confirmed(user)
    worker = threading.Thread(target=_work, args=(user.pk, stop))
    worker.start()
    try:
        _wait_until(lambda: not persona(user).behind)
        cypher("MATCH (n) WHERE n.ownerID = $u OR n.userID = $u DETACH DELETE n", u=user.pk)
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        _wait_until(lambda: bool(names(user.pk)))
    finally:
        stop.set()
        worker.join()
    assert names(user.pk) == ["Loves jazz"]


def _work(user_id: uuid.UUID, stop: threading.Event) -> None:
    Projector(only=user_id).run(stop)
    connections.close_all()


def _wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
