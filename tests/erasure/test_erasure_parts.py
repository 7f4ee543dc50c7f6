"""A part of the persona that was erased: a piece of evidence, a source or a category. No word of it stays anywhere."""

import uuid
from typing import Any

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.candidate_files import suggestion
from tests.support.cast import PASSWORD, acting_for_self, confirmed_trait, make_candidate
from tests.support.decisions import assert_log_whole, log_of
from tests.support.erasure_parts import (
    OTHER,
    SOURCE,
    erase_source,
    first_piece,
    persona_with,
    piece_of,
    suggested,
    whole,
)
from tests.support.graph_helpers import cypher, project, trait_node
from tests.support.persona_marker import graph_with, tables_with
from traits import decisions
from traits.decisions.inputs import Changes, Evidence, Relation
from traits.erasure import parts as erasure_parts
from traits.errors import NotFoundError, NotLatestError
from traits.ingest import batch as ingest
from traits.ingest import blocklist
from traits.ingest.rows import Result
from traits.models import Erasure, ExtractedTraitCandidate, PersonaTrait, Suppression, UserRefinedTrait

pytestmark = [pytest.mark.graph, pytest.mark.django_db]


@pytest.mark.slow
def test_nothing_of_a_source_stays(
    alice: User, bob: User, client: Client, caplog: pytest.LogCaptureFixture, word: str
) -> None:
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    ids = persona_with(alice, word)
    client.post(f"/review/{suggested(alice, 'Says it', (word, SOURCE)).pk}/confirm/")
    theirs = confirmed_trait(bob, word[::-1], evidence=[word[::-1]])
    project(alice)
    project(bob)
    assert graph_with(word)
    assert "Says it" in str(dict(client.session))
    caplog.set_level("DEBUG")
    done = erase_source(alice)
    assert tables_with(word) == set()
    assert "Says it" not in str(dict(client.session))
    assert done.state == "erased"
    wanted = {"candidates": 10, "candidates_less": 1, "traits_less": 4, "evidence": 11}
    assert {name: done.counts[name] for name in wanted} == wanted
    assert SOURCE not in str(Erasure.objects.values())
    held = set(ExtractedTraitCandidate.objects.filter(user=alice).values_list("pk", flat=True))
    assert held == {ids["mixed"], ids["target"]}
    project(alice)
    assert graph_with(word) == []
    done.refresh_from_db()
    assert (done.state, done.things) == ("completed", [])
    assert word not in caplog.text
    whole(alice)
    assert trait_node(theirs.pk)
    assert [piece["content"] for piece in PersonaTrait.objects.get(pk=ids["mixed"]).evidence] == ["I sail."]
    assert PersonaTrait.objects.get(pk=ids["only"]).evidence == []


@pytest.mark.slow
def test_a_piece_goes_wherever_it_stands(alice: User, word: str) -> None:
    """The same words at the same place are one piece, under whichever suggestion; elsewhere they are another."""
    first = suggested(alice, "Sails", (word, SOURCE), ("I sail.", OTHER))
    again = suggested(alice, "Likes boats", (word, SOURCE), ("I like boats.", SOURCE))
    alone = suggested(alice, f"Only {word}", (word, SOURCE), trait_description=word)
    for candidate, name in ((first, "Mine"), (again, "Mine, too"), (alone, "All mine")):
        decisions.confirm(
            **acting_for_self(alice), candidate_id=candidate.pk, changes=Changes(name=name, description="x")
        )
    elsewhere = suggested(alice, "Elsewhere", (word[::-1], SOURCE))
    project(alice)
    done = erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=first_piece(first))
    assert tables_with(word) == set()
    assert (done.counts["evidence"], done.counts["candidates"], done.counts["traits_less"]) == (3, 1, 3)
    assert done.kept.keys() == {"traits", "evidence", "decisions", "receipt", "backups"}
    project(alice)
    assert graph_with(word) == []
    whole(alice)
    assert ExtractedTraitCandidate.objects.filter(pk=elsewhere.pk).exists()
    assert not ExtractedTraitCandidate.objects.filter(pk=alone.pk).exists()
    with pytest.raises(NotFoundError):
        erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=first_piece(first))


