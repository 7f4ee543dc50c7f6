"""Each decision: what it leaves in the tables and in the log, and what it refuses."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import Suggest, acting_for_self, confirmed, confirmed_trait
from tests.support.decisions import assert_log_whole, log_of, status
from traits import decisions
from traits.decisions.inputs import Changes, Evidence
from traits.errors import (
    AlreadyDecidedError,
    InvalidError,
    NotFoundError,
    NotLatestError,
    RuleError,
    StaleVersionError,
    TraitRemovedError,
)
from traits.models import Persona, PersonaTrait, Suppression, UserRefinedTrait

pytestmark = pytest.mark.django_db


def test_confirm_as_is_makes_the_trait_with_the_candidates_id(alice: User, suggest: Suggest) -> None:
    candidate = suggest(alice)
    outcome = decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    trait = PersonaTrait.objects.get(user=alice)
    assert (trait.pk, trait.name, trait.origin, trait.version) == (candidate.pk, "Loves jazz", "ai_confirmed_user", 1)
    assert status(candidate) == "confirmed_by_user"
    entry = outcome.entries[0]
    assert entry.user_decision == "confirmed_asis"
    assert entry.content["before"]["trait"] is None
    assert entry.content["after"]["trait"]["evidence"] == candidate.supporting_evidence
    assert_log_whole(alice)


def test_the_first_decision_of_somebody_whom_an_import_brought(alice: User, suggest: Suggest) -> None:
    Persona.objects.filter(user=alice).delete()
    decisions.snooze(**acting_for_self(alice), candidate_id=suggest(alice).pk, until=None)
    assert Persona.objects.get(user=alice).revision == 1


def test_a_rating_alone_is_still_as_it_is(alice: User, suggest: Suggest) -> None:
    outcome = decisions.confirm(
        **acting_for_self(alice), candidate_id=suggest(alice).pk, changes=Changes(user_confidence=4)
    )
    assert outcome.entries[0].user_decision == "confirmed_asis"
    assert PersonaTrait.objects.get(user=alice).user_confidence == 4


@pytest.mark.parametrize(
    "changes",
    [
        Changes(name="Adores jazz"),
        Changes(description="Every evening."),
        Changes(category="Skill"),
        Changes(notes="Since my youth."),
        Changes(concepts=["jazz", "bebop"]),
        Changes(expression_contexts=["at home"]),
    ],
)
def test_any_other_change_makes_it_modified(alice: User, suggest: Suggest, changes: Changes) -> None:
    candidate = suggest(alice)
    outcome = decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk, changes=changes)
    assert outcome.entries[0].user_decision == "confirmed_modified"
    assert status(candidate) == "refined_by_user"
    trait = PersonaTrait.objects.get(user=alice)
    assert all(getattr(trait, field) == value for field, value in changes.given().items())
    assert trait.origin == "ai_refined_user"


def test_changes_that_change_nothing_leave_it_as_it_is(alice: User, suggest: Suggest) -> None:
    changes = Changes(name=" Loves jazz ", category="Interest", notes="", concepts=["jazz", "JAZZ"])
    outcome = decisions.confirm(**acting_for_self(alice), candidate_id=suggest(alice).pk, changes=changes)
    assert outcome.entries[0].user_decision == "confirmed_asis"


@pytest.mark.parametrize(
    ("verdict", "decision"),
    [
        ("supports", "confirmed_asis"),
        ("out_of_context", "confirmed_modified"),
        ("not_me", "confirmed_modified"),
        ("too_private", "confirmed_modified"),
    ],
)
def test_a_verdict_against_evidence_makes_it_modified(
    alice: User, suggest: Suggest, verdict: str, decision: str
) -> None:
    candidate = suggest(alice)
    piece = candidate.supporting_evidence[0]["evidence_id"]
    outcome = decisions.confirm(
        **acting_for_self(alice), candidate_id=candidate.pk, evidence=Evidence(verdicts={piece: verdict})
    )
    assert outcome.entries[0].user_decision == decision
    assert PersonaTrait.objects.get(user=alice).evidence[0]["verdict"] == verdict


def test_evidence_of_ones_own(alice: User, suggest: Suggest) -> None:
    candidate = suggest(alice)
    decisions.confirm(
        **acting_for_self(alice), candidate_id=candidate.pk, evidence=Evidence(own=["I said so.", " I said so. "])
    )
    trait = PersonaTrait.objects.get(user=alice)
    assert [piece["content"] for piece in trait.evidence][2:] == ["I said so."]
    assert trait.origin == "ai_refined_user"


def test_snooze_until_a_time_and_until_new_evidence(alice: User, suggest: Suggest) -> None:
    first, second = suggest(alice), suggest(alice, "Sails")
    tomorrow = timezone.now() + dt.timedelta(days=1)
    decisions.snooze(**acting_for_self(alice), candidate_id=first.pk, until=tomorrow)
    decisions.snooze(**acting_for_self(alice), candidate_id=second.pk, until=None)
    first.refresh_from_db(fields=["status", "deferred_until"])
    assert (first.status, first.deferred_until) == ("awaiting_refinement", tomorrow)
    assert status(second) == "awaiting_refinement"


@pytest.mark.parametrize("days", [-1, 5000])
def test_snooze_refuses_the_past_and_the_far_future(alice: User, suggest: Suggest, days: int) -> None:
    until = timezone.now() + dt.timedelta(days=days)
    with pytest.raises(InvalidError):
        decisions.snooze(**acting_for_self(alice), candidate_id=suggest(alice).pk, until=until)


def test_merge_unites_evidence_and_concepts(alice: User, suggest: Suggest) -> None:
    target = confirmed_trait(alice)
    candidate = suggest(alice, "Listens to bebop", evidence=["Bebop!"], concepts=["Jazz", "bebop"])
    decisions.merge(**acting_for_self(alice), candidate_id=candidate.pk, into=target.pk)
    trait = PersonaTrait.objects.get(user=alice)
    assert [piece["content"] for piece in trait.evidence] == ["I love jazz.", "Jazz again tonight!", "Bebop!"]
    assert trait.concepts == ["jazz", "bebop"]
    assert status(candidate) == "refined_by_user"
    assert not PersonaTrait.objects.filter(pk=candidate.pk).exists()


def test_a_merged_suggestion_can_be_split_off_later(alice: User, suggest: Suggest) -> None:
    target = confirmed_trait(alice)
    candidate = suggest(alice, "Listens to bebop", evidence=["Bebop!"], concepts=["Jazz", "bebop"])
    decisions.merge(**acting_for_self(alice), candidate_id=candidate.pk, into=target.pk)
    decisions.edit_trait(**acting_for_self(alice), trait_id=target.pk, changes=Changes(name="Adores jazz"))
    decisions.reopen(**acting_for_self(alice), candidate_id=candidate.pk)
    trait = PersonaTrait.objects.get(user=alice)
    assert (trait.name, trait.concepts, len(trait.evidence)) == ("Adores jazz", ["jazz"], 2)
    assert status(candidate) == "candidate"


def test_merge_into_nothing(alice: User, bob: User, suggest: Suggest) -> None:
    candidate = suggest(alice)
    theirs, gone = confirmed_trait(bob), confirmed_trait(alice, "Old")
    decisions.remove_trait(**acting_for_self(alice), trait_id=gone.pk)
    for into, error in ((uuid.uuid4(), InvalidError), (theirs.pk, InvalidError), (gone.pk, TraitRemovedError)):
        with pytest.raises(error):
            decisions.merge(**acting_for_self(alice), candidate_id=candidate.pk, into=into)
    assert status(candidate) == "candidate"


def test_reopen_only_what_was_rejected_or_merged(alice: User, suggest: Suggest) -> None:
    rejected, done = suggest(alice), confirmed(alice, "Sails").candidate
    decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="outdated")
    decisions.reopen(**acting_for_self(alice), candidate_id=rejected.pk)
    assert status(rejected) == "candidate"
    assert not Suppression.objects.filter(user=alice).exists()
    assert done
    with pytest.raises(AlreadyDecidedError):
        decisions.reopen(**acting_for_self(alice), candidate_id=done.pk)


def test_add_edit_status_remove(alice: User) -> None:
    outcome = decisions.add_trait(
        **acting_for_self(alice),
        changes=Changes(name="Bakes", category="Skill", user_confidence=5),
        own_evidence=["Every Sunday."],
    )
    assert outcome.trait
    pk = outcome.trait.pk
    assert (outcome.trait.confidence, outcome.trait.origin) == (1.0, "user_defined")
    decisions.edit_trait(**acting_for_self(alice), trait_id=pk, changes=Changes(description="Bread."), version=1)
    decisions.set_status(**acting_for_self(alice), trait_id=pk, status="dormant", version=2)
    decisions.remove_trait(**acting_for_self(alice), trait_id=pk, reason="No time.", version=3)
    assert not PersonaTrait.objects.filter(user=alice).exists()
    assert log_of(alice) == ["user_added_confirmed", "edited", "status_changed", "removed"]
    assert Suppression.objects.filter(user=alice, name_key="bakes", category="Skill").exists()
    for _ in range(4):
        newest = UserRefinedTrait.objects.filter(user=alice).exclude(user_decision="undone").order_by("-revision")
        undone = UserRefinedTrait.objects.exclude(undoes=None).values("undoes")
        decisions.undo(**acting_for_self(alice), action_id=newest.exclude(pk__in=undone)[0].pk)
    assert not PersonaTrait.objects.filter(user=alice).exists()
    assert not Suppression.objects.filter(user=alice).exists()
    assert_log_whole(alice)


def test_removing_a_suggested_trait_rejects_its_suggestion(alice: User) -> None:
    outcome = confirmed(alice)
    assert outcome.candidate
    assert outcome.trait
    services_changes = Changes(name="Adores jazz")
    decisions.edit_trait(**acting_for_self(alice), trait_id=outcome.trait.pk, changes=services_changes)
    removed = decisions.remove_trait(**acting_for_self(alice), trait_id=outcome.trait.pk)
    assert status(outcome.candidate) == "rejected_by_user"
    keys = set(Suppression.objects.filter(user=alice).values_list("name_key", flat=True))
    assert keys == {"loves jazz", "adores jazz"}
    decisions.undo(**acting_for_self(alice), action_id=removed.action_id)
    assert status(outcome.candidate) == "confirmed_by_user"
    assert PersonaTrait.objects.get(user=alice).name == "Adores jazz"
    assert not Suppression.objects.filter(user=alice).exists()


def test_an_edit_that_changes_nothing_is_told_so(alice: User) -> None:
    trait = confirmed_trait(alice)
    with pytest.raises(InvalidError):
        decisions.edit_trait(**acting_for_self(alice), trait_id=trait.pk, changes=Changes(name="Loves jazz"))
    assert log_of(alice) == ["confirmed_asis"]


def test_what_is_decided_or_stale_or_anothers_is_refused(alice: User, bob: User, suggest: Suggest) -> None:
    done = confirmed(alice)
    assert done.candidate
    with pytest.raises(AlreadyDecidedError):
        decisions.reject(**acting_for_self(alice), candidate_id=done.candidate.pk, code="not_me", version=1)
    fresh = suggest(alice, "Sails")
    with pytest.raises(StaleVersionError):
        decisions.confirm(**acting_for_self(alice), candidate_id=fresh.pk, version=7)
    with pytest.raises(NotFoundError):
        decisions.confirm(**acting_for_self(bob), candidate_id=fresh.pk)
    held = suggest(alice, "Held", held_reason="unsafe")
    with pytest.raises(NotFoundError):
        decisions.confirm(**acting_for_self(alice), candidate_id=held.pk)
    with pytest.raises(NotFoundError):
        decisions.remove_trait(**acting_for_self(bob), trait_id=done.candidate.pk)
    with pytest.raises(NotFoundError):
        decisions.undo(**acting_for_self(bob), action_id=done.action_id)


@pytest.mark.parametrize(
    "changes",
    [
        Changes(name=""),
        Changes(name="x" * 256),
        Changes(name="nul\x00"),
        Changes(description="\ud800"),
        Changes(category="Nonsense"),
        Changes(user_confidence=6),
        Changes(notes="n" * 10_001),
        Changes(concepts=[f"c{number}" for number in range(51)]),
        Changes(expression_contexts=["x" * 101]),
    ],
)
def test_bad_changes_are_named_and_change_nothing(alice: User, suggest: Suggest, changes: Changes) -> None:
    candidate = suggest(alice)
    with pytest.raises(InvalidError) as caught:
        decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk, changes=changes)
    assert list(caught.value.details) == list(changes.given())
    assert status(candidate) == "candidate"


@pytest.mark.parametrize(
    "evidence", [Evidence(verdicts={"unknown": "supports"}), Evidence(own=["x" * 4001]), Evidence(own=["\x00"])]
)
def test_bad_evidence_is_refused(alice: User, suggest: Suggest, evidence: Evidence) -> None:
    with pytest.raises(InvalidError):
        decisions.confirm(**acting_for_self(alice), candidate_id=suggest(alice).pk, evidence=evidence)


def test_every_rule_error_has_a_status_and_a_code() -> None:
    for error in (AlreadyDecidedError, InvalidError, NotFoundError, NotLatestError, StaleVersionError):
        assert issubclass(error, RuleError)
        assert 400 <= error.status < 500
        assert error.code
