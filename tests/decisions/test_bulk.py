"""Many suggestions decided in one batch: what each becomes, what it costs, and undoing it."""

import uuid
from typing import Any

import pytest

from graph.projection import verification as check
from ptfi.accounts.models import User
from tests.support.cast import Suggest, acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.decisions import assert_log_whole, status
from tests.support.graph_helpers import project
from traits import decisions
from traits.decisions.inputs import Changes
from traits.errors import InvalidError
from traits.log.snapshots import State, candidate_state
from traits.models import ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

pytestmark = [pytest.mark.graph, pytest.mark.django_db]


def candidates(user: User) -> list[State]:
    return [candidate_state(row) for row in ExtractedTraitCandidate.objects.filter(user=user).order_by("pk")]


def test_it_applies_and_refuses_each_and_undoes_as_one_batch(alice: User, bob: User, suggest: Suggest) -> None:
    plain = [suggest(alice, f"Trait {number}") for number in range(3)]
    sensitive = suggest(alice, "Doubts", trait_category="PhilosophicalStance")
    done, theirs = confirmed(alice, "Done").candidate, suggest(bob)
    assert done
    ids = [row.pk for row in (*plain, sensitive, done, theirs)]
    outcome = decisions.decide_many(**acting_for_self(alice), candidate_ids=ids, decision="confirmed_asis")
    assert list(outcome.outcomes.values()) == ["applied"] * 3 + ["refused", "already_decided", "not_found"]
    assert PersonaTrait.objects.filter(user=alice).count() == 4
    decisions.edit_trait(**acting_for_self(alice), trait_id=plain[0].pk, changes=Changes(notes="Moved on."))
    undone = decisions.undo(**acting_for_self(alice), action_id=outcome.batch_id)
    assert (len(undone.entries), undone.skipped) == (2, 1)
    assert_log_whole(alice)


def test_what_says_the_same_becomes_one_trait(alice: User, suggest: Suggest) -> None:
    mine = confirmed_trait(alice, "Sails", evidence=["A boat."])
    rows = [
        suggest(alice, "Loves jazz", evidence=["One."]),
        suggest(alice, "loves JAZZ!", evidence=["Two."], concepts=["bebop"]),
        suggest(alice, "Loves jazz.", evidence=["Three."], trait_category="Skill"),
        suggest(alice, "sails", evidence=["The sea."]),
        suggest(alice, "Loves  jazz", evidence=["Four."]),
    ]
    before = candidates(alice)
    outcome = decisions.decide_many(
        **acting_for_self(alice), candidate_ids=[row.pk for row in rows], decision="confirmed_asis"
    )
    assert outcome.count("applied") == 5
    assert [entry.user_decision for entry in outcome.entries] == [
        "confirmed_asis",
        "merged",
        "confirmed_asis",
        "merged",
        "merged",
    ]
    held = {trait.pk: trait for trait in PersonaTrait.objects.filter(user=alice)}
    assert held.keys() == {mine.pk, rows[0].pk, rows[2].pk}
    assert [piece["content"] for piece in held[rows[0].pk].evidence] == ["One.", "Two.", "Four."]
    assert held[rows[0].pk].concepts == ["jazz", "bebop"]
    assert [piece["content"] for piece in held[mine.pk].evidence] == ["A boat.", "The sea."]
    assert held[rows[0].pk].version == outcome.entries[4].revision
    project(alice)
    assert check.check(alice.pk) == []
    undone = decisions.undo(**acting_for_self(alice), action_id=outcome.batch_id)
    assert (len(undone.entries), undone.skipped) == (5, 0)
    assert candidates(alice) == before
    assert list(PersonaTrait.objects.filter(user=alice).values_list("name", flat=True)) == ["Sails"]
    assert_log_whole(alice)
    project(alice)
    assert check.check(alice.pk) == []


