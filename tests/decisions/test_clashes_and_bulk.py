"""A suggestion that clashes with a trait one has, and many decided at once."""

import uuid
from typing import Any

import pytest

from graph.projection import verification as check
from ptfi.accounts.models import User
from tests.conftest import Suggest, acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.decisions import assert_log_whole, status
from tests.support.graph_helpers import project
from traits import decisions
from traits.decisions.inputs import Changes, Relation
from traits.errors import InvalidError, NotLatestError
from traits.log.snapshots import State, candidate_state
from traits.models import ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db


def candidates(user: User) -> list[State]:
    return [candidate_state(row) for row in ExtractedTraitCandidate.objects.filter(user=user).order_by("pk")]


class TestClash:
    """A suggestion that clashes with a trait one has."""

    def confirm(self, user: User, kind: str, old: PersonaTrait, **fields: Any) -> decisions.Outcome:
        relation = Relation(trait_id=old.pk, kind=kind, existing_contexts=fields.pop("existing_contexts", []))
        candidate = make_candidate(user, "Hates jazz")
        return decisions.confirm(**acting_for_self(user), candidate_id=candidate.pk, relation=relation, **fields)

    def test_replaces(self, alice: User) -> None:
        old = confirmed_trait(alice)
        outcome = self.confirm(alice, "replaces", old)
        old.refresh_from_db()
        assert outcome.trait
        assert (old.status, old.valid_to) == ("dormant", outcome.trait.valid_from)
        assert {entry.batch_id for entry in outcome.entries} == {outcome.batch_id}
        decisions.undo(**acting_for_self(alice), action_id=outcome.entries[1].pk)
        old.refresh_from_db()
        assert (old.status, old.valid_to) == ("active", None)
        assert PersonaTrait.objects.filter(user=alice).count() == 1

    def test_both_true_needs_contexts_for_both(self, alice: User) -> None:
        old = confirmed_trait(alice)
        with pytest.raises(InvalidError):
            self.confirm(alice, "both_true", old, existing_contexts=["at home"])
        changes = Changes(expression_contexts=["at work"])
        self.confirm(alice, "both_true", old, existing_contexts=["at home"], changes=changes)
        old.refresh_from_db()
        assert old.expression_contexts == ["at home"]

    def test_old_was_wrong(self, alice: User) -> None:
        old = confirmed(alice)
        assert old.trait
        assert old.candidate
        outcome = self.confirm(alice, "old_was_wrong", old.trait)
        assert list(PersonaTrait.objects.filter(user=alice).values_list("name", flat=True)) == ["Hates jazz"]
        assert status(old.candidate) == "rejected_by_user"
        decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
        assert list(PersonaTrait.objects.filter(user=alice).values_list("name", flat=True)) == ["Loves jazz"]

    def test_one_half_that_moved_on_keeps_both(self, alice: User) -> None:
        old = confirmed_trait(alice)
        outcome = self.confirm(alice, "replaces", old)
        decisions.set_status(**acting_for_self(alice), trait_id=old.pk, status="active")
        with pytest.raises(NotLatestError):
            decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)

    def test_new_is_wrong_comes_with_a_reject(self, alice: User, suggest: Suggest) -> None:
        old = confirmed_trait(alice)
        relation = Relation(trait_id=old.pk, kind="new_is_wrong")
        with pytest.raises(InvalidError):
            self.confirm(alice, "new_is_wrong", old)
        candidate = suggest(alice, "Hates jazz at night")
        outcome = decisions.reject(
            **acting_for_self(alice), candidate_id=candidate.pk, code="not_me", relation=relation
        )
        assert outcome.entries[0].content["relation"]["kind"] == "new_is_wrong"


class TestBulk:
    def test_applies_refuses_and_undoes_as_one(self, alice: User, bob: User, suggest: Suggest) -> None:
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

    def test_what_says_the_same_becomes_one_trait(self, alice: User, suggest: Suggest) -> None:
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

    def test_one_of_them_can_be_split_off(self, alice: User, suggest: Suggest) -> None:
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

    def test_a_trait_without_room_takes_nothing(self, alice: User, suggest: Suggest) -> None:
        full = confirmed_trait(alice, "Sails", concepts=[f"concept {number}" for number in range(50)])
        rows = [suggest(alice, "sails", concepts=["wind"]), suggest(alice, "Hikes")]
        outcome = decisions.decide_many(
            **acting_for_self(alice), candidate_ids=[row.pk for row in rows], decision="confirmed_asis"
        )
        assert list(outcome.outcomes.values()) == ["refused", "applied"]
        assert status(rows[0]) == "candidate"
        full.refresh_from_db()
        assert len(full.concepts) == 50

    def test_a_dormant_trait_takes_nothing(self, alice: User, suggest: Suggest) -> None:
        old = confirmed_trait(alice, "Sails")
        decisions.set_status(**acting_for_self(alice), trait_id=old.pk, status="dormant")
        outcome = decisions.decide_many(
            **acting_for_self(alice), candidate_ids=[suggest(alice, "sails").pk], decision="confirmed_asis"
        )
        assert outcome.entries[0].user_decision == "confirmed_asis"

    @pytest.mark.parametrize("decision", ["confirmed_asis", "rejected"])
    def test_costs_the_same_for_many(
        self, alice: User, suggest: Suggest, django_assert_max_num_queries: Any, decision: str
    ) -> None:
        ids = [suggest(alice, f"Trait {number % 40}", evidence=[str(number)]).pk for number in range(60)]
        with django_assert_max_num_queries(14):
            decisions.decide_many(**acting_for_self(alice), candidate_ids=ids, decision=decision, code="other")

    @pytest.mark.parametrize(("number", "decision"), [(0, "rejected"), (201, "rejected"), (1, "merged")])
    def test_bounds(self, alice: User, number: int, decision: str) -> None:
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