def test_a_piece_goes_from_the_lines_around_other_quotes(alice: User, word: str) -> None:
    """Also from a suggestion that does not have the piece itself."""
    first = suggested(alice, "Sails", (f"{word} (said)?", SOURCE))
    other = suggested(alice, "Likes boats", ("I like boats.", SOURCE))
    other.supporting_evidence[0] |= {"before": f"So: {word} (said)?", "after": "Kept."}
    other.save()
    decisions.snooze(**acting_for_self(alice), candidate_id=other.pk, until=None)
    decisions.confirm(**acting_for_self(alice), candidate_id=other.pk)
    erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=first_piece(first))
    assert tables_with(word) == set()
    other.refresh_from_db()
    assert other.supporting_evidence[0]["after"] == "Kept."
    # A trait and the log have no lines around a quote.
    assert "after" not in PersonaTrait.objects.get().evidence[0]
    whole(alice)


def test_words_of_ones_own_are_erased_too(alice: User, word: str) -> None:
    trait = decisions.add_trait(
        **acting_for_self(alice), changes=Changes(name="Mine", category="Other"), own_evidence=[word, "Still."]
    ).trait
    assert trait
    pk = next(piece["evidence_id"] for piece in trait.evidence if piece["content"] == word)
    erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=uuid.UUID(pk))
    assert tables_with(word) == set()
    assert [piece["content"] for piece in PersonaTrait.objects.get().evidence] == ["Still."]
    assert log_of(alice) == ["user_added_confirmed", "evidence_erased"]
    project(alice)
    whole(alice)


@pytest.mark.slow
def test_nothing_of_a_category_stays(alice: User, word: str) -> None:
    persona_with(alice, word)
    other = confirmed_trait(alice, "Loves jazz", trait_category="Skill")
    moved = make_candidate(alice, f"Moved {word}", evidence=[word])
    decisions.confirm(
        **acting_for_self(alice), candidate_id=moved.pk, changes=Changes(name="Moved", description="", category="Other")
    )
    decisions.edit_trait(**acting_for_self(alice), trait_id=moved.pk, changes=Changes(concepts=[]))
    project(alice)
    done = erasure_parts.erase_category(**acting_for_self(alice), category="Interest")
    project(alice)
    whole(alice)
    assert done.counts["traits"] == 3
    assert done.counts["candidates"] == 12
    assert set(PersonaTrait.objects.values_list("pk", flat=True)) == {other.pk, moved.pk}
    assert not Suppression.objects.filter(category="Interest").exists()
    # What was moved to another category stays there, with its evidence.
    assert tables_with(word) == {"traits_personatrait", "traits_userrefinedtrait"}
    erasure_parts.erase_category(**acting_for_self(alice), category="Other")
    assert tables_with(word) == set()
    project(alice)
    assert graph_with(word) == []
    whole(alice)
    assert [row["n"] for row in cypher("MATCH (t:Trait {ownerID: $u}) RETURN t.name AS n", u=alice.pk)] == [
        "Loves jazz"
    ]


def test_undo_brings_nothing_back(alice: User, word: str) -> None:
    kept = suggested(alice, "Sails", (word, SOURCE), ("I sail.", OTHER))
    action = decisions.confirm(**acting_for_self(alice), candidate_id=kept.pk).action_id
    rejected = suggested(alice, "Knits", (word, SOURCE))
    refusal = decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="not_me").action_id
    later = suggested(alice, "Swims", (word, SOURCE), ("I swim.", OTHER))
    put_off = decisions.snooze(**acting_for_self(alice), candidate_id=later.pk, until=None).action_id
    removed = suggested(alice, "Sings", (word, SOURCE), ("I sing.", OTHER))
    decisions.confirm(**acting_for_self(alice), candidate_id=removed.pk)
    removal = decisions.remove_trait(**acting_for_self(alice), trait_id=removed.pk).action_id
    erase_source(alice)
    for stays in (action, refusal):
        with pytest.raises(NotLatestError):
            decisions.undo(**acting_for_self(alice), action_id=stays)
    erasing_entry = UserRefinedTrait.objects.filter(user_decision="evidence_erased").first()
    assert erasing_entry
    with pytest.raises(NotLatestError):
        decisions.undo(**acting_for_self(alice), action_id=erasing_entry.batch_id or erasing_entry.pk)
    decisions.undo(**acting_for_self(alice), action_id=put_off)
    decisions.undo(**acting_for_self(alice), action_id=removal)
    assert tables_with(word) == set()
    assert [piece["content"] for piece in PersonaTrait.objects.get(pk=removed.pk).evidence] == ["I sing."]
    project(alice)
    whole(alice)


