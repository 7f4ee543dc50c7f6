"""The record of each batch, and whose suggestions a sender may change."""

import hashlib
import json
import threading
import uuid
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from ptfi.accounts.models import User
from tests.support.candidate_files import Run, load, new_row, person, stored
from tests.support.cast import make_candidate
from tests.support.pipeline import api_row, pipeline, send
from traits.models import CandidateChange, CandidateStatus, ExtractedTraitCandidate, IngestBatch

FOREIGN = "comes from another sender, which alone can change it"


@pytest.mark.django_db
def test_a_request_is_on_record(alice: User) -> None:
    api, row = pipeline(), api_row(alice)
    answer = send(api, row, row | {"confidenceScore": 2}, Idempotency_Key="once")
    batch = IngestBatch.objects.get()
    assert (batch.door, batch.client_id, batch.staff, batch.reason) == ("api", "pipeline-a", None, "")
    assert batch.counts == {"created": 1, "refused": 1}
    assert batch.name == api.response["X-Request-ID"]
    body = json.dumps({"candidates": [row, row | {"confidenceScore": 2}]}, separators=(",", ":")).encode()
    assert batch.digest == hashlib.sha256(body).hexdigest()
    candidate = ExtractedTraitCandidate.objects.get()
    assert (candidate.batch_id, candidate.changed_in, candidate.client_id) == (batch.pk, None, "pipeline-a")
    assert send(api, row, row | {"confidenceScore": 2}, Idempotency_Key="once") == answer
    assert IngestBatch.objects.count() == 1
    send(api, row)
    assert IngestBatch.objects.get(counts={"unchanged": 1}).client_id == "pipeline-a"
    assert not CandidateChange.objects.exists()


@pytest.mark.django_db
def test_a_refused_request_is_no_batch(alice: User) -> None:
    assert pipeline().call("POST", "ingest/candidates", {"candidates": []})[0] == 400
    assert not IngestBatch.objects.exists()


@pytest.mark.django_db
def test_a_candidate_that_is_sent_twice_in_a_request_is_changed_by_it(alice: User) -> None:
    row = api_row(alice)
    send(pipeline(), row)
    answer = send(pipeline(), row | {"traitName": "Likes jazz"}, row | {"traitName": "Adores jazz"})
    assert answer["updated"] == 2
    names = [
        (change.before["trait_name"], change.after["trait_name"]) for change in CandidateChange.objects.order_by("pk")
    ]
    assert names == [("Loves jazz", "Likes jazz"), ("Likes jazz", "Adores jazz")]


@pytest.mark.django_db
def test_a_client_changes_only_its_own(alice: User) -> None:
    mine, other = api_row(alice), api_row(alice, traitName="Rows boats")
    send(pipeline("pipeline-a"), mine)
    answer = send(
        pipeline("pipeline-b"), mine | {"traitName": "Hates jazz"}, other | {"supersedes": [mine["candidateID"]]}
    )
    errors = [row["errors"] for row in answer["refused"]]
    assert errors == [{"candidateID": [FOREIGN]}, {"supersedes": [FOREIGN]}]
    assert (answer["created"], answer["updated"]) == (0, 0)
    assert ExtractedTraitCandidate.objects.get().trait_name == "Loves jazz"
    assert send(pipeline("pipeline-a"), mine | {"traitName": "Adores jazz"})["updated"] == 1
    # Even where there would be nothing to change.
    assert len(send(pipeline("pipeline-b"), mine | {"traitName": "Adores jazz"})["refused"]) == 1


@pytest.mark.django_db
def test_a_client_supersedes_only_its_own_to_come(alice: User) -> None:
    theirs = api_row(alice)
    send(pipeline("pipeline-b"), api_row(alice, traitName="Rows", supersedes=[theirs["candidateID"]]))
    send(pipeline("pipeline-a"), theirs)
    assert ExtractedTraitCandidate.objects.get(pk=theirs["candidateID"]).status == CandidateStatus.CANDIDATE
    own = api_row(alice, traitName="Runs")
    send(pipeline("pipeline-b"), api_row(alice, traitName="Walks", supersedes=[own["candidateID"]]))
    send(pipeline("pipeline-b"), own)
    assert ExtractedTraitCandidate.objects.get(pk=own["candidateID"]).status == CandidateStatus.ARCHIVED


@pytest.mark.django_db
def test_what_is_older_than_batches_becomes_the_clients_that_changes_it(alice: User) -> None:
    old = make_candidate(alice)
    row = api_row(alice, candidateID=str(old.pk), traitName="Likes jazz")
    assert send(pipeline("pipeline-a"), row)["updated"] == 1
    assert ExtractedTraitCandidate.objects.get().client_id == "pipeline-a"
    assert len(send(pipeline("pipeline-b"), row | {"traitName": "Hates jazz"})["refused"]) == 1
    assert send(pipeline("pipeline-a"), row | {"traitName": "Adores jazz"})["updated"] == 1


