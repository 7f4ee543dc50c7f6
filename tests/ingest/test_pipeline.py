"""What a pipeline learns from each request: the outcome of each row, trials, versions, withdrawals, limits."""

import json
import uuid
from typing import Any

import pytest

from ptfi.accounts.models import User
from tests.support.api import Api
from tests.support.cast import acting_for_self, make_candidate
from tests.support.pipeline import api_row, pipeline, send
from traits import decisions
from traits.history.changes import changes_of
from traits.log.narration import narrate, with_names
from traits.log.verification import verify
from traits.models import (
    CandidateChange,
    CandidateStatus,
    ExtractedTraitCandidate,
    IngestBatch,
    ModerationAction,
    Persona,
    UserRefinedTrait,
)
from traits.moderation.batches import carry_out
from traits.moderation.services import Moderation, act

pytestmark = pytest.mark.django_db


def outcomes(answer: Any) -> list[str]:
    return [row["outcome"] for row in answer["results"]]


def sent(row: dict[str, Any]) -> ExtractedTraitCandidate:
    return ExtractedTraitCandidate.objects.get(pk=row["candidateID"])


def withdraw(api: Api, *rows: dict[str, Any], query: str = "", reason: str = "A fault of the model.") -> Any:
    body = {"candidateIDs": [row["candidateID"] for row in rows], "reason": reason}
    status, answer = api.call("POST", f"ingest/withdrawals{query}", body)
    assert status == 200, answer
    return answer


def test_each_row_has_its_outcome(alice: User) -> None:
    api = pipeline()
    known, decided, gone = (api_row(alice, traitName=name) for name in ("Rows", "Sings", "Knits"))
    assert outcomes(send(api, known, decided, gone)) == ["created"] * 3
    decisions.reject(**acting_for_self(alice), candidate_id=uuid.UUID(decided["candidateID"]), code="not_me")
    send(api, api_row(alice, traitName="Knits well", supersedes=[gone["candidateID"]]))
    more = {"supportingEvidenceSnippets": [{"type": "text_snippet", "content": "Late."}]}
    rows = [
        known,
        decided | more,
        decided,
        gone | more,
        known | more,
        api_row(alice, traitName="sings"),
        known | {"confidenceScore": "high"},
        known,
    ]
    answer = send(api, *rows)
    assert outcomes(answer) == [
        "unchanged", "ignored_decided", "unchanged", "ignored_archived", "updated", "suppressed", "refused", "updated",
    ]  # fmt: skip
    assert [row["index"] for row in answer["results"]] == list(range(8))
    assert [row["candidateID"] for row in answer["results"]] == [row["candidateID"] for row in rows]
    counts = {name: answer[name] for name in ("created", "updated", "unchanged", "suppressed", "newPeople")}
    assert counts == {"created": 0, "updated": 2, "unchanged": 4, "suppressed": 1, "newPeople": 0}
    assert answer["refused"][0]["line"] is None
    batch = IngestBatch.objects.get(pk=answer["batchID"])
    assert batch.counts == {"updated": 2, "unchanged": 2, "ignored": 2, "suppressed": 1, "refused": 1}


def test_lines_are_named_by_their_numbers(alice: User) -> None:
    row = api_row(alice)
    body = b"\n" + json.dumps(row).encode() + b"\n\n{\n" + json.dumps(row | {"traitName": ""}).encode()
    status, answer = pipeline().call("POST", "ingest/candidates", body, content_type="application/x-ndjson")
    assert status == 200
    assert [(each["index"], each["line"], each["outcome"]) for each in answer["results"]] == [
        (0, 2, "created"), (1, 4, "refused"), (2, 5, "refused"),
    ]  # fmt: skip
    assert [each["line"] for each in answer["refused"]] == [4, 5]
    assert answer["refused"][0]["errors"]["candidate"][0].startswith("is not valid JSON")


def test_faults_of_the_person_have_the_name_that_was_sent(alice: User) -> None:
    alice.external_id = "test:alice"
    alice.save()
    alice.persona.suggestions_off_at = alice.date_joined
    alice.persona.save()
    by_id = api_row(alice)
    by_name = api_row(alice, externalID="test:alice", candidateID=str(uuid.uuid4()))
    del by_name["userID"]
    refused = send(pipeline(), by_id, by_name)["refused"]
    off = ["this person has turned suggestions off"]
    assert [row["errors"] for row in refused] == [{"userID": off}, {"externalID": off}]
    assert pipeline().call("POST", "ingest/candidates", {"candidates": [by_id] * 1_001})[1]["error"]["details"] == {
        "candidates": ["Send 1 to 1,000 candidates. These are 1,001."]
    }


