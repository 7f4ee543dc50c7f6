"""What the graph shows of each decision, the same whether step by step or from the start."""

import io
import uuid

import pytest
from django.core.management import call_command

from graph.nodes import Trait
from graph.schema import NODE_BY_LABEL, properties_of
from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed, make_candidate
from tests.support.graph_helpers import concept_names, cypher, dump, persona, project, trait_node
from traits import decisions
from traits.decisions.inputs import Changes, Evidence


def decide_a_lot(user: User) -> None:
    """Every decision that changes the graph, projected after each."""
    jazz = confirmed(user, "Loves jazz", concepts=["Jazz", "music"]).trait
    project(user)
    piano = confirmed(user, "Plays the piano", trait_category="Skill", concepts=["jazz", "piano"]).trait
    project(user)
    assert jazz
    assert piano
    changes = Changes(category="Other", user_confidence=4, concepts=["JAZZ"])
    decisions.edit_trait(**acting_for_self(user), trait_id=jazz.pk, changes=changes)
    project(user)
    merged = make_candidate(user, "Listens to jazz", concepts=["vinyl"], evidence=["Another record."])
    merged_action = decisions.merge(**acting_for_self(user), candidate_id=merged.pk, into=jazz.pk).action_id
    project(user)
    decisions.reject(**acting_for_self(user), candidate_id=make_candidate(user, "Hates tea").pk, code="not_me")
    decisions.set_status(**acting_for_self(user), trait_id=piano.pk, status="dormant")
    project(user)
    decisions.undo(**acting_for_self(user), action_id=merged_action)
    project(user)
    added = decisions.add_trait(
        **acting_for_self(user), changes=Changes(name="Calm", category="EmotionalResponsePattern")
    )
    project(user)
    assert added.trait
    decisions.remove_trait(**acting_for_self(user), trait_id=piano.pk)
    project(user)


@pytest.mark.slow
def test_step_by_step_equals_from_the_start(alice: User) -> None:
    decide_a_lot(alice)
    before = dump(alice)
    assert any("Loves jazz" in row for row in before)
    call_command("rebuild_graph", person=str(alice.pk), stdout=io.StringIO())
    assert dump(alice) == before
    assert persona(alice).generation > 1


def test_a_trait_arrives_whole(alice: User) -> None:
    trait = confirmed(alice, "Loves jazz", concepts=["jazz"]).trait
    assert trait
    project(alice)
    node = trait_node(trait.pk)
    assert node
    assert node["creationTimestamp"].to_native() == trait.created_at
    assert (node["name"], node["status"], node["revision"], node["managedBy"]) == ("Loves jazz", "active", 1, "ptfi")
    edge = cypher("MATCH (:User {userID: $u})-[h:HAS_TRAIT]->(:Trait) RETURN properties(h) AS h", u=alice.pk)[0]["h"]
    assert (edge["strength"], edge["source"]) == (0.8, "ai_confirmed_user")
    assert edge["lastObservedTimestamp"].to_native() == trait.last_observed_at
    assert len(cypher("MATCH (:Trait {traitID: $t})-[:MANIFESTED_AS_EVIDENCE]->(n) RETURN n", t=trait.pk)) == 2
    assert cypher("MATCH (:User {userID: $u})-[:HAS_INTEREST_IN]->(n:Interest) RETURN n.name AS n", u=alice.pk)


@pytest.mark.slow
def test_every_written_property_is_in_the_model(alice: User) -> None:
    decide_a_lot(alice)
    for label, node in NODE_BY_LABEL.items():
        rows = cypher(f"MATCH (n:{label} {{ownerID: $u}}) RETURN keys(n) AS k", u=alice.pk)
        assert all(set(row["k"]) <= set(properties_of(node)) for row in rows), label
    assert Trait.__label__ in NODE_BY_LABEL


