"""The graph's constraints and indexes: installed by a command, and by the projector where they lack."""

import hashlib
import io
import uuid
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from neo4j.exceptions import ConstraintError

from graph import connection
from graph.nodes import NODES
from graph.projection import installation
from graph.schema import key_of
from ptfi.accounts.models import User
from tests.support.cast import confirmed
from tests.support.graph_helpers import cypher, persona, project

DIGEST = "ce586886815f4d45"


def install() -> str:
    said = io.StringIO()
    call_command("install_graph_schema", stdout=said)
    return said.getvalue()


def there() -> set[str]:
    return {row["name"] for kind in ("CONSTRAINTS", "INDEXES") for row in cypher(f"SHOW {kind}")}


def note(version: int) -> None:
    cypher(f"MATCH (s:{installation.RECORD}) SET s.version = $version", version=version)


def test_the_version_is_raised_with_what_it_installs() -> None:
    text = "\n".join(installation.statements().values())
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGEST, (
        "Raise installation.VERSION, then change this digest."
    )


def test_all_of_it_is_installed_and_a_repeat_changes_nothing() -> None:
    cypher(f"MATCH (s:{installation.RECORD}) DELETE s")
    assert "it was empty" in install()
    before = there()
    assert set(installation.statements()) <= before
    said = install()
    assert f"Version {installation.VERSION} is there; it was {installation.VERSION}." in said
    assert set(installation.statements()) <= set(said.split())
    assert there() == before
    records = cypher(f"MATCH (s:{installation.RECORD}) RETURN s.version AS version, s.installs AS installs")
    assert records == [{"version": installation.VERSION, "installs": list(installation.statements())}]


@pytest.mark.parametrize("node", NODES)
def test_nothing_is_there_twice(node: Any) -> None:
    install()
    statement = f"CREATE (:{node.__label__} {{{key_of(node)}: $id}})"
    pk = str(uuid.uuid4())
    cypher(statement, id=pk)
    with pytest.raises(ConstraintError):
        cypher(statement, id=pk)


def test_a_newer_version_stays() -> None:
    install()
    note(installation.VERSION + 1)
    try:
        assert f"Version {installation.VERSION + 1} is there" in install()
        assert installation.version() == installation.VERSION + 1
    finally:
        note(installation.VERSION)


@pytest.mark.slow
def test_a_projector_installs_what_was_lost(alice: User) -> None:
    install()
    for name in there() & set(installation.statements()):
        kind = "CONSTRAINT" if "REQUIRE" in installation.statements()[name] else "INDEX"
        cypher(f"DROP {kind} {name} IF EXISTS")
    cypher(f"MATCH (s:{installation.RECORD}) DELETE s")
    confirmed(alice)
    project(alice)
    assert persona(alice).behind == 0
    assert set(installation.statements()) <= there()


def test_without_the_graph_the_command_says_so(settings: Any) -> None:
    settings.NEO4J_URL = "bolt://127.0.0.1:1"
    connection.drop_driver()
    try:
        with pytest.raises(CommandError, match="The graph is away"):
            install()
    finally:
        connection.drop_driver()
