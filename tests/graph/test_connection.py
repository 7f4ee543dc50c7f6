"""A graph that lets PTFI in no more counts as away: nothing is lost, whoever asks is told, and it goes on by itself."""

import http.client
import io
import json
import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from graph import connection
from ptfi.accounts.models import User
from tests.support.cast import confirmed
from tests.support.graph_helpers import persona, project
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db(transaction=True)
NAME, PASSWORD = "somebody", "without any rights"
CREATE = {"name": NAME, "password": PASSWORD, "databases": {"another": ["admin"]}}


@pytest.fixture
def without_rights(settings: Any) -> Iterator[str]:
    """PTFI signs in to the graph as one who may do nothing there; the address of before, with all rights."""
    if "PTFI_EMBEDDED" not in os.environ:
        pytest.skip("it makes a user in the embedded graph, and there is another one")
    before: str = settings.NEO4J_URL
    tell(before, f"create user {json.dumps(CREATE)}")
    use(settings, f"bolt://{NAME}:{PASSWORD.replace(' ', '%20')}@{urlsplit(before).netloc.rpartition('@')[2]}")
    yield before
    use(settings, before)
    tell(before, f"drop user {NAME}")


def tell(url: str, command: str) -> None:
    """Have the embedded graph's server do this, over HTTP."""
    ports = json.loads((Path(os.environ["PTFI_EMBEDDED"]) / "graph" / "ports.json").read_text())
    known = urlsplit(url)
    login = b64encode(f"{known.username}:{unquote(known.password or '')}".encode()).decode()
    server = http.client.HTTPConnection("127.0.0.1", ports["http"], timeout=10)
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    server.request("POST", "/api/v1/server", json.dumps({"command": command}), headers)
    assert server.getresponse().status == 200
    server.close()


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
        assert "Your knowledge graph is away for the moment" in text_of(answer)
    assert as_alice.get(f"/traits/{trait.pk}/").status_code == 200
    with pytest.raises(CommandError, match="The graph is away"):
        call_command("rebuild_graph", person=str(alice.pk), stdout=io.StringIO())
    assert (persona(alice).behind, persona(alice).attempts) == (1, 0)
    use(settings, without_rights)
    project(alice)
    assert persona(alice).behind == 0
    assert "Plays the oboe" in text_of(as_alice.get("/traits/"))