def test_new_people_are_counted_and_can_be_refused(alice: User) -> None:
    api = pipeline()
    rows = [api_row(alice, externalID=name, traitName=f"Reads {place}") for place, name in enumerate("aba")]
    for row in rows:
        del row["userID"]
    body = {"candidates": [*rows, api_row(alice)]}
    status, answer = api.call("POST", "ingest/candidates?mustExist=true", body)
    assert (status, outcomes(answer)) == (200, ["refused"] * 3 + ["created"])
    assert {str(row["errors"]) for row in answer["refused"]} == {"{'externalID': ['there is no such person']}"}
    assert not User.objects.filter(external_id__in=["a", "b"]).exists()
    answer = send(api, *rows)
    assert (answer["newPeople"], answer["created"]) == (2, 3)
    assert IngestBatch.objects.get(pk=answer["batchID"]).counts == {"created": 3, "new_people": 2}
    assert api.call("POST", "ingest/candidates?mustExist=true", {"candidates": rows})[1]["unchanged"] == 3
    status, answer = api.call("POST", "ingest/candidates?mustexist=true", body)
    assert (status, answer["error"]["details"]) == (400, {"mustexist": ["This field is not known."]})
    assert api.call("POST", "ingest/candidates?dryRun=1", body)[0] == 400


def test_a_trial_stores_nothing(alice: User) -> None:
    api, row = pipeline(), api_row(alice)
    send(api, row)
    batches = IngestBatch.objects.count()
    new = api_row(alice, externalID="nobody yet", traitName="Reads")
    del new["userID"]
    body = {"candidates": [row | {"traitName": "Adores jazz"}, new]}
    for _ in range(2):
        status, answer = api.call("POST", "ingest/candidates?dryRun=true", body, Idempotency_Key="trial")
        assert (status, outcomes(answer)) == (200, ["updated", "created"])
        assert (answer["dryRun"], answer["newPeople"]) == (True, 1)
    assert IngestBatch.objects.count() == batches
    assert sent(row).trait_name == "Loves jazz"
    assert not User.objects.filter(external_id="nobody yet").exists()
    assert withdraw(api, row, query="?dryRun=true")["withdrawn"] == 1
    assert sent(row).status == CandidateStatus.CANDIDATE
    # The trial did not use up the key.
    assert api.call("POST", "ingest/candidates", body, Idempotency_Key="trial")[1]["dryRun"] is False


def test_a_late_retry_does_not_win(alice: User) -> None:
    api, row = pipeline(), api_row(alice)
    first, second = row | {"sequence": 1}, row | {"sequence": 2, "traitName": "Adores jazz"}
    assert outcomes(send(api, second)) == ["created"]
    assert outcomes(send(api, first)) == ["ignored_stale"]
    assert sent(row).trait_name == "Adores jazz"
    # The same content with a higher number counts as the newer version, without a change.
    version = sent(row).version
    assert outcomes(send(api, second | {"sequence": 5})) == ["unchanged"]
    assert (sent(row).sequence, sent(row).version) == (5, version)
    assert outcomes(send(api, row | {"sequence": 4, "traitName": "Hates jazz"})) == ["ignored_stale"]
    # In one request, the order does not matter either; without a number, it does.
    both = [row | {"sequence": 7, "traitName": "Sings"}, row | {"sequence": 6, "traitName": "Hums"}]
    assert outcomes(send(api, *both)) == ["updated", "ignored_stale"]
    assert outcomes(send(api, row)) == ["updated"]
    assert (sent(row).trait_name, sent(row).sequence) == ("Loves jazz", 7)
    wrong: list[Any] = [-1, 1.0, "1", True, 2**53]
    refused = send(api, *(row | {"sequence": number} for number in wrong))["refused"]
    assert [list(each["errors"]) for each in refused] == [["sequence"]] * len(wrong)
    # What an old version replaces is not replaced.
    other = api_row(alice, traitName="Rows")
    send(api, other)
    send(api, row | {"sequence": 3, "supersedes": [other["candidateID"]]})
    assert sent(other).status == CandidateStatus.CANDIDATE


def test_a_sequence_that_only_rises_survives_what_else_the_request_changes(alice: User) -> None:
    api, row = pipeline(), api_row(alice)
    send(api, row | {"sequence": 1})
    send(api, row | {"sequence": 2}, api_row(alice, traitName="Rows", supersedes=[row["candidateID"]]))
    assert (sent(row).sequence, sent(row).status) == (2, CandidateStatus.ARCHIVED)


