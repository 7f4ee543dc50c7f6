"""Two traits that the person has: how they stand to each other, in the log, in the graph, and undone."""

import uuid
from typing import Any

import pytest

from graph.projection import verification as check
from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed, confirmed_trait, second_trait
from tests.support.decisions import assert_log_whole, log_of, status
from tests.support.graph_helpers import cypher, project, trait_node
from traits import decisions
from traits.decisions.inputs import Changes, Relation
from traits.errors import InvalidError, NotFoundError, NotLatestError, StaleVersionError, TraitRemovedError
from traits.log.snapshots import State, trait_state
from traits.models import PersonaTrait
from traits.persona import duplicates as pairs

pytestmark = [pytest.mark.graph, pytest.mark.django_db]


def relate(user: User, trait: PersonaTrait, kind: str, other: PersonaTrait, **fields: Any) -> decisions.Outcome:
    relation = Relation(trait_id=other.pk, kind=kind, existing_contexts=fields.pop("existing_contexts", []))
    return decisions.relate(**acting_for_self(user), trait_id=trait.pk, relation=relation, **fields)


def traits(user: User) -> dict[str, State]:
    return {trait.name: trait_state(trait) for trait in PersonaTrait.objects.filter(user=user)}


@pytest.fixture
def bebop(alice: User) -> PersonaTrait:
    return second_trait(alice, "Loves JAZZ!", evidence=["Bebop!", "More bebop."], concepts=["bebop", "Jazz"])


def test_same_merges_one_trait_into_the_other(alice: User, jazz: PersonaTrait, bebop: PersonaTrait) -> None:
    before = traits(alice)
    project(alice)
    outcome = relate(alice, jazz, "same", bebop)
    assert list(traits(alice)) == ["Loves jazz"]
    now = traits(alice)["Loves jazz"]
    assert [piece["content"] for piece in now["evidence"]] == [
        "I love jazz.",
        "Jazz again tonight!",
        "Bebop!",
        "More bebop.",
    ]
    assert now["concepts"] == ["jazz", "bebop"]
    assert log_of(alice)[-2:] == ["removed", "edited"]
    assert {entry.batch_id for entry in outcome.entries} == {outcome.batch_id}
    assert outcome.entries[0].content["relation"] == {
        "trait_id": str(bebop.pk),
        "kind": "same",
        "existing_contexts": [],
    }
    project(alice)
    assert trait_node(bebop.pk) is None
    assert check.check(alice.pk) == []
    decisions.undo(**acting_for_self(alice), action_id=outcome.entries[0].pk)
    assert traits(alice) == before
    assert_log_whole(alice)
    project(alice)
    assert check.check(alice.pk) == []


def test_evidence_of_both_is_kept_once_with_its_verdict(alice: User, jazz: PersonaTrait) -> None:
    again = confirmed(alice, "Jazz it is", evidence=["New."])
    assert again.trait
    piece = jazz.evidence[0] | {"evidence_id": str(uuid.uuid4()), "verdict": "too_private"}
    PersonaTrait.objects.filter(pk=again.trait.pk).update(evidence=[piece, *again.trait.evidence])
    relate(alice, jazz, "same", again.trait)
    jazz.refresh_from_db()
    assert [(each["content"], each["verdict"]) for each in jazz.evidence] == [
        ("I love jazz.", "too_private"),
        ("Jazz again tonight!", ""),
        ("New.", ""),
    ]
    assert again.candidate
    assert status(again.candidate) == "rejected_by_user"


def test_one_replaces_the_other(alice: User, jazz: PersonaTrait, bebop: PersonaTrait) -> None:
    before = traits(alice)
    outcome = relate(alice, bebop, "replaces", jazz)
    jazz.refresh_from_db()
    bebop.refresh_from_db()
    assert (jazz.status, jazz.valid_to, bebop.status) == ("dormant", bebop.valid_from, "active")
    assert bebop.valid_from
    project(alice)
    edges = cypher(
        "MATCH (:User {userID: $u})-[e:HAS_TRAIT]->(t:Trait) "
        "RETURN t.traitID AS id, t.status AS status, e.validFrom AS since, e.validTo AS until",
        u=alice.pk,
    )
    shown = {row["id"]: row for row in edges}
    assert shown[str(jazz.pk)]["status"] == "dormant"
    assert shown[str(jazz.pk)]["until"] == shown[str(bebop.pk)]["since"] is not None
    assert shown[str(bebop.pk)]["until"] is None
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    assert traits(alice) == before


