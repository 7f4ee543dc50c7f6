"""A person's graph as nodes and edges, whole and around a concept: what is in it, what never is, and its bounds."""

import json
import uuid
from typing import Any

import pytest

from graph.mapping import concept_id
from graph.reads.concepts import concepts
from graph.reads.subgraph import Network, network
from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed_trait, make_candidate
from tests.support.graph_helpers import cypher, project
from traits import decisions

pytestmark = pytest.mark.django_db
SECRET = "xylophone"


def shared_concept(name: str) -> str:
    """A concept that nobody owns."""
    pk = str(uuid.uuid4())
    cypher("CREATE (:Concept {conceptID: $id, name: $name})", id=pk, name=name)
    return pk


def type_of(narrower: str, broader: str) -> None:
    cypher(
        "MATCH (a:Concept {conceptID: $a}), (b:Concept {conceptID: $b}) CREATE (a)-[:IS_A_TYPE_OF]->(b)",
        a=narrower, b=broader,
    )  # fmt: skip


def names(found: Network, label: str) -> set[str]:
    return {node["name"] for node in found.nodes if node["label"] == label}


def links(found: Network, kind: str) -> set[tuple[str, str]]:
    """The names at the ends of the edges of this type."""
    by_id = {node["id"]: node["name"] for node in found.nodes}
    return {(by_id[edge["source"]], by_id[edge["target"]]) for edge in found.edges if edge["type"] == kind}


def assert_sound(found: Network) -> None:
    """JSON throughout, ids unique, both ends of each edge there, nothing internal."""
    json.dumps([found.nodes, found.edges], allow_nan=False)
    ids = [node["id"] for node in found.nodes]
    assert len(set(ids)) == len(ids)
    assert len({edge["id"] for edge in found.edges}) == len(found.edges)
    assert all({edge["source"], edge["target"]} <= set(ids) for edge in found.edges)
    internal = {"managedBy", "ownerID", "generation", "revision", "hash", "projectedAt"}
    assert not any(internal & part.keys() for part in (*found.nodes, *found.edges))


def test_somebody_new_has_nothing(alice: User) -> None:
    assert network(alice.pk) == Network([], [], truncated=False)
    assert network(alice.pk, concept="AI", depth=3).nodes == []
    assert concepts(alice.pk) == []


def test_the_whole_graph(alice: User) -> None:
    jazz = confirmed_trait(alice, "Loves jazz", concepts=["Jazz", "music"], confidence_score=0.9)
    confirmed_trait(alice, "Plays the piano", trait_category="Skill", concepts=["music"], confidence_score=0.6)
    decisions.put_styles(**acting_for_self(alice), context="work", styles={"Pacing": "slow"})
    project(alice)
    found = network(alice.pk)
    assert_sound(found)
    assert not found.truncated
    assert names(found, "Trait") == {"Loves jazz", "Plays the piano"}
    assert names(found, "Concept") == {"Jazz", "music"}
    assert (names(found, "Interest"), names(found, "Skill")) == ({"Loves jazz"}, {"Plays the piano"})
    assert links(found, "ASSOCIATED_WITH_CONCEPT") == {
        ("Loves jazz", "Jazz"),
        ("Loves jazz", "music"),
        ("Plays the piano", "music"),
    }
    assert len(links(found, "MANIFESTED_AS_EVIDENCE")) == 4
    assert links(found, "ADOPTS_COMMUNICATION_STYLE") == {("", "Pacing")}
    node = next(node for node in found.nodes if node["id"] == f"Trait:{jazz.pk}")
    assert node["traitID"] == str(jazz.pk)
    assert node["creationTimestamp"].startswith(jazz.created_at.isoformat()[:19])
    edge = next(edge for edge in found.edges if edge["target"] == node["id"])
    assert edge["id"] == f"HAS_TRAIT|User:{alice.pk}|Trait:{jazz.pk}"
    assert (edge["strength"], edge["origin"]) == (0.9, "ai_confirmed_user")


