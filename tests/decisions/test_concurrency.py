"""Two tabs, many threads: one winner, a log without gaps, and no deadlock with an import."""

import datetime as dt
import json
import threading
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.api.models import IdempotencyKey
from ptfi.db.transactions import front_door
from tests.support.api import api_of
from tests.support.candidate_files import new_row, row, stored
from tests.support.cast import Suggest, acting_for_self, make_candidate
from tests.support.concurrency import at_once, beside, wait_for_a_lock
from tests.support.decisions import assert_log_whole
from traits import decisions
from traits.erasure import persona as erasure
from traits.erasure import suppressions
from traits.errors import AlreadyDecidedError, NotLatestError
from traits.ingest import batch as ingest
from traits.ingest.parsing import CandidateRecord, parse
from traits.models import (
    CandidateStatus,
    ExtractedTraitCandidate,
    ModerationAction,
    Persona,
    Suppression,
    UserRefinedTrait,
)
from traits.moderation import services as moderation

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_many_tabs_one_winner(alice: User, suggest: Suggest) -> None:
    candidate = suggest(alice)

    def decide(index: int) -> str:
        try:
            with front_door():
                if index % 2:
                    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
                else:
                    decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="other")
        except AlreadyDecidedError as error:
            return error.code
        return "won"

    results = at_once(decide)
    assert sorted(results) == ["already_decided"] * 7 + ["won"]
    assert UserRefinedTrait.objects.filter(user=alice).count() == 1


def test_two_browser_tabs(alice: User, suggest: Suggest, signed_in: Callable[[User], Client]) -> None:
    candidate = suggest(alice)
    tabs = [signed_in(alice), signed_in(alice)]
    answers = at_once(lambda index: tabs[index].post(f"/review/{candidate.pk}/confirm/"), 2)
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "already decided" in refused.content.decode()


def test_many_decisions_leave_no_gap(alice: User, suggest: Suggest) -> None:
    ids = [suggest(alice, f"Trait {number}").pk for number in range(24)]

    def decide(index: int) -> None:
        for pk in ids[index * 3 : index * 3 + 3]:
            with front_door():
                decisions.confirm(**acting_for_self(alice), candidate_id=pk)

    at_once(decide)
    assert Persona.objects.get(user=alice).revision == 24
    assert_log_whole(alice)


def test_a_rejection_that_waited_sees_what_came_back_meanwhile(alice: User, suggest: Suggest) -> None:
    """What says the same is rejected along, though it was put back after the rejection began to wait."""
    back, chosen = suggest(alice, "Loves jazz"), suggest(alice, "loves jazz")
    decisions.reject(**acting_for_self(alice), candidate_id=back.pk, code="duplicate")

    waiting = threading.Thread(target=reject, args=(alice, chosen))
    with front_door():
        decisions.reopen(**acting_for_self(alice), candidate_id=back.pk)
        waiting.start()
        wait_for_a_lock()
    assert_both_rejected(alice, waiting)


@pytest.mark.parametrize("back", ["requeued", "released", "received", "lifted"])
def test_a_rejection_that_waited_sees_what_has_no_entry_in_the_log(
    alice: User, bob: User, sam: User, suggest: Suggest, back: str
) -> None:
    """Staff and a lifted suppression put back what says the same, too, and leave the log as it was."""
    other, chosen = suggest(bob if back == "received" else alice), suggest(alice, "loves jazz")

    def moderate(name: str, **more: Any) -> None:
        action = moderation.Moderation(name=ModerationAction(name), reason="Ticket 17", **more)
        assert moderation.act(actor=sam, action=action, candidate_ids=[other.pk]).done

    if back == "requeued":
        moderate("archive")
    elif back == "released":
        moderate("flag", kind="unsafe")
    elif back == "lifted":
        kept = Suppression.objects.create(user=alice, name_key=other.name_key, category=other.trait_category)
        away = {"status": CandidateStatus.ARCHIVED, "suppressed_by": kept}
        ExtractedTraitCandidate.objects.filter(pk=other.pk).update(**away)

    waiting = threading.Thread(target=reject, args=(alice, chosen))
    with front_door():
        if back == "lifted":
            suppressions.lift_suppression(**acting_for_self(alice), suppression_id=kept.pk)
        else:
            name = {"requeued": "requeue", "released": "release", "received": "reassign"}[back]
            moderate(name, to=alice if back == "received" else None)
        waiting.start()
        wait_for_a_lock()
    assert_both_rejected(alice, waiting)


