"""The projector: behind its fence, with others beside it, and when a person or a database is at fault."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from graph.errors import GraphUnavailableError
from graph.projection import outbox
from graph.projection import writer as writing
from graph.projection.projector import Projector
from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed, make_user
from tests.support.graph_helpers import claimed_windows, cypher, dump, persona, project, trait_node, write_windows
from tests.support.processes import hang
from traits import decisions
from traits.log import entries as log
from traits.log.snapshots import trait_state
from traits.models import Decision, PersonaTrait

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


def hash_at(user: User, revision: int) -> str:
    return outbox.hashes({user.pk: revision})[user.pk]


def test_a_repeat_changes_nothing(alice: User) -> None:
    confirmed(alice)
    once = claimed_windows(alice)
    assert write_windows(once) == {}
    before = dump(alice)
    assert write_windows(once) == {alice.pk: writing.Fence(1, 1, bytes(persona(alice).hash).hex())}
    assert dump(alice) == before
    project(alice)
    assert persona(alice).behind == 0


def test_a_stalled_worker_cannot_undo_a_newer_decision(alice: User) -> None:
    trait = confirmed(alice).trait
    assert trait
    stalled = claimed_windows(alice)
    project(alice)
    decisions.remove_trait(**acting_for_self(alice), trait_id=trait.pk)
    project(alice)
    assert write_windows(stalled)[alice.pk].revision == 2
    assert trait_node(trait.pk) is None


def test_a_stalled_worker_cannot_write_into_a_rebuilt_graph(alice: User) -> None:
    confirmed(alice)
    stalled = claimed_windows(alice)
    outbox.replay([outbox.Replay(alice.pk, 1)])
    assert write_windows(claimed_windows(alice))[alice.pk].revision == writing.CLEARING
    assert write_windows(stalled)[alice.pk].revision == writing.CLEARING
    project(alice)
    assert persona(alice).behind == 0
    assert len(cypher("MATCH (:User {userID: $u})-[:HAS_TRAIT]->(t) RETURN t", u=alice.pk)) == 1


def test_a_wiped_graph_fills_itself_again(alice: User) -> None:
    confirmed(alice, "Loves jazz")
    project(alice)
    before = dump(alice)
    cypher("MATCH (n) WHERE n.ownerID = $u OR n.userID = $u DETACH DELETE n", u=alice.pk)
    project(alice)
    assert dump(alice) == before


def test_a_wiped_graph_fills_itself_at_the_next_decision(alice: User) -> None:
    confirmed(alice, "Loves jazz")
    project(alice)
    cypher("MATCH (n) WHERE n.ownerID = $u OR n.userID = $u DETACH DELETE n", u=alice.pk)
    confirmed(alice, "Plays the piano")
    projector = Projector(only=alice.pk)
    while projector.batch():
        pass
    names = cypher("MATCH (:User {userID: $u})-[:HAS_TRAIT]->(t) RETURN t.name AS n ORDER BY n", u=alice.pk)
    assert [row["n"] for row in names] == ["Loves jazz", "Plays the piano"]


def test_a_graph_restored_to_the_past_is_brought_up_to_date(alice: User) -> None:
    confirmed(alice)
    confirmed(alice, "Plays the piano")
    project(alice)
    cypher("MATCH (u:User {userID: $u}) SET u.revision = 1, u.hash = $h", u=alice.pk, h=hash_at(alice, 1))
    cypher("MATCH (t:Trait {ownerID: $u, name: 'Plays the piano'}) DETACH DELETE t", u=alice.pk)
    project(alice)
    assert len(cypher("MATCH (:User {userID: $u})-[:HAS_TRAIT]->(t) RETURN t", u=alice.pk)) == 2


def test_a_log_restored_to_the_past_wins_once_that_is_said(alice: User) -> None:
    confirmed(alice)
    project(alice)
    cypher("MATCH (u:User {userID: $u}) SET u.revision = 9, u.generation = 1", u=alice.pk)
    project(alice)
    call_command("accept_restored_logs", reference="T-1", stdout=io.StringIO())
    project(alice)
    fence = cypher("MATCH (u:User {userID: $u}) RETURN u.revision AS r, u.generation AS g", u=alice.pk)[0]
    assert (fence["r"], fence["g"]) == (1, persona(alice).generation)
    assert fence["g"] > 1


def poison(user: User) -> None:
    """A log entry that cannot be projected."""
    trait_id = uuid.uuid4()
    change = log.Change(decision=Decision.EDITED, before={}, after={"trait": {"name": "?"}}, trait_id=trait_id)
    head = persona(user)
    log.append(head, [change], actor=log.Actor(user_id=user.pk), at=head.next_moment())


def test_one_persons_fault_stops_nobody_else(alice: User, bob: User) -> None:
    poison(alice)
    confirmed(bob)
    project(alice)
    project(bob)
    faulty = persona(alice)
    assert faulty.behind == 1
    assert faulty.attempts == 1
    assert faulty.next_attempt_at
    assert faulty.last_error.startswith("KeyError")
    assert persona(bob).behind == 0
    assert outbox.claim(1, alice.pk) == []


def test_a_batch_that_the_graph_refuses_goes_in_one_by_one(alice: User, bob: User) -> None:
    refused = confirmed(alice).trait
    assert refused
    confirmed(bob)
    append_state(alice, refused, description={"a": {"map": 1}})
    projector = Projector()
    while projector.batch():
        pass
    assert persona(bob).behind == 0
    assert persona(alice).attempts == 1
    assert "map" not in persona(alice).last_error


def append_state(user: User, trait: PersonaTrait, **fields: Any) -> None:
    """Append an entry with this state of the trait, past the checks of the services."""
    after = {"trait": trait_state(trait) | fields}
    change = log.Change(decision=Decision.EDITED, before={}, after=after, trait_id=trait.pk)
    head = persona(user)
    log.append(head, [change], actor=log.Actor(user_id=user.pk), at=head.next_moment())


def test_a_long_backlog_goes_in_pieces(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MAX_ENTRIES", 2)
    for number in range(5):
        confirmed(alice, f"Trait {number}")
    projector = Projector(only=alice.pk)
    projector.batch()
    assert persona(alice).projected_revision == 2
    project(alice)
    assert len(cypher("MATCH (:User {userID: $u})-[:HAS_TRAIT]->(t) RETURN t", u=alice.pk)) == 5


def test_once_says_when_somebody_could_not_be_projected(alice: User) -> None:
    confirmed(alice)
    call_command("project_graph", once=True, workers=1)
    assert persona(alice).behind == 0
    poison(alice)
    with pytest.raises(CommandError, match="could not be projected"):
        call_command("project_graph", once=True, workers=1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_projectors_share_one_backlog() -> None:
    people = [make_user(f"Alice{number}") for number in range(6)]
    for user in people * 5:
        confirmed(user, f"Trait {uuid.uuid4()}")
    stop = threading.Event()
    workers = [threading.Thread(target=_work, args=(stop,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    deadline = time.monotonic() + 60
    while any(persona(user).behind for user in people) and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    for worker in workers:
        worker.join()
    for user in people:
        call_command("check_graph", person=str(user.pk), stdout=io.StringIO())
        assert persona(user).behind == 0


def _work(stop: threading.Event) -> None:
    Projector().run(stop)
    connections.close_all()


@pytest.mark.slow
@pytest.mark.fault("graph hung: a projector writes")
def test_projecting_goes_on_after_the_graph_hung(alice: User, graph_process: psutil.Process, settings: Any) -> None:
    settings.PROJECTOR_LEASE_SECONDS = 4.0
    confirmed(alice)
    hang(graph_process)
    with pytest.raises(GraphUnavailableError):
        project(alice)
    graph_process.send_signal(signal.SIGCONT)
    project(alice)
    after = persona(alice)
    assert (after.behind, after.attempts, after.last_error) == (0, 0, "")


def test_a_heartbeat_that_cannot_be_written_is_said_at_once(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="none/beat can't be written: No such file"):
        call_command("project_graph", once=True, heartbeat=tmp_path / "none" / "beat")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_running_projector_stops_when_told(settings: Any) -> None:
    user = make_user("Alice")
    database = settings.DATABASES["default"]
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    environment = {**os.environ, "DATABASE_URL": url, "PTFI_EMBEDDED": ""}
    process = subprocess.Popen([sys.executable, MANAGE, "project_graph"], env=environment)
    confirmed(user)
    deadline = time.monotonic() + 30
    while persona(user).behind and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    assert process.wait(10) == 0
    assert persona(user).behind == 0
