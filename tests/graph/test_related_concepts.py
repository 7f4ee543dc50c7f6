"""All that is related to a concept: on the page, through the API, and the names that are offered."""

import threading
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from graph.projection.projector import Projector
from ptfi.accounts.models import User
from tests.support.api import api_of
from tests.support.cast import confirmed
from tests.support.graph_helpers import cypher
from tests.support.pages import Html, text_of
from tests.support.trait_pages import HTMX
from traits.models import MAX_NAME

pytestmark = pytest.mark.django_db
CONCEPTS = "name,parents\nAI,\nmachine learning,AI\ndeep learning,machine learning;AI loop\nAI loop,deep learning\n"
RELATED = {"Builds models", "Trains networks", "Reads about AI", "ai"}


@pytest.fixture
def ai(alice: User, bob: User, tmp_path: Path) -> None:
    """Alice's traits about AI, directly, below it, below that, and by name; one beside them; and one of Bob's."""
    cypher("MATCH (c:Concept) WHERE c.ownerID IS NULL DETACH DELETE c")
    (tmp_path / "concepts.csv").write_text(CONCEPTS)
    call_command("import_concepts", str(tmp_path / "concepts.csv"), verbosity=0)
    confirmed(alice, "Builds models", trait_category="Skill", concepts=["Machine Learning", "work"])
    confirmed(alice, "Trains networks", trait_category="Skill", concepts=["deep learning"])
    confirmed(alice, "Reads about AI", concepts=["A.I", "AI"])
    confirmed(alice, "ai", concepts=["robots"])
    confirmed(alice, "Sails", concepts=["sea", "AI loops"])
    confirmed(bob, "Fears robots", concepts=["AI", "automata"])
    Projector().drain(threading.Event())


@pytest.mark.slow
@pytest.mark.usefixtures("ai")
def test_everything_related_is_found_and_says_why(as_alice: Client) -> None:
    text = text_of(as_alice.get("/persona/graph/?concept=ai"))
    assert "4 traits related to ai" in text
    for name in RELATED:
        assert name in text
    assert "machine learning is a type of AI" in text
    assert "deep learning is a type of machine learning → machine learning is a type of AI" in text
    assert "mentions AI" in text
    assert "this is its name" in text
    assert "Sails" not in text
    assert "Fears robots" not in text


@pytest.mark.slow
@pytest.mark.usefixtures("ai")
def test_the_list_and_the_api_find_the_same(as_alice: Client, alice: User) -> None:
    api = api_of(alice)
    assert {row["name"] for row in api.get("/traits?concept=AI")[1]["data"]} == RELATED
    assert {row["name"] for row in api.get("/traits?concept=machine-learning")[1]["data"]} == {
        "Builds models",
        "Trains networks",
    }
    assert api.get("/traits?concept=AI&category=Skill&limit=1")[1]["pagination"]["total"] == 2
    assert api.get("/traits?concept=automata")[1]["data"] == []
    text = text_of(as_alice.get("/traits/?concept=AI"))
    assert "4 traits about AI" in text
    found = api.get("/graph?concept=AI")[1]["nodes"]
    assert {node["name"] for node in found if node["label"] == "Trait"} == RELATED - {"ai"}


@pytest.mark.usefixtures("ai")
def test_names_are_completed_from_shared_and_own_ones_only(as_alice: Client) -> None:
    def offered(typed: str) -> list[str]:
        answer = as_alice.post("/persona/concepts/names/", {"concept": typed}, headers=HTMX)
        assert answer.status_code == 200
        return [node.attributes["value"] or "" for node in Html(answer).all("option")]

    # "A.I" is another name key than "AI".
    assert set(offered("A")) == {"A.I", "AI", "AI loop", "AI loops"}
    assert offered("MACH") == ["Machine Learning"]
    assert offered("deep l") == ["deep learning"]
    assert offered("autom") == []
    assert "robots" in offered("")
    for nonsense in ("\x00", "%", "_", "x" * MAX_NAME * 2, "🎷"):
        offered(nonsense)
    page = as_alice.get("/persona/graph/")
    assert Html(page).has("option[value=sea]")
    assert "automata" not in page.content.decode()


def test_completion_needs_a_person(client: Client) -> None:
    assert client.post("/persona/concepts/names/", {"concept": "a"}).status_code == 302