def reject(user: User, candidate: ExtractedTraitCandidate) -> None:
    try:
        with front_door():
            decisions.reject(**acting_for_self(user), candidate_id=candidate.pk, code="not_me")
    finally:
        connection.close()


def assert_both_rejected(user: User, waiting: threading.Thread) -> None:
    waiting.join(10)
    statuses = ExtractedTraitCandidate.objects.filter(user=user).values_list("status", flat=True)
    assert list(statuses) == [CandidateStatus.REJECTED] * 2
    assert_log_whole(user)


def test_one_undo_of_many_wins(alice: User, suggest: Suggest) -> None:
    outcome = decisions.confirm(**acting_for_self(alice), candidate_id=suggest(alice).pk)

    def take_back(_: int) -> bool:
        try:
            with front_door():
                decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
        except NotLatestError:
            return False
        return True

    assert sorted(at_once(take_back)) == [False] * 7 + [True]


@pytest.mark.parametrize("how", ["lifted", "undone"])
def test_what_an_import_keeps_away_while_the_suppression_goes_comes_back(alice: User, how: str) -> None:
    outcome = decisions.reject(**acting_for_self(alice), candidate_id=make_candidate(alice).pk, code="not_me")
    suppression = Suppression.objects.get()
    earlier, later = new_row(), new_row()
    User.objects.filter(pk=alice.pk).update(external_id="test:alice")
    ingest.apply([parsed(earlier)])

    def end() -> None:
        try:
            with front_door():
                if how == "lifted":
                    suppressions.lift_suppression(**acting_for_self(alice), suppression_id=suppression.pk)
                else:
                    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
        finally:
            connection.close()

    ending, importing = threading.Thread(target=end), threading.Thread(target=in_import, args=(later,))
    with front_door():
        ExtractedTraitCandidate.objects.select_for_update().get(pk=earlier["candidate_id"])
        ending.start()
        wait_for_a_lock()
        importing.start()
        importing.join(10)
        assert not importing.is_alive()
    ending.join(10)
    assert not Suppression.objects.exists()
    assert {stored(row).status for row in (earlier, later)} == {CandidateStatus.CANDIDATE}


def parsed(row: dict[str, Any]) -> CandidateRecord:
    suggestion = parse(row)
    assert isinstance(suggestion, CandidateRecord)
    return suggestion


def in_import(row: dict[str, Any]) -> None:
    try:
        ingest.apply([parsed(row)])
    finally:
        connection.close()


def test_an_import_and_decisions_do_not_lock_each_other_out(alice: User, tmp_path: Path) -> None:
    """The import archives and updates the very suggestions that are being decided."""
    old = [make_candidate(alice, f"Says {number}").pk for number in range(40)]
    lines: list[dict[str, Any]] = []
    for number, pk in enumerate(old):
        lines.append(row(uuid.uuid4(), number) | {"supersedes": [str(pk)]})
        lines.append(row(old[-number], number))
    file = tmp_path / "new.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))

    def work(index: int) -> None:
        if index == 0:
            call_command("import_candidates", str(file), owner=alice.email, verbosity=0)
            return
        for pk in reversed(old):
            try:
                with front_door():
                    decisions.snooze(**acting_for_self(alice), candidate_id=pk, until=None)
            except AlreadyDecidedError:
                continue

    at_once(work, 3)
    assert_log_whole(alice)


def test_an_erasure_and_a_request_with_a_key_do_not_lock_each_other_out(alice: User) -> None:
    """The request sweeps up old answers, of which some are the person's, before it waits for them."""
    pk = make_candidate(alice).pk
    long_ago = timezone.now() - dt.timedelta(hours=25)
    IdempotencyKey.objects.create(owner=str(alice.pk), key="old", fingerprint=b"", created_at=long_ago)
    body, api = {"traitName": "Sails", "traitCategory": "Interest"}, api_of(alice)

    with ExitStack() as threads:
        with transaction.atomic():
            # The erasure has the person, and waits for this candidate.
            ExtractedTraitCandidate.objects.select_for_update().get(pk=pk)
            erasing = threads.enter_context(beside(lambda: erasure.erase_persona(**acting_for_self(alice))))
            adding = threads.enter_context(beside(lambda: api.post("/traits/custom", body, Idempotency_Key="new")))
        erasing.result(10)
        assert adding.result(10)[0] == 201