def test_both_are_true_in_different_places(alice: User, jazz: PersonaTrait, bebop: PersonaTrait) -> None:
    for here, there in (([], ["at home"]), (["at work"], []), (["at work"], ["At  work"])):
        with pytest.raises(InvalidError) as caught:
            relate(alice, jazz, "both_true", bebop, contexts=here, existing_contexts=there)
        assert list(caught.value.details) == ["expression_contexts"]
    assert len(pairs.close_pairs(alice)) == 1
    relate(alice, jazz, "both_true", bebop, contexts=["at work"], existing_contexts=["at home"])
    held = traits(alice)
    assert held["Loves jazz"]["expression_contexts"] == ["at work"]
    assert held["Loves JAZZ!"]["expression_contexts"] == ["at home"]
    assert log_of(alice)[-2:] == ["edited", "edited"]
    assert pairs.close_pairs(alice) == []
    project(alice)
    assert check.check(alice.pk) == []


def test_old_was_wrong_removes_the_other_trait(alice: User, jazz: PersonaTrait, bebop: PersonaTrait) -> None:
    outcome = relate(alice, jazz, "old_was_wrong", bebop)
    assert list(traits(alice)) == ["Loves jazz"]
    assert len(outcome.entries) == 1
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    assert len(traits(alice)) == 2


def test_what_moved_on_is_not_undone_by_half(alice: User, jazz: PersonaTrait, bebop: PersonaTrait) -> None:
    outcome = relate(alice, jazz, "same", bebop)
    decisions.edit_trait(**acting_for_self(alice), trait_id=jazz.pk, changes=Changes(notes="Since then."))
    with pytest.raises(NotLatestError):
        decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)


def test_what_is_refused_changes_nothing(alice: User, bob: User, jazz: PersonaTrait, bebop: PersonaTrait) -> None:
    theirs, before = confirmed_trait(bob), traits(alice)
    with pytest.raises(InvalidError):
        relate(alice, jazz, "same", theirs)
    with pytest.raises(NotFoundError):
        relate(bob, jazz, "same", theirs)
    with pytest.raises(InvalidError):
        relate(alice, jazz, "same", jazz)
    with pytest.raises(InvalidError):
        relate(alice, jazz, "new_is_wrong", bebop)
    with pytest.raises(StaleVersionError):
        relate(alice, jazz, "same", bebop, version=jazz.version + 7)
    with pytest.raises(StaleVersionError):
        relate(alice, jazz, "same", bebop, other_version=bebop.version + 7)
    assert traits(alice) == before
    decisions.remove_trait(**acting_for_self(alice), trait_id=bebop.pk)
    with pytest.raises(TraitRemovedError):
        relate(alice, jazz, "same", bebop)


def test_there_is_room_for_so_much(alice: User, jazz: PersonaTrait) -> None:
    full = confirmed_trait(alice, "Jazz", concepts=[f"concept {number}" for number in range(50)])
    with pytest.raises(InvalidError) as caught:
        relate(alice, jazz, "same", full)
    assert caught.value.details == {"relation": ["The trait would have more than 50 topics."]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Loves jazz", "loves JAZZ!"),
        ("Asks clarifying questions", "Asks clarifing questions"),
        ("Jazz lover", "Lover, jazz"),
        ("喜欢在晚上弹古典钢琴", "喜欢在晚上弹古典钢琴。"),
        ("يحب القهوة كثيرا", "يحب القهوة كثيرًا"),
    ],
)
def test_nearly_the_same_names_are_a_pair(alice: User, one: str, other: str) -> None:
    for name in (one, other, "Sails"):
        decisions.add_trait(**acting_for_self(alice), changes=Changes(name=name, category="Other"))
    found = pairs.close_pairs(alice)
    assert [{pair.first.name, pair.second.name} for pair in found] == [{one, other}]


@pytest.mark.parametrize(("one", "other"), [("Ran 5 km", "Ran 10 km"), ("Likes tea", "Likes Bach"), ("C", "C++")])
def test_different_names_are_no_duplicates(alice: User, one: str, other: str) -> None:
    for name in (one, other):
        decisions.add_trait(**acting_for_self(alice), changes=Changes(name=name, category="Other"))
    assert pairs.close_pairs(alice) == []


def test_pairs_are_the_persons_own_and_awake(alice: User, bob: User, jazz: PersonaTrait) -> None:
    confirmed_trait(bob, "Loves jazz!")
    assert pairs.close_pairs(alice) == []
    old = second_trait(alice, "loves jazz")
    assert len(pairs.close_pairs(alice)) == 1
    decisions.set_status(**acting_for_self(alice), trait_id=old.pk, status="dormant")
    assert pairs.close_pairs(alice) == []
