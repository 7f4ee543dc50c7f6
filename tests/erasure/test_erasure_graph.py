"""An erased person's graph: cleared once and for all, whoever dies, stalls or is restored meanwhile."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from graph.projection import erasure as erasing
from graph.projection.projector import Projector
from ptfi.accounts.models import User
from tests.support.attacks import without_triggers
from tests.support.cast import acting_for_self, confirmed, make_candidate
from tests.support.graph_helpers import claimed_windows, cypher, persona, project, trait_node, write_windows
from tests.support.graph_outage import away
from tests.support.persona_marker import check_graph, erased, graph_with, marked_persona
from traits import decisions
from traits.decisions.inputs import Changes
from traits.models import Erasure

pytestmark = [pytest.mark.graph, pytest.mark.django_db, pytest.mark.slow]


def test_nothing_new_is_projected_before_the_graph_is_cleared(alice: User, settings: Any, word: str) -> None:
    """The new trait has the id of one that was erased, and the pipeline made its node."""
    candidate = make_candidate(alice, word)
    cypher("CREATE (:Trait {traitID: $t, extra: 'theirs'})", t=candidate.pk)
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    project(alice)
    with away(settings):
        erased(alice)
        again = make_candidate(alice, "Sails", candidate_id=candidate.pk)
        decisions.confirm(**acting_for_self(alice), candidate_id=again.pk)
        assert Projector(only=alice.pk).batch() == 0
    project(alice)
    node = trait_node(candidate.pk)
    assert node
    assert (node["name"], node["status"], node["extra"]) == ("Sails", "active", "theirs")
    assert graph_with(word) == []
    assert "0 differ" in check_graph(alice)


def test_a_projector_that_was_killed_half_way_is_followed_by_another(alice: User, word: str) -> None:
    marked_persona(alice, word)
    project(alice)
    done = erased(alice)
    assert erasing.claim(30, alice.pk) == alice.pk
    savepoint = transaction.savepoint()
    erasing.clear(alice.pk)
    transaction.savepoint_rollback(savepoint)
    assert Projector(only=alice.pk).erase() == 0
    Erasure.objects.update(next_attempt_at=timezone.now() - dt.timedelta(seconds=1))
    project(alice)
    project(alice)
    done.refresh_from_db()
    assert done.state == "completed"
    assert "0 differ" in check_graph(alice)


def test_what_cannot_be_cleared_stops_nobody_else(alice: User, word: str) -> None:
    """There is no persona whose generation the fence could take."""
    with without_triggers("traits_erasure"):
        stuck = Erasure.objects.create(subject_id=uuid.uuid4(), state="erased", erased_at=timezone.now())
    marked_persona(alice, word)
    project(alice)
    done = erased(alice)
    with pytest.raises(CommandError, match="Not every erased person"):
        call_command("project_graph", once=True, workers=1)
    stuck.refresh_from_db()
    done.refresh_from_db()
    assert (stuck.state, stuck.last_error.split()[0]) == ("erased", "DoesNotExist")
    # Once, and again where the rest took longer than its pause.
    assert stuck.attempts >= 1
    assert stuck.next_attempt_at
    assert done.state == "completed"
    assert graph_with(word) == []


@pytest.mark.parametrize("projected", [False, True])
def test_a_stalled_projector_brings_nothing_back(alice: User, projected: bool, word: str) -> None:
    confirmed(alice)
    if projected:
        project(alice)
        confirmed(alice, word)
    stalled = claimed_windows(alice)
    erased(alice)
    project(alice)
    write_windows(stalled)
    assert cypher("MATCH (n) WHERE n.ownerID = $u RETURN labels(n) AS l", u=alice.pk) == [{"l": ["User"]}]
    assert "0 differ" in check_graph(alice)


def test_a_node_of_the_pipelines_stays_without_what_ptfi_wrote(alice: User, word: str) -> None:
    candidate, gone = make_candidate(alice, word), make_candidate(alice, f"Sells {word}s")
    for pk in (candidate.pk, gone.pk):
        cypher("CREATE (:Trait {traitID: $t, extra: 'theirs'}), (:Interest {interestID: $t, extra: 'theirs'})", t=pk)
    piece = candidate.supporting_evidence[0]["evidence_id"]
    cypher("CREATE (:SourceDataReferenceNode {referenceID: $r, extra: 'theirs'})", r=piece)
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    decisions.confirm(**acting_for_self(alice), candidate_id=gone.pk)
    project(alice)
    decisions.remove_trait(**acting_for_self(alice), trait_id=gone.pk)
    project(alice)
    done = erased(alice)
    project(alice)
    assert graph_with(word) == []
    for pk in (candidate.pk, gone.pk):
        assert trait_node(pk) == {"traitID": str(pk), "extra": "theirs", "status": "rejected_by_user"}
    pieces = cypher("MATCH (n:SourceDataReferenceNode {referenceID: $r}) RETURN properties(n) AS p", r=piece)
    assert pieces == [{"p": {"referenceID": piece, "extra": "theirs"}}]
    done.refresh_from_db()
    assert done.things == sorted([candidate.pk, gone.pk])
    assert done.kept["pipelineNodes"].startswith("2 nodes")


def test_a_graph_that_was_restored_is_cleared_again(alice: User, word: str) -> None:
    candidate = make_candidate(alice, word)
    cypher("CREATE (:Trait {traitID: $t, extra: 'theirs'})", t=candidate.pk)
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    generation = persona(alice).generation
    erased(alice)
    project(alice)
    decisions.add_trait(**acting_for_self(alice), changes=Changes(name="New", category="Other"))
    project(alice)
    cypher("MATCH (u:User {userID: $u}) SET u.generation = $g, u.revision = 1", u=alice.pk, g=generation)
    cypher(
        "CREATE (:Concept {conceptID: $c, ownerID: $u, managedBy: 'ptfi', name: $w})",
        c=uuid.uuid4(),
        u=alice.pk,
        w=word,
    )
    cypher("MATCH (t:Trait {traitID: $t}) SET t.name = $w", t=candidate.pk, w=word)
    with pytest.raises(CommandError):
        check_graph(alice)
    project(alice)
    assert graph_with(word) == []
    assert "0 differ" in check_graph(alice)
    assert len(cypher("MATCH (:User {userID: $u})-[:HAS_TRAIT]->(t) RETURN t", u=alice.pk)) == 1


def test_what_came_back_alone_is_found_and_mended(alice: User, word: str) -> None:
    erased(alice)
    project(alice)
    cypher(
        "CREATE (:Concept {conceptID: $c, ownerID: $u, managedBy: 'ptfi', name: $w})",
        c=uuid.uuid4(),
        u=alice.pk,
        w=word,
    )
    with pytest.raises(CommandError, match="1 differ"):
        check_graph(alice)
    call_command("check_graph", person=str(alice.pk), repair=True)
    assert graph_with(word) == []
    assert "0 differ" in check_graph(alice)
