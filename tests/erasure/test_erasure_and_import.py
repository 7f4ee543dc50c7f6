"""An erasure and an import at the same moment: whichever is first, nothing of the import stays behind."""

import time
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from django.db import transaction

from ptfi.accounts.models import User
from tests.support.candidate_files import suggestion
from tests.support.cast import acting_for_self, make_candidate
from tests.support.concurrency import beside, over_and_over
from tests.support.decisions import assert_log_whole
from tests.support.persona_marker import erased
from traits import decisions
from traits.erasure import account as erasure_account
from traits.erasure import parts as erasure_parts
from traits.erasure import worker as erasure_steps
from traits.errors import AlreadyDecidedError, NotFoundError
from traits.ingest import batch as ingest
from traits.ingest import blocklist
from traits.ingest.parsing import CandidateRecord
from traits.models import Erasure, ExtractedTraitCandidate, Persona, PersonaTrait, UserRefinedTrait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("superseding", [False, True])
def test_an_import_that_is_first_is_erased_as_well(alice: User, superseding: bool) -> None:
    stored = make_candidate(alice)
    batch = [suggestion(candidate_id=str(stored.pk), supersedes=[str(stored.pk)] if superseding else [])]
    batch.append(suggestion())
    with ExitStack() as threads, transaction.atomic():
        # The import has the persona and waits for this candidate.
        ExtractedTraitCandidate.objects.select_for_update().get(pk=stored.pk)
        first = threads.enter_context(beside(lambda: ingest.apply(batch, owner=alice)))
        second = threads.enter_context(beside(lambda: erased(alice)))
    assert first.result().created == 1
    assert second.result().counts["candidates"] == 2
    assert not ExtractedTraitCandidate.objects.exists()


def test_an_import_that_comes_meanwhile_is_refused(alice: User) -> None:
    make_candidate(alice)
    with ExitStack() as threads, transaction.atomic():
        erased(alice)
        answer = threads.enter_context(beside(lambda: ingest.apply([suggestion()], owner=alice)))
    assert answer.result().refused == {0: [("user", "this person has turned suggestions off")]}
    assert not ExtractedTraitCandidate.objects.exists()


def test_a_decision_does_not_wait_for_an_import(alice: User) -> None:
    stored, other = make_candidate(alice), make_candidate(alice, "Sails")
    with ExitStack() as threads, transaction.atomic():
        ExtractedTraitCandidate.objects.select_for_update().get(pk=stored.pk)
        threads.enter_context(beside(lambda: ingest.apply([suggestion(candidate_id=str(stored.pk))], owner=alice)))
        decisions.confirm(**acting_for_self(alice), candidate_id=other.pk)
    assert Persona.objects.get(user=alice).revision == 1


def test_a_decision_that_comes_meanwhile_finds_nothing(alice: User) -> None:
    candidate = make_candidate(alice)
    with ExitStack() as threads, transaction.atomic():
        erased(alice)
        answer = threads.enter_context(
            beside(lambda: decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk))
        )
    with pytest.raises(NotFoundError):
        answer.result(10)
    assert Persona.objects.get(user=alice).revision == 0


def source_of(row: CandidateRecord) -> str:
    return str(row.supporting_evidence[0]["source_package_id"])


def erase_source(user: User, source: str) -> Erasure:
    return erasure_parts.erase_source(**acting_for_self(user), source=blocklist.source_bar(user.pk, source))


def test_evidence_that_an_import_brings_first_is_erased_as_well(alice: User) -> None:
    stored, row = make_candidate(alice), suggestion()
    ingest.apply([row], owner=alice)
    more = suggestion(supporting_evidence=piece_from(source_of(row)))
    with ExitStack() as threads, transaction.atomic():
        # The import has the persona and waits for this candidate.
        ExtractedTraitCandidate.objects.select_for_update().get(pk=stored.pk)
        batch = [suggestion(candidate_id=str(stored.pk)), more]
        first = threads.enter_context(beside(lambda: ingest.apply(batch, owner=alice)))
        second = threads.enter_context(beside(lambda: erase_source(alice, source_of(row))))
    assert first.result().created == 1
    assert second.result().counts["candidates"] == 3
    assert not ExtractedTraitCandidate.objects.exists()


