"""What pages read from the graph, also when it hangs."""

import time
from urllib.parse import urlsplit

import neo4j
import psutil
import pytest
from django.conf import settings

from graph import connection
from graph.errors import GraphUnavailableError
from graph.reads import traits as queries
from ptfi.accounts.models import User
from tests.support.cast import confirmed
from tests.support.data_folder import wait_until
from tests.support.graph_helpers import project
from tests.support.processes import hang


def test_the_list_of_traits(alice: User, bob: User) -> None:
    for name in ("Äpfel", "banana bread", "Cooks"):
        confirmed(alice, name, concepts=["Food", name])
    confirmed(alice, "Sails", trait_category="Skill", concepts=["sea"])
    confirmed(bob, "Cooks too")
    project(alice)
    project(bob)
    first = queries.traits(alice.pk, limit=2)
    assert ([item.name for item in first.items], first.total) == (["Äpfel", "banana bread"], 4)
    rest = queries.traits(alice.pk, limit=2, after=first.next_key)
    assert ([item.name for item in rest.items], rest.next_key) == (["Cooks", "Sails"], None)
    assert [item.name for item in queries.traits(alice.pk, q="COOK").items] == ["Cooks"]
    assert queries.traits(alice.pk, concept="FOOD").total == 3
    assert queries.traits(alice.pk, category=["Skill"], status=["active"]).items[0].concepts == ["sea"]
    assert queries.traits(alice.pk, status=["dormant"]).total == 0
    assert first.items[0].evidence_count == 2


@pytest.mark.slow
@pytest.mark.fault("graph hung: a page asks it")
def test_a_hung_graph_is_said_to_be_away_in_time(alice: User, graph_process: psutil.Process) -> None:
    confirmed(alice)
    project(alice)
    hang(graph_process)
    started = time.monotonic()
    with pytest.raises(GraphUnavailableError):
        queries.traits(alice.pk)
    assert time.monotonic() - started < 3
    started = time.monotonic()
    with pytest.raises(GraphUnavailableError):
        queries.traits(alice.pk)
    assert time.monotonic() - started < 0.1


def test_a_thread_that_goes_on_after_the_driver_was_dropped_leaves_no_connection_open(db: None) -> None:
    def hung_up_once(tx: neo4j.ManagedTransaction) -> int:
        if not attempts:
            connection.drop_driver()
        attempts.append(1)
        return tx.run("RETURN 1 AS one").single(strict=True)["one"]  # type: ignore[no-any-return]

    def to_graph() -> set[int]:
        port = urlsplit(settings.NEO4J_URL).port
        return {each.fd for each in psutil.Process().net_connections() if each.raddr and each.raddr.port == port}

    attempts: list[int] = []
    connection.drop_driver()
    # What another test left behind is not this one's.
    others = to_graph()
    assert (connection.read(hung_up_once), len(attempts)) == (1, 2)
    # The thread hangs up after its answer is there.
    wait_until(lambda: to_graph() <= others)
