"""A suggestion that contradicts a trait that the person has: each answer, and undoing it."""

from typing import Any

import pytest

from ptfi.accounts.models import User
from tests.support.cast import Suggest, acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.decisions import status
from traits import decisions
from traits.decisions import candidates as services
from traits.decisions.inputs import Changes, Relation
from traits.errors import InvalidError, NotLatestError
from traits.models import PersonaTrait

pytestmark = pytest.mark.django_db


def confirm_with_relation(user: User, kind: str, old: PersonaTrait, **fields: Any) -> services.Outcome:
    relation = Relation(trait_id=old.pk, kind=kind, existing_contexts=fields.pop("existing_contexts", []))
    candidate = make_candidate(user, "Hates jazz")
    return decisions.confirm(**acting_for_self(user), candidate_id=candidate.pk, relation=relation, **fields)


def test_replaces(alice: User) -> None:
    old = confirmed_trait(alice)
    outcome = confirm_with_relation(alice, "replaces", old)
    old.refresh_from_db()
    assert outcome.trait
    assert (old.status, old.valid_to) == ("dormant", outcome.trait.valid_from)
    assert {entry.batch_id for entry in outcome.entries} == {outcome.batch_id}
    decisions.undo(**acting_for_self(alice), action_id=outcome.entries[1].pk)
    old.refresh_from_db()
    assert (old.status, old.valid_to) == ("active", None)
    assert PersonaTrait.objects.filter(user=alice).count() == 1


def test_both_true_needs_contexts_for_both(alice: User) -> None:
    old = confirmed_trait(alice)
    with pytest.raises(InvalidError):
        confirm_with_relation(alice, "both_true", old, existing_contexts=["at home"])
    changes = Changes(expression_contexts=["at work"])
    confirm_with_relation(alice, "both_true", old, existing_contexts=["at home"], changes=changes)
    old.refresh_from_db()
    assert old.expression_contexts == ["at home"]


def test_old_was_wrong(alice: User) -> None:
    old = confirmed(alice)
    assert old.trait
    assert old.candidate
    outcome = confirm_with_relation(alice, "old_was_wrong", old.trait)
    assert list(PersonaTrait.objects.filter(user=alice).values_list("name", flat=True)) == ["Hates jazz"]
    assert status(old.candidate) == "rejected_by_user"
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    assert list(PersonaTrait.objects.filter(user=alice).values_list("name", flat=True)) == ["Loves jazz"]


def test_one_half_that_moved_on_keeps_both(alice: User) -> None:
    old = confirmed_trait(alice)
    outcome = confirm_with_relation(alice, "replaces", old)
    decisions.set_status(**acting_for_self(alice), trait_id=old.pk, status="active")
    with pytest.raises(NotLatestError):
        decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)


def test_new_is_wrong_comes_with_a_reject(alice: User, suggest: Suggest) -> None:
    old = confirmed_trait(alice)
    relation = Relation(trait_id=old.pk, kind="new_is_wrong")
    with pytest.raises(InvalidError):
        confirm_with_relation(alice, "new_is_wrong", old)
    candidate = suggest(alice, "Hates jazz at night")
    outcome = decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="not_me", relation=relation)
    assert outcome.entries[0].content["relation"]["kind"] == "new_is_wrong"
