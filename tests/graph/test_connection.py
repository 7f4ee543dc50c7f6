"""A graph that lets PTFI in no more counts as away: nothing is lost, whoever asks is told, and it goes on by itself."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from neo4j import GraphDatabase
from neo4j.exceptions import Neo4jError

from graph import connection
from ptfi.accounts.models import User
from tests.support.cast import confirmed
from tests.support.data_folder import wait_until
from tests.support.graph_helpers import persona, project
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db(transaction=True)
NAME, FORBIDDEN = "somebody", "Neo.ClientError.Security.Forbidden"
LIMITED = {"name": NAME, "databases": {"another": ["admin"]}}


@pytest.fixture
def without_rights(settings: Any) -> Iterator[str]:
    """PTFI signs in to the graph as one who may do nothing there; the address of before, with all rights."""
    if "PTFI_EMBEDDED" not in os.environ:
        pytest.skip("it makes a user in the embedded graph, and there is another one")
    before: str = settings.NEO4J_URL
    after = urlsplit(before)._replace(netloc=urlsplit(before).netloc.replace("root:", f"{NAME}:", 1)).geturl()
    users = Path(os.environ["PTFI_EMBEDDED"]) / "graph" / "config" / "server-users.jsonl"
    known = users.read_text()
    # The server reads this file again every few seconds.
    users.write_text(f"{known.rstrip()}\n{json.dumps(json.loads(known.splitlines()[0]) | LIMITED)}\n")
    wait_until(lambda: refusal(after) == FORBIDDEN, 60)
    use(settings, after)
    yield before
    use(settings, before)
    users.write_text(known)


def refusal(url: str) -> str:
    """The code with which the graph lets nobody in by this address; "" where it does."""
    known = urlsplit(url)
    login = (known.username or "", unquote(known.password or ""))
    with GraphDatabase.driver(f"bolt://{known.hostname}:{known.port}", auth=login) as driver:
        try:
            driver.execute_query("RETURN 1")
        except Neo4jError as error:
            return error.code or ""
    return ""


def use(settings: Any, url: str) -> None:
    settings.NEO4J_URL = url
    connection.drop_driver()
    connection._away_until = 0.0


@pytest.mark.parametrize("command", ["check_graph", "rebuild_graph", "install_graph_schema"])
def test_commands_say_why(alice: User, without_rights: str, command: str) -> None:
    confirmed(alice)
    with pytest.raises(CommandError, match=r"^The graph is away \(Neo\.ClientError\.Security\.Forbidden\)"):
        call_command(command, stdout=io.StringIO())


def test_people_decide_and_are_told_and_it_goes_on(
    as_alice: Client, alice: User, without_rights: str, settings: Any
) -> None:
    trait = confirmed(alice, "Plays the oboe").trait
    assert trait
    for page in ("/traits/", "/persona/graph/"):
        answer = as_alice.get(page)
        assert answer.status_code == 503
        assert "Your knowledge graph is temporarily unavailable" in text_of(answer)
    assert as_alice.get(f"/traits/{trait.pk}/").status_code == 200
    with pytest.raises(CommandError, match="The graph is away"):
        call_command("rebuild_graph", person=str(alice.pk), stdout=io.StringIO())
    assert (persona(alice).behind, persona(alice).attempts) == (1, 0)
    use(settings, without_rights)
    project(alice)
    assert persona(alice).behind == 0
    assert "Plays the oboe" in text_of(as_alice.get("/traits/"))
