"""What the API reads from the graph, with the real projector."""

import pytest

from ptfi.accounts.models import User
from tests.support.api import api_of
from tests.support.cast import confirmed_trait
from tests.support.graph_helpers import project

pytestmark = [pytest.mark.graph, pytest.mark.django_db]


def test_traits_come_from_the_graph_page_by_page(alice: User, bob: User) -> None:
    for name in ("Loves jazz", "Bakes bread", "Climbs"):
        confirmed_trait(alice, name)
    confirmed_trait(bob, "Of Bob")
    api = api_of(alice)
    assert api.get("/traits")[1]["data"] == []
    project(alice)
    project(bob)
    status, first = api.get("/traits?limit=2")
    assert (status, [row["name"] for row in first["data"]]) == (200, ["Bakes bread", "Climbs"])
    assert (first["pagination"]["total"], first["data"][0]["strength"]) == (3, 0.8)
    after = first["pagination"]["next"]
    second = api.get(f"/traits?limit=2&after={after}")[1]
    assert ([row["name"] for row in second["data"]], second["pagination"]["next"]) == (["Loves jazz"], None)
    assert api.get("/traits?q=bread")[1]["pagination"]["total"] == 1
    assert api.get("/traits?status=gone")[0] == 400


def test_graph_and_concepts(alice: User) -> None:
    confirmed_trait(alice)
    project(alice)
    api = api_of(alice)
    status, graph = api.get("/graph?concept=Jazz&depth=2")
    assert status == 200
    assert {"Trait", "Concept"} <= {node["label"] for node in graph["nodes"]}
    assert {"id", "source", "target", "type"} <= graph["edges"][0].keys()
    assert [(row["name"], row["traits"]) for row in api.get("/concepts")[1]["data"]] == [("jazz", 1)]
    assert api.get("/graph?depth=4")[0] == 400


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_export_is_one_document(alice: User, bob: User) -> None:
    confirmed_trait(alice)
    confirmed_trait(bob, "Of Bob")
    api = api_of(alice)
    status, found = api.get("/export")
    assert (status, found["format"], len(found["traits"])) == (200, "ptfi-export", 1)
    assert "Of Bob" not in str(found)
    assert api.response["Content-Disposition"].startswith("attachment")