def test_what_the_pipeline_wrote_is_shown(alice: User) -> None:
    trait = confirmed_trait(alice)
    project(alice)
    cypher(
        "MATCH (t:Trait {traitID: $t}) CREATE (t)-[:CAN_INFLUENCE_EMOTION]->"
        "(:Emotion {emotionID: $e, name: 'joy', vector: [0.1, 0.2]})",
        t=trait.pk, e=uuid.uuid4(),
    )  # fmt: skip
    cypher(
        "MATCH (u:User {userID: $u}) CREATE (u)-[:HAS_INTEREST_IN]->(:Interest {interestID: $i, name: 'chess'}) "
        "CREATE (u)-[:HAS_TRAIT {strength: 1.0}]->(:Trait {traitID: $t, name: 'Unconfirmed', status: 'candidate'}) "
        "CREATE (u)-[:POSSESSES_SKILL]->(:Skill {name: 'without an id'})",
        u=alice.pk, i=uuid.uuid4(), t=uuid.uuid4(),
    )  # fmt: skip
    found = network(alice.pk)
    assert_sound(found)
    assert links(found, "CAN_INFLUENCE_EMOTION") == {("Loves jazz", "joy")}
    assert names(found, "Interest") == {"Loves jazz", "chess"}
    assert names(found, "Trait") == {"Loves jazz"}
    assert names(found, "Skill") == set()
    assert not any("vector" in node for node in found.nodes)
    assert names(network(alice.pk, concept="CHESS"), "Interest") == {"chess"}


@pytest.mark.slow
def test_nothing_of_bobs_is_ever_shown(alice: User, bob: User) -> None:
    mine = confirmed_trait(alice, "Loves jazz", concepts=["Jazz"])
    his = confirmed_trait(bob, f"Builds a {SECRET}", concepts=["Jazz", SECRET], evidence=[f"My {SECRET}."])
    decisions.put_styles(**acting_for_self(bob), context="", styles={"Catchphrase": SECRET})
    project(alice)
    project(bob)
    top, ids = shared_concept("Art"), {"mine": str(mine.pk), "his": str(his.pk), "alice": alice.pk, "bob": bob.pk}
    for owner in (alice, bob):
        type_of(concept_id(owner.pk, "Jazz"), top)
    type_of(concept_id(alice.pk, "Jazz"), concept_id(bob.pk, SECRET))
    type_of(top, concept_id(bob.pk, SECRET))
    cypher(
        "MATCH (a:User {userID: $alice}), (b:Trait {traitID: $his}), (t:Trait {traitID: $mine}), "
        "(i:Interest {interestID: $his}), (c:Concept {ownerID: $bob}), (e:SourceDataReferenceNode {ownerID: $bob}), "
        "(s:CommunicationStyleElement {ownerID: $bob}) "
        "MERGE (a)-[:HAS_TRAIT {managedBy: 'ptfi', strength: 1.0}]->(b) MERGE (a)-[:HAS_INTEREST_IN]->(i) "
        "MERGE (t)-[:ASSOCIATED_WITH_CONCEPT]->(c) MERGE (t)-[:MANIFESTED_AS_EVIDENCE]->(e) "
        "MERGE (a)-[:ADOPTS_COMMUNICATION_STYLE]->(s)",
        **ids,
    )  # fmt: skip
    for concept in ("", "Jazz", "Art", SECRET):
        for depth in (1, 2, 3):
            found = network(alice.pk, concept=concept, depth=depth)
            assert_sound(found)
            assert SECRET not in repr(found)
            assert str(bob.pk) not in repr(found)
            assert str(his.pk) not in repr(found)
    assert names(network(alice.pk, concept="Art"), "Trait") == {"Loves jazz"}
    assert [(row["name"], row["traits"]) for row in concepts(alice.pk)] == [("Art", 1), ("Jazz", 1)]


@pytest.fixture
def ai(alice: User) -> list[Any]:
    """Traits below AI: ML directly, ethics by way of a shared concept; and one beside it. AI, ML are a circle."""
    ethics = confirmed_trait(alice, "Knows AI ethics", trait_category="KnowledgeDomain", concepts=["ethics", "law"])
    learning = confirmed_trait(alice, "Builds models", trait_category="Skill", concepts=["ML", "ai "], evidence=["I!"])
    beside = confirmed_trait(alice, "Reads statutes", concepts=["Law"], evidence=["§ 1"])
    confirmed_trait(alice, "AI", trait_category="Interest", concepts=["robots"], evidence=["Robots."])
    confirmed_trait(alice, "Sails", concepts=["sea"])
    project(alice)
    shared = {name: shared_concept(name) for name in ("AI", "Ethics of AI", "Society")}
    own = {name: concept_id(alice.pk, name) for name in ("ethics", "ML", "AI", "law")}
    type_of(own["AI"], shared["AI"])
    type_of(own["ML"], own["AI"])
    type_of(own["AI"], own["ML"])
    type_of(own["ethics"], shared["Ethics of AI"])
    type_of(shared["Ethics of AI"], shared["AI"])
    type_of(own["law"], shared["Society"])
    return [ethics, learning, beside]