def piece_from(source: str) -> list[dict[str, Any]]:
    return [{"type": "text_snippet", "content": "Once more.", "source_package_id": source, "source_detail": ""}]


def test_evidence_that_an_import_brings_meanwhile_is_refused(alice: User) -> None:
    row = suggestion()
    ingest.apply([row], owner=alice)
    more = suggestion(supporting_evidence=piece_from(source_of(row)))
    with ExitStack() as threads, transaction.atomic():
        erase_source(alice, source_of(row))
        answer = threads.enter_context(beside(lambda: ingest.apply([more], owner=alice)))
    assert answer.result().refused == {0: [blocklist.ERASED]}
    assert not ExtractedTraitCandidate.objects.exists()


def test_an_account_that_ends_meanwhile_is_not_brought_back(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(external_id="test:alice")
    alice.refresh_from_db()
    make_candidate(alice)
    person = {"external_id": "test:alice", "display_name": ""}
    with ExitStack() as threads, transaction.atomic():
        erasure_account.erase_account(**acting_for_self(alice), confirm_email="alice@example.com")
        answer = threads.enter_context(beside(lambda: ingest.apply([suggestion(user=person)])))
    assert answer.result().refused == {0: [blocklist.OFF]}
    assert not User.objects.filter(external_id="test:alice").exists()


def test_parts_are_erased_while_people_decide_and_imports_come(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step sees what came since the one before; the log stays whole, and nothing of the source stays."""
    monkeypatch.setattr(erasure_steps, "THINGS", 5)
    monkeypatch.setattr(erasure_steps, "ENTRIES", 5)

    def several(source: str) -> list[CandidateRecord]:
        return [suggestion(supporting_evidence=piece_from(source)) for _ in range(10)]

    def decide() -> None:
        for pk in ExtractedTraitCandidate.objects.filter(status="candidate").values_list("pk", flat=True)[:10]:
            with suppress(NotFoundError, AlreadyDecidedError):
                decisions.confirm(**acting_for_self(alice), candidate_id=pk)

    def bring() -> None:
        ingest.apply([*several("gone"), *several("kept")], owner=alice)

    with over_and_over(decide, bring) as rounds:
        rounds.go_on(3)
        done = erase_source(alice, "gone")
        while done.state == "erasing":
            done = erasure_parts.go_on(erasure_id=done.pk)
        rounds.go_on(1)
    held = ExtractedTraitCandidate.objects.values_list("supporting_evidence", flat=True)
    traits = PersonaTrait.objects.values_list("evidence", flat=True)
    sources = {piece["source_package_id"] for pieces in (*held, *traits) for piece in pieces}
    assert sources == {"kept"}
    assert not UserRefinedTrait.objects.filter(content__icontains='"gone"').exists()
    assert done.counts["candidates"] > 5
    assert_log_whole(alice)


def test_many_at_once_do_not_lock_each_other_out(alice: User) -> None:
    """Imports that replace what others brought, decisions and erasures of one person."""

    def erase() -> None:
        Persona.objects.filter(user=alice).update(suggestions_off_at=None)
        erased(alice)
        time.sleep(0.1)

    def bring() -> None:
        old = [str(pk) for pk in ExtractedTraitCandidate.objects.values_list("pk", flat=True)[:3]]
        ingest.apply([suggestion(supersedes=old) for _ in range(20)], owner=alice)

    with over_and_over(erase, bring, bring, bring) as rounds:
        rounds.go_on(8)
    erased(alice)
    assert not ExtractedTraitCandidate.objects.exists()
    assert Erasure.objects.count() > 1
    assert_log_whole(alice)