def test_one_of_them_can_be_split_off(alice: User, suggest: Suggest) -> None:
    rows = [suggest(alice, name, evidence=[name]) for name in ("Loves jazz", "loves jazz", "LOVES JAZZ")]
    outcome = decisions.decide_many(
        **acting_for_self(alice), candidate_ids=[row.pk for row in rows], decision="confirmed_asis"
    )
    decisions.reopen(**acting_for_self(alice), candidate_id=rows[1].pk)
    trait = PersonaTrait.objects.get(user=alice)
    assert [piece["content"] for piece in trait.evidence] == ["Loves jazz", "LOVES JAZZ"]
    reopened = UserRefinedTrait.objects.get(user=alice, user_decision="reopened")
    decisions.undo(**acting_for_self(alice), action_id=reopened.pk)
    decisions.undo(**acting_for_self(alice), action_id=outcome.entries[2].pk)
    assert status(rows[2]) == "candidate"
    undone = decisions.undo(**acting_for_self(alice), action_id=outcome.batch_id)
    assert (len(undone.entries), undone.skipped) == (2, 1)
    assert not PersonaTrait.objects.filter(user=alice).exists()
    assert_log_whole(alice)


def test_a_trait_without_room_takes_nothing(alice: User, suggest: Suggest) -> None:
    full = confirmed_trait(alice, "Sails", concepts=[f"concept {number}" for number in range(50)])
    rows = [suggest(alice, "sails", concepts=["wind"]), suggest(alice, "Hikes")]
    outcome = decisions.decide_many(
        **acting_for_self(alice), candidate_ids=[row.pk for row in rows], decision="confirmed_asis"
    )
    assert list(outcome.outcomes.values()) == ["refused", "applied"]
    assert status(rows[0]) == "candidate"
    full.refresh_from_db()
    assert len(full.concepts) == 50


def test_a_dormant_trait_takes_nothing(alice: User, suggest: Suggest) -> None:
    old = confirmed_trait(alice, "Sails")
    decisions.set_status(**acting_for_self(alice), trait_id=old.pk, status="dormant")
    outcome = decisions.decide_many(
        **acting_for_self(alice), candidate_ids=[suggest(alice, "sails").pk], decision="confirmed_asis"
    )
    assert outcome.entries[0].user_decision == "confirmed_asis"


@pytest.mark.parametrize("decision", ["confirmed_asis", "rejected"])
def test_costs_the_same_for_many(
    alice: User, suggest: Suggest, django_assert_max_num_queries: Any, decision: str
) -> None:
    ids = [suggest(alice, f"Trait {number % 40}", evidence=[str(number)]).pk for number in range(60)]
    with django_assert_max_num_queries(14):
        decisions.decide_many(**acting_for_self(alice), candidate_ids=ids, decision=decision, code="other")


@pytest.mark.parametrize(("number", "decision"), [(0, "rejected"), (201, "rejected"), (1, "merged")])
def test_it_refuses_none_too_many_and_other_decisions(alice: User, number: int, decision: str) -> None:
    ids = [uuid.uuid4() for _ in range(number)]
    with pytest.raises(InvalidError):
        decisions.decide_many(**acting_for_self(alice), candidate_ids=ids, decision=decision, code="other")


@pytest.mark.slow
def test_undoing_a_folded_batch_goes_back_entry_by_entry(alice: User) -> None:
    ids = [make_candidate(alice, name).pk for name in ("Sails", "sails!", "SAILS")]
    outcome = decisions.decide_many(**acting_for_self(alice), candidate_ids=ids, decision="confirmed_asis")
    undone = decisions.undo(**acting_for_self(alice), action_id=outcome.batch_id)
    done = [entry.content for entry in reversed(outcome.entries)]
    assert [entry.content["before"]["trait"] for entry in undone.entries] == [each["after"]["trait"] for each in done]
    assert [entry.content["after"]["trait"] for entry in undone.entries] == [each["before"]["trait"] for each in done]
    assert not PersonaTrait.objects.exists()