def test_withdrawn_suggestions_are_gone_for_good(alice: User, bob: User) -> None:
    api = pipeline()
    waiting, confirmed, snoozed = (api_row(alice, traitName=name) for name in ("Rows", "Sings", "Knits"))
    send(api, waiting, confirmed, snoozed)
    decisions.confirm(**acting_for_self(alice), candidate_id=sent(confirmed).pk)
    decisions.snooze(**acting_for_self(alice), candidate_id=sent(snoozed).pk, until=None)
    foreign, unknown = api_row(bob, traitName="Runs"), api_row(bob)
    send(pipeline("pipeline-b"), foreign)
    answer = withdraw(api, waiting, confirmed, snoozed, foreign, unknown, waiting)
    assert outcomes(answer) == ["withdrawn", "ignored_decided", "withdrawn", "unknown", "unknown", "withdrawn"]
    assert sent(waiting).status == sent(snoozed).status == CandidateStatus.ARCHIVED
    assert sent(foreign).status == CandidateStatus.CANDIDATE
    assert outcomes(withdraw(api, waiting)) == ["unchanged"]
    entries = UserRefinedTrait.objects.filter(user=alice, user_decision="withdrawn")
    assert {entry.original_candidate_id for entry in entries} == {sent(waiting).pk, sent(snoozed).pk}
    assert {(entry.actor_kind, entry.client_id) for entry in entries} == {("pipeline", "pipeline-a")}
    assert entries[0].content["reason"] == "A fault of the model."
    assert list(verify(Persona.objects.get(user=alice))) == []
    told = {str(each.phrase) for each in narrate(alice, with_names(entries))}
    assert told == {"The pipeline withdrew “Rows”", "The pipeline withdrew “Knits”"}
    assert not changes_of(alice).rows
    more = {"supportingEvidenceSnippets": [{"type": "text_snippet", "content": "Late."}]}
    assert outcomes(send(api, waiting | more)) == ["ignored_archived"]
    batch = IngestBatch.objects.get(pk=answer["batchID"])
    assert (batch.reason, batch.counts["withdrawn"], batch.counts["ignored"]) == ("A fault of the model.", 2, 1)


def test_nothing_brings_back_what_was_withdrawn(alice: User, sam: User) -> None:
    api = pipeline()
    rejected, blocked, archived = (api_row(alice, traitName=name) for name in ("Rows", "rows", "Sings"))
    send(api, rejected)
    refusal = decisions.reject(**acting_for_self(alice), candidate_id=sent(rejected).pk, code="not_me")
    send(api, blocked, archived)
    act(actor=sam, action=Moderation(name=ModerationAction.ARCHIVE, reason="x"), candidate_ids=[sent(archived).pk])
    assert outcomes(withdraw(api, blocked, archived)) == ["withdrawn"] * 2
    decisions.undo(**acting_for_self(alice), action_id=refusal.action_id)
    back = act(
        actor=sam, action=Moderation(name=ModerationAction.REQUEUE, reason="x"), candidate_ids=[sent(archived).pk]
    )
    assert list(back.refused.values()) == ["Its sender has withdrawn it."]
    assert {sent(row).status for row in (blocked, archived)} == {CandidateStatus.ARCHIVED}


def test_staff_can_take_back_a_withdrawal(alice: User, sam: User) -> None:
    api, row, other = pipeline(), api_row(alice), api_row(alice, traitName="Rows")
    send(api, row, other)
    replacing = send(api, api_row(alice, traitName="Rows well", supersedes=[other["candidateID"]]))
    wrong = withdraw(api, row, other)
    assert CandidateChange.objects.filter(batch_id=wrong["batchID"]).count() == 2
    for answer in (replacing, wrong):
        batch = IngestBatch.objects.get(pk=answer["batchID"])
        carry_out(actor=sam, batch=batch, name="undo", reason="By mistake.")
    assert (sent(row).status, sent(row).withdrawn_at) == (CandidateStatus.CANDIDATE, None)
    # Undoing what replaced it does not bring back what was withdrawn since.
    assert sent(other).status == CandidateStatus.ARCHIVED


def test_a_withdrawal_is_checked(alice: User) -> None:
    api = pipeline()
    faults: list[tuple[Any, str]] = [
        ({"candidateIDs": [], "reason": "x"}, "candidateIDs"),
        ({"candidateIDs": ["x"], "reason": "x"}, "candidateIDs[0]"),
        ({"candidateIDs": [str(uuid.uuid4())]}, "reason"),
        ({"candidateIDs": [str(uuid.uuid4())], "reason": "x" * 241}, "reason"),
        ({"candidateIDs": [str(uuid.uuid4())], "reason": "x", "force": True}, "force"),
    ]
    for body, name in faults:
        status, answer = api.call("POST", "ingest/withdrawals", body)
        assert (status, list(answer["error"]["details"])) == (400, [name])
    old = make_candidate(alice)
    assert outcomes(withdraw(api, {"candidateID": str(old.pk)})) == ["withdrawn"]
    old.refresh_from_db()
    assert old.client_id == "pipeline-a"


def test_answers_say_what_is_left_of_the_limit(alice: User, settings: Any) -> None:
    settings.API_CLIENT_REQUESTS_PER_MINUTE = 3
    api = pipeline("pipeline-of-few")
    left = []
    for _ in range(4):
        api.call("POST", "ingest/candidates?dryRun=true", {"candidates": [api_row(alice)]})
        assert api.response["RateLimit-Policy"] == '"app";q=3;w=60'
        name, rest, seconds = api.response["RateLimit"].split(";")
        assert (name, 1 <= int(seconds.removeprefix("t=")) <= 60) == ('"app"', True)
        left.append((api.response.status_code, rest))
    # The last one may be in the next minute.
    assert left[:2] == [(200, "r=2"), (200, "r=1")] or left[-2:] == [(200, "r=2"), (200, "r=1")] or (429, "r=0") in left
    settings.API_CLIENT_REQUESTS_PER_MINUTE = 0
    api.call("POST", "ingest/candidates?dryRun=true", {"candidates": [api_row(alice)]})
    assert "RateLimit" not in api.response