def test_a_clash_whose_other_half_went_is_not_undone(alice: User, word: str) -> None:
    old = confirmed_trait(alice, f"Old {word}", trait_category="Skill")
    new = make_candidate(alice, "New", trait_category="Other", evidence=["New."])
    relation = Relation(trait_id=old.pk, kind="both_true", existing_contexts=[word])
    action = decisions.confirm(
        **acting_for_self(alice), candidate_id=new.pk, changes=Changes(expression_contexts=["work"]), relation=relation
    ).action_id
    erasure_parts.erase_category(**acting_for_self(alice), category="Skill")
    with pytest.raises(NotLatestError):
        decisions.undo(**acting_for_self(alice), action_id=action)
    assert tables_with(word) == set()
    project(alice)
    whole(alice)


def test_a_repeat_of_the_import_brings_nothing_back(alice: User, bob: User) -> None:
    barred, free = "first-source", "second-source"

    def batch(user: User) -> Result:
        return ingest.apply([one, both, other, interest], owner=user)

    def row(name: str, category: str, *sources: str) -> Any:
        pk = uuid.uuid4()
        pieces = [{**piece_of(pk, f"{name} {source}", source)} for source in sources]
        for piece in pieces:
            del piece["evidence_id"], piece["verdict"]
        return suggestion(
            candidate_id=str(pk), trait_name=name, trait_category=category, supporting_evidence=pieces, supersedes=[]
        )

    one, both, other, interest = (
        row("One", "Skill", barred),
        row("Both", "Skill", barred, free),
        row("Other", "Skill", free),
        row("Interest", "Interest", "third-source"),
    )
    assert batch(alice).created == 4
    erase_source(alice, barred)
    piece = ExtractedTraitCandidate.objects.get(pk=other.candidate_id).supporting_evidence[0]["evidence_id"]
    erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=uuid.UUID(piece))
    erasure_parts.erase_category(**acting_for_self(alice), category="Interest")
    held = set(ExtractedTraitCandidate.objects.values_list("trait_name", "evidence_count"))
    assert held == {("Both", 1)}
    again = batch(alice)
    assert again.refused == {0: [blocklist.ERASED], 2: [blocklist.ERASED], 3: [blocklist.CATEGORY_OFF]}
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    assert set(ExtractedTraitCandidate.objects.values_list("trait_name", "evidence_count")) == held
    assert_log_whole(alice)


def test_what_only_the_source_wanted_is_suppressed_no_more(alice: User) -> None:
    """A suppression is named like what was erased; it stays only where a suggestion of that name stays."""
    rejected = suggested(alice, "Knits", ("I knit.", SOURCE))
    decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="not_me")
    other = suggested(alice, "Sings", ("I sing.", SOURCE))
    decisions.reject(**acting_for_self(alice), candidate_id=other.pk, code="not_me")
    key = Suppression.objects.get(name_key="sings")
    kept_away = suggested(alice, "Sings", ("La.", OTHER), status="archived_auto_superseded", suppressed_by=key)
    erase_source(alice)
    assert list(Suppression.objects.values_list("name_key", "sources")) == [("sings", [])]
    erase_source(alice, OTHER)
    assert not Suppression.objects.exists()
    assert not ExtractedTraitCandidate.objects.filter(pk=kept_away.pk).exists()


@pytest.mark.slow
def test_nodes_that_the_pipeline_made_lose_it(alice: User, word: str) -> None:
    candidate = suggested(alice, f"Likes {word}", (word, SOURCE))
    private = suggested(alice, "Sails", (word, SOURCE), ("I sail.", OTHER))
    for pk in (first_piece(candidate), first_piece(private)):
        cypher("CREATE (:SourceDataReferenceNode {referenceID: $r, extra: 'theirs', snippet: $w})", r=pk, w=word)
    cypher("CREATE (:Trait {traitID: $t, extra: 'theirs'})", t=candidate.pk)
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    decisions.remove_trait(**acting_for_self(alice), trait_id=candidate.pk)
    verdict = Evidence(verdicts={str(first_piece(private)): "too_private"})
    decisions.confirm(**acting_for_self(alice), candidate_id=private.pk, evidence=verdict)
    project(alice)
    done = erase_source(alice)
    project(alice)
    assert graph_with(word) == []
    done.refresh_from_db()
    assert set(done.things) == {candidate.pk, first_piece(candidate), first_piece(private)}
    assert done.kept["pipelineNodes"].startswith("3 nodes")
    whole(alice)
    # A backup of the graph comes back, older than the erasure.
    first = bytes(UserRefinedTrait.objects.get(user=alice, revision=1).hash).hex()
    cypher("MATCH (u:User {userID: $u}) SET u.revision = 1, u.hash = $h", u=alice.pk, h=first)
    cypher("MATCH (n:SourceDataReferenceNode {referenceID: $r}) SET n.snippet = $w", r=first_piece(private), w=word)
    project(alice)
    assert graph_with(word) == []
    whole(alice)