def test_what_the_pipeline_made_is_kept(alice: User) -> None:
    candidate = make_candidate(alice, "Loves jazz")
    cypher("MERGE (u:User {userID: $u}) SET u.note = 'theirs'", u=alice.pk)
    cypher(
        "MATCH (u:User {userID: $u}) CREATE (u)-[:HAS_TRAIT {strength: 0.1}]->(t:Trait {traitID: $t, name: 'old', "
        "extra: 'theirs'})-[:CAN_INFLUENCE_EMOTION]->(:Emotion {emotionID: $e, name: 'joy'})",
        u=alice.pk, t=candidate.pk, e=uuid.uuid4(),
    )  # fmt: skip
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    project(alice)
    node = trait_node(candidate.pk)
    assert node
    assert (node["name"], node["extra"]) == ("Loves jazz", "theirs")
    assert "managedBy" not in node
    assert len(cypher("MATCH (:User {userID: $u})-[h:HAS_TRAIT]->() RETURN h", u=alice.pk)) == 1
    decisions.remove_trait(**acting_for_self(alice), trait_id=candidate.pk)
    project(alice)
    call_command("rebuild_graph", person=str(alice.pk), stdout=io.StringIO())
    node = trait_node(candidate.pk)
    assert node
    assert node["status"] == "rejected_by_user"
    assert not cypher("MATCH (:Trait {traitID: $t})<-[h:HAS_TRAIT]-() RETURN h", t=candidate.pk)
    assert cypher("MATCH (:Trait {traitID: $t})-[:CAN_INFLUENCE_EMOTION]->(e) RETURN e", t=candidate.pk)


def test_rejecting_makes_no_shell(alice: User) -> None:
    candidate = make_candidate(alice)
    decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="not_me")
    project(alice)
    assert persona(alice).behind == 0
    assert trait_node(candidate.pk) is None


def test_a_concept_has_one_node_and_its_newest_spelling(alice: User, bob: User) -> None:
    confirmed(alice, "Loves jazz", concepts=["Jazz"])
    newest = confirmed(alice, "Plays jazz", concepts=["JAZZ"]).trait
    confirmed(bob, "Hums", concepts=["jazz"])
    assert newest
    project(alice)
    project(bob)
    assert concept_names(alice) == {"JAZZ"}
    assert concept_names(bob) == {"jazz"}
    decisions.remove_trait(**acting_for_self(alice), trait_id=newest.pk)
    project(alice)
    assert concept_names(alice) == {"Jazz"}


def test_a_new_category_moves_the_second_node(alice: User) -> None:
    trait = confirmed(alice, trait_category="Interest").trait
    assert trait
    project(alice)
    decisions.edit_trait(
        **acting_for_self(alice), trait_id=trait.pk, changes=Changes(category="Skill", user_confidence=3)
    )
    project(alice)
    rows = cypher("MATCH (u:User {userID: $u})-[e]->(n) RETURN type(e) AS e, n.level AS l", u=alice.pk)
    assert sorted((row["e"], row["l"]) for row in rows) == [("HAS_TRAIT", None), ("POSSESSES_SKILL", 3)]
    assert not cypher("MATCH (n:Interest {ownerID: $u}) RETURN n", u=alice.pk)


def test_nothing_is_left_of_a_removed_trait(alice: User) -> None:
    trait = confirmed(alice).trait
    assert trait
    project(alice)
    decisions.remove_trait(**acting_for_self(alice), trait_id=trait.pk)
    project(alice)
    assert cypher("MATCH (n) WHERE n.ownerID = $u RETURN labels(n) AS l", u=alice.pk) == [{"l": ["User"]}]


def test_evidence_that_was_doubted_is_not_shown(alice: User) -> None:
    candidate = make_candidate(alice, evidence=["Mine.", "Not mine."])
    doubted = candidate.supporting_evidence[1]["evidence_id"]
    verdicts = Evidence(verdicts={doubted: "not_me"})
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk, evidence=verdicts)
    project(alice)
    rows = cypher("MATCH (n:SourceDataReferenceNode {ownerID: $u}) RETURN n.snippet AS s", u=alice.pk)
    assert rows == [{"s": "Mine."}]
