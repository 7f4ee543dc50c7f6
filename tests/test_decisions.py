"""Each decision: what it leaves in the tables and in the log, and what it refuses."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from ptfi.accounts.models import User
from tests.conftest import Suggest, by, confirmed, make_candidate
from traits import bulk, log, persona, services, undo
from traits.errors import (
    AlreadyDecidedError,
    InvalidError,
    NotFoundError,
    NotLatestError,
    RuleError,
    StaleVersionError,
    TraitRemovedError,
)
from traits.models import ExtractedTraitCandidate, Persona, PersonaTrait, Suppression, UserRefinedTrait
from traits.validation import Changes, Evidence, Relation

pytestmark = pytest.mark.django_db


def status_of(candidate: ExtractedTraitCandidate) -> str:
    return ExtractedTraitCandidate.objects.get(pk=candidate.pk).status


def decisions(user: User) -> list[str]:
    return list(UserRefinedTrait.objects.filter(user=user).order_by("revision").values_list("user_decision", flat=True))


def assert_log_whole(user: User) -> None:
    assert list(log.verify(Persona.objects.get(user=user))) == []


def test_confirm_as_is_makes_the_trait_with_the_candidates_id(alice: User, suggest: Suggest) -> None:
    candidate = suggest(alice)
    outcome = services.confirm(**by(alice), candidate_id=candidate.pk)
    trait = PersonaTrait.objects.get(user=alice)
    assert (trait.pk, trait.name, trait.origin, trait.version) == (candidate.pk, "Loves jazz", "ai_confirmed_user", 1)
    assert status_of(candidate) == "confirmed_by_user"
    entry = outcome.entries[0]
    assert entry.user_decision == "confirmed_asis"
    assert entry.content["before"]["trait"] is None
    assert entry.content["after"]["trait"]["evidence"] == candidate.supporting_evidence
    assert_log_whole(alice)


def test_a_rating_alone_is_still_as_it_is(alice: User, suggest: Suggest) -> None:
    outcome = services.confirm(**by(alice), candidate_id=suggest(alice).pk, changes=Changes(user_confidence=4))
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
    outcome = services.confirm(**by(alice), candidate_id=candidate.pk, changes=changes)
    assert outcome.entries[0].user_decision == "confirmed_modified"
    assert status_of(candidate) == "refined_by_user"
    trait = PersonaTrait.objects.get(user=alice)
    assert all(getattr(trait, field) == value for field, value in changes.given().items())
    assert trait.origin == "ai_refined_user"


def test_changes_that_change_nothing_leave_it_as_it_is(alice: User, suggest: Suggest) -> None:
    changes = Changes(name=" Loves jazz ", category="Interest", notes="", concepts=["jazz", "JAZZ"])
    outcome = services.confirm(**by(alice), candidate_id=suggest(alice).pk, changes=changes)
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
    outcome = services.confirm(**by(alice), candidate_id=candidate.pk, evidence=Evidence(verdicts={piece: verdict}))
    assert outcome.entries[0].user_decision == decision
    assert PersonaTrait.objects.get(user=alice).evidence[0]["verdict"] == verdict


def test_evidence_of_ones_own(alice: User, suggest: Suggest) -> None:
    candidate = suggest(alice)
    services.confirm(**by(alice), candidate_id=candidate.pk, evidence=Evidence(own=["I said so.", " I said so. "]))
    trait = PersonaTrait.objects.get(user=alice)
    assert [piece["content"] for piece in trait.evidence][2:] == ["I said so."]
    assert trait.origin == "ai_refined_user"


def test_reject_suppresses_and_undo_lifts(alice: User, suggest: Suggest) -> None:
    candidate = suggest(alice)
    outcome = services.reject(**by(alice), candidate_id=candidate.pk, code="not_me", reason="Never.")
    entry = outcome.entries[0]
    assert (entry.rejection_code, entry.content["reason"]) == ("not_me", "Never.")
    assert Suppression.objects.filter(user=alice, name_key="loves jazz", category="Interest").exists()
    undo.undo(**by(alice), action_id=outcome.action_id)
    assert status_of(candidate) == "candidate"
    assert not Suppression.objects.filter(user=alice).exists()


def test_a_suppression_stands_while_another_reject_wants_it(alice: User, suggest: Suggest) -> None:
    first, second = suggest(alice), suggest(alice, "loves  JAZZ!")
    outcome = services.reject(**by(alice), candidate_id=first.pk, code="not_me")
    services.reject(**by(alice), candidate_id=second.pk, code="not_me")
    undo.undo(**by(alice), action_id=outcome.action_id)
    assert Suppression.objects.filter(user=alice).count() == 1


def test_defer_until_a_time_and_until_new_evidence(alice: User, suggest: Suggest) -> None:
    first, second = suggest(alice), suggest(alice, "Sails")
    tomorrow = timezone.now() + dt.timedelta(days=1)
    services.defer(**by(alice), candidate_id=first.pk, until=tomorrow)
    services.defer(**by(alice), candidate_id=second.pk, until=None)
    first.refresh_from_db(fields=["status", "deferred_until"])
    assert (first.status, first.deferred_until) == ("awaiting_refinement", tomorrow)
    assert status_of(second) == "awaiting_refinement"


@pytest.mark.parametrize("days", [-1, 5000])
def test_defer_refuses_the_past_and_the_far_future(alice: User, suggest: Suggest, days: int) -> None:
    until = timezone.now() + dt.timedelta(days=days)
    with pytest.raises(InvalidError):
        services.defer(**by(alice), candidate_id=suggest(alice).pk, until=until)


def test_merge_unites_evidence_and_concepts(alice: User, suggest: Suggest) -> None:
    target = confirmed(alice).trait
    assert target
    candidate = suggest(alice, "Listens to bebop", evidence=["Bebop!"], concepts=["Jazz", "bebop"])
    services.merge(**by(alice), candidate_id=candidate.pk, into=target.pk)
    trait = PersonaTrait.objects.get(user=alice)
    assert [piece["content"] for piece in trait.evidence] == ["I love jazz.", "Jazz again tonight!", "Bebop!"]
    assert trait.concepts == ["jazz", "bebop"]
    assert status_of(candidate) == "refined_by_user"
    assert not PersonaTrait.objects.filter(pk=candidate.pk).exists()


def test_a_merged_suggestion_can_be_split_off_later(alice: User, suggest: Suggest) -> None:
    target = confirmed(alice).trait
    assert target
    candidate = suggest(alice, "Listens to bebop", evidence=["Bebop!"], concepts=["Jazz", "bebop"])
    services.merge(**by(alice), candidate_id=candidate.pk, into=target.pk)
    persona.edit_trait(**by(alice), trait_id=target.pk, changes=Changes(name="Adores jazz"))
    services.reopen(**by(alice), candidate_id=candidate.pk)
    trait = PersonaTrait.objects.get(user=alice)
    assert (trait.name, trait.concepts, len(trait.evidence)) == ("Adores jazz", ["jazz"], 2)
    assert status_of(candidate) == "candidate"


def test_merge_into_nothing(alice: User, bob: User, suggest: Suggest) -> None:
    candidate = suggest(alice)
    theirs = confirmed(bob).trait
    gone = confirmed(alice, "Old").trait
    assert theirs
    assert gone
    persona.remove_trait(**by(alice), trait_id=gone.pk)
    for into, error in ((uuid.uuid4(), InvalidError), (theirs.pk, InvalidError), (gone.pk, TraitRemovedError)):
        with pytest.raises(error):
            services.merge(**by(alice), candidate_id=candidate.pk, into=into)
    assert status_of(candidate) == "candidate"


def test_reopen_only_what_was_rejected_or_merged(alice: User, suggest: Suggest) -> None:
    rejected, done = suggest(alice), confirmed(alice, "Sails").candidate
    services.reject(**by(alice), candidate_id=rejected.pk, code="outdated")
    services.reopen(**by(alice), candidate_id=rejected.pk)
    assert status_of(rejected) == "candidate"
    assert not Suppression.objects.filter(user=alice).exists()
    assert done
    with pytest.raises(AlreadyDecidedError):
        services.reopen(**by(alice), candidate_id=done.pk)


def test_add_edit_status_remove(alice: User) -> None:
    outcome = persona.add_trait(
        **by(alice), changes=Changes(name="Bakes", category="Skill", user_confidence=5), own_evidence=["Every Sunday."]
    )
    assert outcome.trait
    pk = outcome.trait.pk
    assert (outcome.trait.confidence, outcome.trait.origin) == (1.0, "user_defined")
    persona.edit_trait(**by(alice), trait_id=pk, changes=Changes(description="Bread."), version=1)
    persona.set_status(**by(alice), trait_id=pk, status="dormant", version=2)
    persona.remove_trait(**by(alice), trait_id=pk, reason="No time.", version=3)
    assert not PersonaTrait.objects.filter(user=alice).exists()
    assert decisions(alice) == ["user_added_confirmed", "edited", "status_changed", "removed"]
    assert Suppression.objects.filter(user=alice, name_key="bakes", category="Skill").exists()
    for _ in range(4):
        newest = UserRefinedTrait.objects.filter(user=alice).exclude(user_decision="undone").order_by("-revision")
        undone = UserRefinedTrait.objects.exclude(undoes=None).values("undoes")
        undo.undo(**by(alice), action_id=newest.exclude(pk__in=undone)[0].pk)
    assert not PersonaTrait.objects.filter(user=alice).exists()
    assert not Suppression.objects.filter(user=alice).exists()
    assert_log_whole(alice)


def test_removing_a_suggested_trait_rejects_its_suggestion(alice: User) -> None:
    outcome = confirmed(alice)
    assert outcome.candidate
    assert outcome.trait
    services_changes = Changes(name="Adores jazz")
    persona.edit_trait(**by(alice), trait_id=outcome.trait.pk, changes=services_changes)
    removed = persona.remove_trait(**by(alice), trait_id=outcome.trait.pk)
    assert status_of(outcome.candidate) == "rejected_by_user"
    keys = set(Suppression.objects.filter(user=alice).values_list("name_key", flat=True))
    assert keys == {"loves jazz", "adores jazz"}
    undo.undo(**by(alice), action_id=removed.action_id)
    assert status_of(outcome.candidate) == "confirmed_by_user"
    assert PersonaTrait.objects.get(user=alice).name == "Adores jazz"
    assert not Suppression.objects.filter(user=alice).exists()


def test_an_edit_that_changes_nothing_is_told_so(alice: User) -> None:
    trait = confirmed(alice).trait
    assert trait
    with pytest.raises(InvalidError):
        persona.edit_trait(**by(alice), trait_id=trait.pk, changes=Changes(name="Loves jazz"))
    assert decisions(alice) == ["confirmed_asis"]


def test_what_is_decided_or_stale_or_anothers_is_refused(alice: User, bob: User, suggest: Suggest) -> None:
    done = confirmed(alice)
    assert done.candidate
    with pytest.raises(AlreadyDecidedError):
        services.reject(**by(alice), candidate_id=done.candidate.pk, code="not_me", version=1)
    fresh = suggest(alice, "Sails")
    with pytest.raises(StaleVersionError):
        services.confirm(**by(alice), candidate_id=fresh.pk, version=7)
    with pytest.raises(NotFoundError):
        services.confirm(**by(bob), candidate_id=fresh.pk)
    held = suggest(alice, "Held", held_reason="unsafe")
    with pytest.raises(NotFoundError):
        services.confirm(**by(alice), candidate_id=held.pk)
    with pytest.raises(NotFoundError):
        persona.remove_trait(**by(bob), trait_id=done.candidate.pk)
    with pytest.raises(NotFoundError):
        undo.undo(**by(bob), action_id=done.action_id)


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
        services.confirm(**by(alice), candidate_id=candidate.pk, changes=changes)
    assert list(caught.value.details) == list(changes.given())
    assert status_of(candidate) == "candidate"


@pytest.mark.parametrize(
    "evidence", [Evidence(verdicts={"unknown": "supports"}), Evidence(own=["x" * 4001]), Evidence(own=["\x00"])]
)
def test_bad_evidence_is_refused(alice: User, suggest: Suggest, evidence: Evidence) -> None:
    with pytest.raises(InvalidError):
        services.confirm(**by(alice), candidate_id=suggest(alice).pk, evidence=evidence)


class TestClash:
    """A suggestion that clashes with a trait one has."""

    def confirm(self, user: User, kind: str, old: PersonaTrait, **fields: Any) -> services.Outcome:
        relation = Relation(trait_id=old.pk, kind=kind, existing_contexts=fields.pop("existing_contexts", []))
        candidate = make_candidate(user, "Hates jazz")
        return services.confirm(**by(user), candidate_id=candidate.pk, relation=relation, **fields)

    def test_replaces(self, alice: User) -> None:
        old = confirmed(alice).trait
        assert old
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
        old = confirmed(alice).trait
        assert old
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
        assert status_of(old.candidate) == "rejected_by_user"
        undo.undo(**by(alice), action_id=outcome.action_id)
        assert list(PersonaTrait.objects.filter(user=alice).values_list("name", flat=True)) == ["Loves jazz"]

    def test_one_half_that_moved_on_keeps_both(self, alice: User) -> None:
        old = confirmed(alice).trait
        assert old
        outcome = self.confirm(alice, "replaces", old)
        persona.set_status(**by(alice), trait_id=old.pk, status="active")
        with pytest.raises(NotLatestError):
            undo.undo(**by(alice), action_id=outcome.action_id)

    def test_new_is_wrong_comes_with_a_reject(self, alice: User, suggest: Suggest) -> None:
        old = confirmed(alice).trait
        assert old
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
        with django_assert_max_num_queries(12):
            bulk.bulk(**by(alice), candidate_ids=ids, decision="rejected", code="other")

    @pytest.mark.parametrize(("number", "decision"), [(0, "rejected"), (201, "rejected"), (1, "merged")])
    def test_bounds(self, alice: User, number: int, decision: str) -> None:
        ids = [uuid.uuid4() for _ in range(number)]
        with pytest.raises(InvalidError):
            bulk.bulk(**by(alice), candidate_ids=ids, decision=decision, code="other")


class TestUndo:
    def test_again_goes_one_step_further_back(self, alice: User) -> None:
        first = confirmed(alice)
        assert first.trait
        second = persona.edit_trait(**by(alice), trait_id=first.trait.pk, changes=Changes(name="Adores jazz"))
        with pytest.raises(NotLatestError):
            undo.undo(**by(alice), action_id=first.action_id)
        undo.undo(**by(alice), action_id=second.action_id)
        undo.undo(**by(alice), action_id=first.action_id)
        with pytest.raises(NotLatestError):
            undo.undo(**by(alice), action_id=first.action_id)
        assert not PersonaTrait.objects.filter(user=alice).exists()
        assert decisions(alice) == ["confirmed_asis", "edited", "undone", "undone"]

    def test_keeps_what_the_pipeline_wrote_since(self, alice: User, suggest: Suggest) -> None:
        candidate = suggest(alice)
        piece = candidate.supporting_evidence[0]["evidence_id"]
        outcome = services.defer(
            **by(alice), candidate_id=candidate.pk, until=None, evidence=Evidence(verdicts={piece: "not_me"})
        )
        ExtractedTraitCandidate.objects.filter(pk=candidate.pk).update(trait_name="Loves swing")
        undo.undo(**by(alice), action_id=outcome.action_id)
        candidate = ExtractedTraitCandidate.objects.get(pk=candidate.pk)
        assert (candidate.trait_name, candidate.status) == ("Loves swing", "candidate")
        assert candidate.supporting_evidence[0]["verdict"] == ""

    def test_an_undone_entry_cannot_be_undone(self, alice: User) -> None:
        outcome = confirmed(alice)
        done = undo.undo(**by(alice), action_id=outcome.action_id)
        with pytest.raises(NotLatestError):
            undo.undo(**by(alice), action_id=done.entries[0].pk)


class TestLog:
    def test_is_insert_only(self, alice: User) -> None:
        confirmed(alice)
        rows = UserRefinedTrait.objects.filter(user=alice)
        for change in (lambda: rows.update(rejection_code=""), rows.delete):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ("content = jsonb_set(content, '{reason}', '\"x\"')", "content was changed"),
            ("created_at = created_at - interval '1 day'", "a column was changed"),
            ("previous_hash = sha256('x')", "does not follow"),
            ("revision = 9", "is missing"),
        ],
    )
    def test_verify_finds_what_was_touched(self, alice: User, change: str, fault: str) -> None:
        for name in ("One", "Two"):
            confirmed(alice, name)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER log_is_insert_only")
            cursor.execute(f"UPDATE traits_userrefinedtrait SET {change} WHERE revision = 2")  # noqa: S608
        faults = "; ".join(log.verify(Persona.objects.get(user=alice)))
        assert fault in faults

    def test_verify_misses_a_cut_off_end(self, alice: User) -> None:
        confirmed(alice)
        Persona.objects.filter(user=alice).update(revision=5)
        assert "head is 5" in "; ".join(log.verify(Persona.objects.get(user=alice)))

    def test_times_never_go_back(self, alice: User) -> None:
        confirmed(alice, "One")
        ahead = timezone.now() + dt.timedelta(hours=1)
        Persona.objects.filter(user=alice).update(last_entry_at=ahead)
        assert confirmed(alice, "Two").entries[0].created_at == ahead

    def test_staff_must_give_a_reference(self, alice: User, sam: User, suggest: Suggest) -> None:
        candidate = suggest(alice)
        staff = log.Actor(user_id=sam.pk, kind="staff")
        with pytest.raises(DatabaseError), transaction.atomic():
            services.confirm(user=alice, actor=staff, candidate_id=candidate.pk)
        ticket = log.Actor(user_id=sam.pk, kind="staff", reference="T-1")
        services.confirm(user=alice, actor=ticket, candidate_id=candidate.pk)


def test_extreme_texts_survive_the_log(alice: User, suggest: Suggest) -> None:
    name = ("ا" * 100) + ("é́" * 20) + "<script>🦊" + "x" * 100
    candidate = suggest(alice, name[:255], evidence=["e" * 4000] * 3, confidence_score=1e-7)
    services.confirm(**by(alice), candidate_id=candidate.pk, changes=Changes(notes="\u2028 \U0001f468\u200d\U0001f469"))
    assert PersonaTrait.objects.get(user=alice).name == name[:255]
    assert_log_whole(alice)


def test_every_rule_error_has_a_status_and_a_code() -> None:
    for error in (AlreadyDecidedError, InvalidError, NotFoundError, NotLatestError, StaleVersionError):
        assert issubclass(error, RuleError)
        assert 400 <= error.status < 500
        assert error.code
