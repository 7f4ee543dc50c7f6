"""A suggestion that clashes with a trait one has, and many decided at once."""

import uuid
from typing import Any

import pytest

from ptfi.accounts.models import User
from tests.conftest import Suggest, by, confirmed, confirmed_trait, make_candidate
from tests.decisions import assert_log_whole, status
from traits import bulk, persona, services, undo
from traits.errors import InvalidError, NotLatestError
from traits.models import PersonaTrait
from traits.validation import Changes, Relation

pytestmark = pytest.mark.django_db


class TestClash:
    """A suggestion that clashes with a trait one has."""

    def confirm(self, user: User, kind: str, old: PersonaTrait, **fields: Any) -> services.Outcome:
        relation = Relation(trait_id=old.pk, kind=kind, existing_contexts=fields.pop("existing_contexts", []))
        candidate = make_candidate(user, "Hates jazz")
        return services.confirm(**by(user), candidate_id=candidate.pk, relation=relation, **fields)

    def test_replaces(self, alice: User) -> None:
        old = confirmed_trait(alice)
        outcome = self.confirm(alice, "replaces", old)
        old.refresh_from_db()
        assert outcome.trait
        assert (old.status, old.valid_to) == ("dormant", outcome.trait.valid_from)
        assert {entry.batch_id for entry in outcome.entries} == {outcome.batch_id}
        undo.undo(**by(alice), action_id=outcome.entries[1].pk)
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
        undo.undo(**by(alice), action_id=outcome.action_id)
        assert list(PersonaTrait.objects.filter(user=alice).values_list("name", flat=True)) == ["Loves jazz"]

    def test_one_half_that_moved_on_keeps_both(self, alice: User) -> None:
        old = confirmed_trait(alice)
        outcome = self.confirm(alice, "replaces", old)
        persona.set_status(**by(alice), trait_id=old.pk, status="active")
        with pytest.raises(NotLatestError):
            undo.undo(**by(alice), action_id=outcome.action_id)

    def test_new_is_wrong_comes_with_a_reject(self, alice: User, suggest: Suggest) -> None:
        old = confirmed_trait(alice)
        relation = Relation(trait_id=old.pk, kind="new_is_wrong")
        with pytest.raises(InvalidError):
            self.confirm(alice, "new_is_wrong", old)
        candidate = suggest(alice, "Hates jazz at night")
        outcome = services.reject(**by(alice), candidate_id=candidate.pk, code="not_me", relation=relation)
        assert outcome.entries[0].content["relation"]["kind"] == "new_is_wrong"


class TestBulk:
    def test_applies_refuses_and_undoes_as_one(self, alice: User, bob: User, suggest: Suggest) -> None:
        plain = [suggest(alice, f"Trait {number}") for number in range(3)]
        sensitive = suggest(alice, "Doubts", trait_category="PhilosophicalStance")
        done, theirs = confirmed(alice, "Done").candidate, suggest(bob)
        assert done
        ids = [row.pk for row in (*plain, sensitive, done, theirs)]
        outcome = bulk.bulk(**by(alice), candidate_ids=ids, decision="confirmed_asis")
        assert list(outcome.outcomes.values()) == ["applied"] * 3 + ["refused", "already_decided", "not_found"]
        assert PersonaTrait.objects.filter(user=alice).count() == 4
        persona.edit_trait(**by(alice), trait_id=plain[0].pk, changes=Changes(notes="Moved on."))
        undone = undo.undo(**by(alice), action_id=outcome.batch_id)
        assert (len(undone.entries), undone.skipped) == (2, 1)
        assert_log_whole(alice)

    def test_costs_the_same_for_many(self, alice: User, suggest: Suggest, django_assert_max_num_queries: Any) -> None:
        ids = [suggest(alice, f"Trait {number}").pk for number in range(60)]
        with django_assert_max_num_queries(14):
            bulk.bulk(**by(alice), candidate_ids=ids, decision="rejected", code="other")

    @pytest.mark.parametrize(("number", "decision"), [(0, "rejected"), (201, "rejected"), (1, "merged")])
    def test_bounds(self, alice: User, number: int, decision: str) -> None:
        ids = [uuid.uuid4() for _ in range(number)]
        with pytest.raises(InvalidError):
            bulk.bulk(**by(alice), candidate_ids=ids, decision=decision, code="other")
