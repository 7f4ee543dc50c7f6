"""Undo: what it brings back, and what it refuses."""

import pytest
from django.db import transaction

from ptfi.accounts.models import User
from tests.support.cast import Suggest, acting_for_self, confirmed, make_candidate
from tests.support.decisions import log_of, status
from traits import decisions
from traits.decisions.inputs import Changes, Evidence
from traits.erasure import suppressions
from traits.errors import AlreadyDecidedError, NotLatestError
from traits.models import CandidateStatus, ExtractedTraitCandidate, ModerationAction, PersonaTrait, Suppression
from traits.moderation import services as moderation

pytestmark = pytest.mark.django_db


def test_undo_again_goes_one_step_further_back(alice: User) -> None:
    first = confirmed(alice)
    assert first.trait
    second = decisions.edit_trait(
        **acting_for_self(alice), trait_id=first.trait.pk, changes=Changes(name="Adores jazz")
    )
    with pytest.raises(NotLatestError):
        decisions.undo(**acting_for_self(alice), action_id=first.action_id)
    decisions.undo(**acting_for_self(alice), action_id=second.action_id)
    decisions.undo(**acting_for_self(alice), action_id=first.action_id)
    with pytest.raises(NotLatestError):
        decisions.undo(**acting_for_self(alice), action_id=first.action_id)
    assert not PersonaTrait.objects.filter(user=alice).exists()
    assert log_of(alice) == ["confirmed_asis", "edited", "undone", "undone"]


def test_undo_keeps_what_the_pipeline_wrote_since(alice: User, suggest: Suggest) -> None:
    candidate = suggest(alice)
    piece = candidate.supporting_evidence[0]["evidence_id"]
    outcome = decisions.snooze(
        **acting_for_self(alice), candidate_id=candidate.pk, until=None, evidence=Evidence(verdicts={piece: "not_me"})
    )
    ExtractedTraitCandidate.objects.filter(pk=candidate.pk).update(trait_name="Loves swing")
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    candidate = ExtractedTraitCandidate.objects.get(pk=candidate.pk)
    assert (candidate.trait_name, candidate.status) == ("Loves swing", "candidate")
    assert candidate.supporting_evidence[0]["verdict"] == ""


def test_an_undone_entry_cannot_be_undone(alice: User) -> None:
    outcome = confirmed(alice)
    done = decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    with pytest.raises(NotLatestError):
        decisions.undo(**acting_for_self(alice), action_id=done.entries[0].pk)


def test_reject_suppresses_and_undo_lifts(alice: User, suggest: Suggest) -> None:
    candidate = suggest(alice)
    outcome = decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="not_me", reason="Never.")
    entry = outcome.entries[0]
    assert (entry.rejection_code, entry.content["reason"]) == ("not_me", "Never.")
    assert Suppression.objects.filter(user=alice, name_key="loves jazz", category="Interest").exists()
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    assert status(candidate) == "candidate"
    assert not Suppression.objects.filter(user=alice).exists()


def test_a_suppression_stands_while_another_reject_wants_it(alice: User, suggest: Suggest) -> None:
    outcome = decisions.reject(**acting_for_self(alice), candidate_id=suggest(alice).pk, code="not_me")
    decisions.reject(**acting_for_self(alice), candidate_id=suggest(alice, "loves  JAZZ!").pk, code="not_me")
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    assert Suppression.objects.filter(user=alice).count() == 1


def test_letting_it_be_suggested_again_makes_no_second_trait(alice: User) -> None:
    """It came in under the id of a trait that was gone, which is back since."""
    mine = decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Sails", category="Interest")).trait
    assert mine
    gone = decisions.remove_trait(**acting_for_self(alice), trait_id=mine.pk)
    decisions.reject(**acting_for_self(alice), candidate_id=make_candidate(alice, "Sails").pk, code="not_me")
    kept = Suppression.objects.get()
    away = make_candidate(alice, "Sails", candidate_id=mine.pk, status=CandidateStatus.ARCHIVED, suppressed_by=kept)
    decisions.undo(**acting_for_self(alice), action_id=gone.action_id)
    assert suppressions.lift_suppression(**acting_for_self(alice), suppression_id=kept.pk).returned == 0
    assert status(away) == CandidateStatus.ARCHIVED


def test_the_id_of_a_trait_that_somebody_else_has_meanwhile(alice: User, bob: User) -> None:
    mine = decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Sails", category="Interest")).trait
    assert mine
    gone = decisions.remove_trait(**acting_for_self(alice), trait_id=mine.pk)
    decisions.confirm(**acting_for_self(bob), candidate_id=make_candidate(bob, candidate_id=mine.pk).pk)
    with pytest.raises(NotLatestError), transaction.atomic():
        decisions.undo(**acting_for_self(alice), action_id=gone.action_id)
    assert log_of(alice) == ["user_added_confirmed", "removed"]


def test_a_suggestion_whose_trait_is_there_already(alice: User, sam: User) -> None:
    mine = decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Sails", category="Interest")).trait
    assert mine
    again = make_candidate(alice, candidate_id=mine.pk)
    with pytest.raises(AlreadyDecidedError), transaction.atomic():
        decisions.confirm(**acting_for_self(alice), candidate_id=again.pk)
    refusals = {ModerationAction.ARCHIVE: {}, ModerationAction.REQUEUE: {again.pk: "It is already a trait."}}
    for name, refused in refusals.items():
        action = moderation.Moderation(name=name, reason="Ticket 17")
        assert moderation.act(actor=sam, action=action, candidate_ids=[again.pk]).refused == refused
    assert log_of(alice) == ["user_added_confirmed"]