def test_the_subgraph_around_a_concept(alice: User, ai: list[Any]) -> None:
    near = network(alice.pk, concept="Ai")
    assert_sound(near)
    assert names(near, "Trait") == {"Knows AI ethics", "Builds models"}
    assert {name.strip() for name in names(near, "Concept")} == {"AI", "ai", "ML", "ethics", "Ethics of AI"}
    assert (names(near, "Interest"), names(near, "Skill")) == ({"AI"}, set())
    assert names(near, "SourceDataReferenceNode") == set()
    assert ("Ethics of AI", "AI") in links(near, "IS_A_TYPE_OF")
    further = network(alice.pk, concept="AI", depth=2)
    assert_sound(further)
    assert names(further, "Trait") == names(near, "Trait")
    assert names(further, "Concept") - names(near, "Concept") == {"Law"}
    assert names(further, "Skill") == {"Builds models"}
    assert len(links(further, "MANIFESTED_AS_EVIDENCE")) == 3
    furthest = network(alice.pk, concept="AI", depth=3)
    assert_sound(furthest)
    assert names(furthest, "Trait") == {"Knows AI ethics", "Builds models", "Reads statutes"}
    assert names(furthest, "Concept") - names(further, "Concept") == {"Society"}
    assert len(links(furthest, "MANIFESTED_AS_EVIDENCE")) == 3
    assert [node["label"] for node in network(alice.pk, concept="no such thing").nodes] == ["User"]
    assert not furthest.truncated


def test_each_concept_counts_the_traits_under_it(alice: User, ai: list[Any]) -> None:
    found = [(row["name"].strip(), row["traits"]) for row in concepts(alice.pk)]
    assert found[:1] == [("AI", 2)]
    assert sorted(found[1:3]) == [("Law", 2), ("Society", 2)]
    assert set(found[3:]) == {("ai", 1), ("ML", 1), ("ethics", 1), ("Ethics of AI", 1), ("robots", 1), ("sea", 1)}


def test_a_long_chain_is_followed_to_its_end(alice: User) -> None:
    confirmed_trait(alice, concepts=["bottom"])
    project(alice)
    below = concept_id(alice.pk, "bottom")
    for number in range(30):
        type_of(below, above := shared_concept(f"level {number}"))
        below = above
    assert names(network(alice.pk, concept="level 29"), "Trait") == {"Loves jazz"}
    assert len(names(network(alice.pk), "Concept")) == 31


@pytest.mark.slow
def test_there_is_a_bound_and_the_strongest_come_first(alice: User, settings: Any) -> None:
    settings.GRAPH_TIMEOUT_SECONDS = 30.0  # on a busy machine time would be a bound as well
    rows = [
        make_candidate(alice, f"Trait {number}", confidence_score=number / 600, concepts=["all"], evidence=["x", "y"])
        for number in range(600)
    ]
    for start in range(0, 600, 200):
        ids = [row.pk for row in rows[start : start + 200]]
        decisions.decide_many(**acting_for_self(alice), candidate_ids=ids, decision="confirmed_asis")
    project(alice)
    found = network(alice.pk, limit=100)
    assert_sound(found)
    assert (len(found.nodes), found.truncated) == (100, True)
    assert {f"Trait {number}" for number in range(560, 600)} <= names(found, "Trait")
    assert names(found, "Interest") <= names(found, "Trait")
    around = network(alice.pk, concept="ALL", depth=2, limit=50)
    assert (len(around.nodes), around.truncated) == (50, True)
    assert "Trait 599" in names(around, "Trait")
    everything = network(alice.pk)
    assert_sound(everything)
    assert (len(everything.nodes), everything.truncated) == (2000, True)
    assert len(names(everything, "Trait")) == 600
    assert concepts(alice.pk) == [{"conceptID": concept_id(alice.pk, "all"), "name": "all", "traits": 600}]


def test_what_cannot_be_read_in_time_is_said_to_be_missing(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed_trait(alice)
    project(alice)
    monkeypatch.setattr("graph.reads.concepts.TIME_SHARE", 0)
    for concept in ("", "jazz"):
        found = network(alice.pk, concept=concept)
        assert found.truncated
        assert names(found, "Trait") == set()
