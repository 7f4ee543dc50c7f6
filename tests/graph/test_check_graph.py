"""check_graph names every kind of difference, and --repair mends what the graph has wrong."""

import io
import uuid

import pytest
from django.core.management import CommandError, call_command

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed, make_candidate
from tests.support.graph_helpers import cypher, project
from traits import decisions
from traits.models import PersonaTrait

PLANTED = {
    "a node is missing": ("MATCH (t:Trait {ownerID: $u}) DETACH DELETE t", "Trait"),
    "evidence is missing": (
        "MATCH (n:SourceDataReferenceNode {ownerID: $u}) DETACH DELETE n",
        "MANIFESTED_AS_EVIDENCE",
    ),
    "a property": ("MATCH (t:Trait {ownerID: $u}) SET t.name = 'other'", "name is not as in the log"),
    "a moment": (
        "MATCH (t:Trait {ownerID: $u}) SET t.creationTimestamp = datetime('2020-01-01T00:00:00Z')",
        "creationTimestamp",
    ),
    "a concept's name": ("MATCH (c:Concept {ownerID: $u}) SET c.name = 'other'", "Concept"),
    "an edge is missing": ("MATCH (:User {userID: $u})-[h:HAS_TRAIT]->() DELETE h", "HAS_TRAIT"),
    "an edge's property": ("MATCH (:User {userID: $u})-[h:HAS_TRAIT]->() SET h.strength = 0.01", "strength"),
    "an edge twice": (
        "MATCH (a:Trait {ownerID: $u})-[e:ASSOCIATED_WITH_CONCEPT]->(c) "
        "CREATE (a)-[x:ASSOCIATED_WITH_CONCEPT {spelling: 'jazz'}]->(c)",
        "2 times",
    ),
    "the second node is missing": ("MATCH (n:Interest {ownerID: $u}) DETACH DELETE n", "Interest"),
    "one trait too many": (
        "MATCH (u:User {userID: $u}) CREATE (u)-[:HAS_TRAIT {managedBy: 'ptfi'}]->"
        "(:Trait {traitID: $new, ownerID: $u, managedBy: 'ptfi'})",
        "should not be in the graph",
    ),
    "one concept too many": (
        "CREATE (:Concept {conceptID: $new, ownerID: $u, managedBy: 'ptfi'})",
        "should not be in the graph",
    ),
    "the fence": ("MATCH (u:User {userID: $u}) SET u.revision = 77", "generation, revision or hash"),
    "the fence's hash": ("MATCH (u:User {userID: $u}) SET u.hash = '77'", "generation, revision or hash"),
    "no user": ("MATCH (u:User {userID: $u}) DETACH DELETE u", "generation, revision or hash"),
}


def check(user: User, *, repair: bool = False) -> str:
    out = io.StringIO()
    try:
        call_command("check_graph", person=str(user.pk), repair=repair, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_difference_is_named_and_mended(alice: User, planted: str) -> None:
    confirmed(alice, "My secret name", concepts=["jazz"])
    project(alice)
    assert "1 people compared, 0 still behind, 0 differ" in check(alice)
    statement, expected = PLANTED[planted]
    cypher(statement, u=alice.pk, new=uuid.uuid4())
    report = check(alice)
    assert expected in report
    assert "1 differ" in report
    assert "secret" not in report
    assert "0 differ" in check(alice, repair=True)
    assert "0 differ" in check(alice)


def test_a_row_that_is_not_as_in_the_log_is_named_and_stays(alice: User) -> None:
    trait = confirmed(alice).trait
    assert trait
    project(alice)
    PersonaTrait.objects.filter(pk=trait.pk).update(name="Other", version=9)
    report = check(alice, repair=True)
    assert f"PersonaTrait {trait.pk}: name is not as in the log" in report
    assert f"PersonaTrait {trait.pk}: version 9" in report
    PersonaTrait.objects.filter(pk=trait.pk).delete()
    assert "in the log, not in the table" in check(alice)


def test_who_is_behind_is_not_compared(alice: User) -> None:
    confirmed(alice)
    assert "0 people compared, 1 still behind, 0 differ" in check(alice)


def test_a_rejected_trait_of_the_pipeline_is_compared_too(alice: User) -> None:
    candidate = make_candidate(alice)
    cypher("CREATE (:Trait {traitID: $t, name: 'theirs'})", t=candidate.pk)
    decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="not_me")
    project(alice)
    assert "0 differ" in check(alice)
    cypher("MATCH (t:Trait {traitID: $t}) SET t.status = 'active'", t=candidate.pk)
    assert "status is not as in the log" in check(alice)


def test_an_unknown_person_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="no such person"):
        call_command("check_graph", person="nobody@example.com")