@pytest.mark.django_db
def test_another_persons_candidate_stays_unknown_to_a_client(alice: User, bob: User) -> None:
    row = api_row(alice)
    send(pipeline("pipeline-a"), row)
    answer = send(pipeline("pipeline-b"), row | {"userID": str(bob.pk)})
    assert answer["refused"][0]["errors"] == {"candidateID": ["belongs to somebody else"]}
    # A candidate of another person that is named as superseded is ignored, as an unknown one is.
    new = api_row(bob, supersedes=[row["candidateID"]])
    assert send(pipeline("pipeline-b"), new)["created"] == 1


@pytest.mark.django_db
def test_the_record_is_not_changed(alice: User) -> None:
    send(pipeline(), api_row(alice))
    batch = IngestBatch.objects.get()
    changes: list[dict[str, Any]] = [{"name": ""}, {"reason": "another"}, {"counts": {}}, {"digest": ""}]
    for change in [*changes, {"client_id": "x"}]:
        with pytest.raises(DatabaseError), transaction.atomic():
            IngestBatch.objects.filter(pk=batch.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        batch.delete()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_command_records_each_file(tmp_path: Path) -> None:
    row = new_row()
    content = json.dumps(row).encode() + b"\n" + b"nonsense\n"
    for name in ("one.jsonl", "two.jsonl"):
        (tmp_path / name).write_bytes(content)
    run = Run(str(tmp_path / "one.jsonl"), str(tmp_path / "two.jsonl"), "--reason", "Nightly  run")
    assert run.counts == {"created": 1, "unchanged": 1, "refused": 2}
    one, two = IngestBatch.objects.order_by("created_at")
    assert (one.door, one.name, one.reason, one.client_id) == ("command", "one.jsonl", "Nightly run", "")
    assert one.digest == two.digest == hashlib.sha256(content).hexdigest()
    assert one.counts == {"created": 1, "new_people": 1, "refused": 1}
    assert run.new_people == 1
    assert two.counts == {"unchanged": 1, "refused": 1}
    assert one.finished_at
    assert stored(row).batch_id == one.pk
    assert Run(str(tmp_path / "missing.jsonl")).status == 2
    assert IngestBatch.objects.count() == 2
    with pytest.raises(CommandError, match="at most 240"):
        call_command("import_candidates", str(tmp_path / "one.jsonl"), reason="x" * 241)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_client_may_not_change_what_the_installation_imported() -> None:
    row = new_row()
    load(row)
    again = api_row(person(), candidateID=row["candidate_id"], traitName="Hates jazz")
    assert send(pipeline(), again)["refused"][0]["errors"] == {"candidateID": [FOREIGN]}
    theirs = api_row(person(), traitName="Rows boats")
    send(pipeline(), theirs)
    taken = load(new_row(candidate_id=theirs["candidateID"]))
    assert taken.counts == {"refused": 1}
    assert taken.said[0].endswith(f":1: candidate_id: {FOREIGN}")
    assert load(row | {"trait_name": "Likes jazz"}).counts == {"updated": 1}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_racing_clients_make_one_owner(alice: User) -> None:
    row = api_row(alice, candidateID=str(uuid.uuid4()))
    answers = list[Any]()

    def race(client_id: str) -> None:
        try:
            answers.append(send(pipeline(client_id), row | {"traitName": f"From {client_id}"}))
        finally:
            connection.close()

    threads = [threading.Thread(target=race, args=(f"pipeline-{name}",)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    candidate = ExtractedTraitCandidate.objects.get()
    assert candidate.trait_name == f"From {candidate.client_id}"
    assert sum(answer["created"] for answer in answers) == 1
    assert sum(len(answer["refused"]) for answer in answers) == 3


@pytest.mark.django_db
def test_old_changes_are_forgotten(alice: User, settings: Any) -> None:
    row = api_row(alice)
    send(pipeline(), row)
    send(pipeline(), row | {"traitName": "Likes jazz"})
    settings.SUGGESTION_CHANGES_DAYS = -1
    send(pipeline(), row | {"traitName": "Likes jazz"})
    assert not CandidateChange.objects.exists()


@pytest.mark.django_db
def test_old_changes_are_forgotten_without_imports(alice: User, settings: Any) -> None:
    row = api_row(alice)
    send(pipeline(), row)
    send(pipeline(), row | {"traitName": "Likes jazz"})
    call_command("refresh_quality_statistics", verbosity=0)
    assert CandidateChange.objects.count() == 1
    settings.SUGGESTION_CHANGES_DAYS = -1
    out = StringIO()
    call_command("refresh_quality_statistics", stdout=out)
    assert out.getvalue().startswith("Deleted 1 old change of suggestions.\n")
    assert not CandidateChange.objects.exists()
