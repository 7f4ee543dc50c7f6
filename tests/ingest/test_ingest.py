"""What an import does to what is there already, through `manage.py import_candidates`."""

import datetime as dt
import threading
import uuid
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ptfi.accounts.models import User
from tests.support.candidate_files import Row, everything, load, new_row, person, piece, stored
from tests.support.cast import acting_for_self
from traits import decisions
from traits.decisions.inputs import Evidence
from traits.ingest import batch as ingest
from traits.ingest.parsing import CandidateRecord, parse
from traits.ingest.rows import Result
from traits.log.verification import verify
from traits.models import ExtractedTraitCandidate, Persona, UserRefinedTrait, Verdict
from traits.models.batches import COUNTS

# The import has connections of its own, which see only what is committed.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_candidate_of_somebody_else_is_refused() -> None:
    alices = new_row()
    load(alices)
    bobs = alices | {"user": {"external_id": "test:bob", "display_name": "Bob"}, "trait_name": "Taken over"}
    run = load(new_row(), bobs)
    assert (run.status, run.counts) == (1, {"created": 1, "refused": 1})
    assert run.said[0].endswith(":2: candidate_id: belongs to somebody else")
    assert stored(alices).trait_name == "Loves jazz"


def test_an_undecided_candidate_is_updated_and_keeps_verdicts() -> None:
    row = new_row(supporting_evidence=[piece("I love jazz."), piece("Jazz!")])
    load(row)
    first = stored(row).supporting_evidence[0]["evidence_id"]
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    evidence = Evidence(verdicts={first: Verdict.NOT_ME})
    candidate = decisions.snooze(
        **acting_for_self(person()), candidate_id=stored(row).pk, until=later, evidence=evidence
    ).candidate
    assert candidate is not None
    changed = row | {"confidence_score": 0.9, "supporting_evidence": [piece("New."), piece("I love jazz.")]}
    assert load(changed).counts == {"updated": 1}
    now = stored(row)
    assert [(one["content"], one["verdict"]) for one in now.supporting_evidence] == [
        ("New.", ""), ("I love jazz.", "not_me"),
    ]  # fmt: skip
    assert (now.confidence_score, now.version) == (0.9, candidate.version + 1)
    assert (now.status, now.deferred_until) == ("awaiting_refinement", later)
    assert load(changed).counts == {"unchanged": 1}
    assert stored(row).version == now.version


@pytest.mark.parametrize("decision", ["confirm", "reject"])
def test_a_decided_candidate_is_never_overwritten(decision: str) -> None:
    row = new_row()
    load(row)
    if decision == "confirm":
        decisions.confirm(**acting_for_self(person()), candidate_id=stored(row).pk)
    else:
        decisions.reject(**acting_for_self(person()), candidate_id=stored(row).pk, code="not_me")
    before = everything()
    other = new_row(trait_name="Something else")
    assert load(row | {"trait_name": "Changed", "supersedes": [other["candidate_id"]]}).counts == {"ignored": 1}
    assert everything() == before
    assert load(other).counts == {"created": 1}
    assert stored(other).status == "candidate"


def test_the_same_candidate_twice_in_a_file_counts_in_its_order() -> None:
    row = new_row()
    run = load(row, row | {"trait_name": "Second"}, row | {"trait_name": "Third"}, row | {"trait_name": "Third"})
    assert run.counts == {"created": 1, "updated": 2, "unchanged": 1}
    assert stored(row).trait_name == "Third"


def test_what_was_rejected_does_not_come_back_until_it_is_undone() -> None:
    row = new_row()
    load(row)
    rejection = decisions.reject(**acting_for_self(person()), candidate_id=stored(row).pk, code="not_me")
    again, other = new_row(trait_name="LOVES  jazz!"), new_row(trait_name="Loves jazz", trait_category="Skill")
    theirs = new_row(user={"external_id": "test:bob", "display_name": "Bob"})
    assert load(again, other, theirs).counts == {"created": 2, "suppressed": 1}
    assert (stored(again).status, stored(other).status) == ("archived_auto_superseded", "candidate")
    assert load(again, other, theirs).counts == {"unchanged": 3}
    decisions.undo(**acting_for_self(person()), action_id=rejection.action_id)
    assert stored(again).status == "candidate"


def test_what_was_suppressed_and_then_replaced_stays_away() -> None:
    row = new_row()
    load(row)
    rejection = decisions.reject(**acting_for_self(person()), candidate_id=stored(row).pk, code="not_me")
    again, both = new_row(), new_row()
    load(again)
    better = new_row(trait_name="Plays jazz", supersedes=[again["candidate_id"], both["candidate_id"]])
    assert load(better, both).counts == {"created": 2, "archived": 1}
    decisions.undo(**acting_for_self(person()), action_id=rejection.action_id)
    assert stored(again).status == stored(both).status == "archived_auto_superseded"


def put_off(row: Row) -> None:
    decisions.snooze(**acting_for_self(person()), candidate_id=stored(row).pk, until=None)


def test_new_evidence_under_its_id_brings_back_what_was_put_off() -> None:
    row = new_row(supporting_evidence=[piece("I love jazz."), piece("Jazz!")])
    load(row)
    put_off(row)
    version = stored(row).version
    fewer = row | {"supporting_evidence": [piece("Jazz!")], "confidence_score": 0.9}
    assert load(fewer).counts == {"updated": 1}
    assert stored(row).status == "awaiting_refinement"
    assert load(row | {"supporting_evidence": [piece("Jazz!"), piece("New.")]}).counts == {"updated": 1, "returned": 1}
    assert (stored(row).status, stored(row).version) == ("candidate", version + 2)


def test_new_evidence_under_its_name_brings_back_what_was_put_off() -> None:
    row = new_row()
    load(row)
    put_off(row)
    nothing_new = new_row(trait_name="loves JAZZ")
    assert load(nothing_new).counts == {"created": 1}
    other_start = new_row(supporting_evidence=[piece("I love jazz.", start_time=3)])
    elsewhere = other_start | {"candidate_id": str(uuid.uuid4()), "trait_category": "Skill"}
    assert load(elsewhere).counts == {"created": 1}
    assert stored(row).status == "awaiting_refinement"
    assert load(other_start).counts == {"created": 1, "returned": 1}
    assert stored(row).status == "candidate"
    put_off(row)
    assert load(nothing_new, elsewhere, other_start).counts == {"unchanged": 3}
    assert stored(row).status == "awaiting_refinement"


def test_what_was_put_off_until_a_time_waits_for_it() -> None:
    row = new_row()
    load(row)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    decisions.snooze(**acting_for_self(person()), candidate_id=stored(row).pk, until=later)
    assert load(row | {"supporting_evidence": [piece("New.")]}).counts == {"updated": 1}
    assert stored(row).deferred_until == later


@pytest.mark.parametrize("order", ["old first", "new first", "separately", "separately, new first"])
def test_supersedes_archives_the_older_one_whatever_comes_first(order: str) -> None:
    old = new_row()
    new = new_row(trait_name="Plays jazz", supersedes=[old["candidate_id"]])
    rows = [new, old] if "new first" in order else [old, new]
    runs = [load(row) for row in rows] if "separately" in order else [load(*rows)]
    totals = {what: number for what in COUNTS if (number := sum(run.counts.get(what, 0) for run in runs))}
    assert totals == {"created": 2, "archived": 1}
    assert (stored(old).status, stored(new).status) == ("archived_auto_superseded", "candidate")
    before = everything()
    assert load(*rows, *rows).counts == {"unchanged": 4}
    assert everything() == before


def test_archiving_is_in_the_log_of_the_person() -> None:
    olds = [new_row(trait_name=f"Trait {number}") for number in range(3)]
    load(*olds)
    decisions.confirm(**acting_for_self(person()), candidate_id=stored(olds[0]).pk)
    put_off(olds[1])
    load(new_row(supersedes=[old["candidate_id"] for old in olds]))
    assert [stored(old).status for old in olds] == ["confirmed_by_user", *["archived_auto_superseded"] * 2]
    entries = UserRefinedTrait.objects.filter(user=person(), user_decision="superseded")
    assert {entry.original_candidate_id for entry in entries} == {stored(old).pk for old in olds[1:]}
    for entry in entries:
        assert (entry.actor_kind, entry.actor_id, entry.trait_id_in_pkg) == ("pipeline", None, None)
        assert entry.content["before"]["candidate"]["status"] in ("candidate", "awaiting_refinement")
        assert entry.content["after"]["candidate"]["status"] == "archived_auto_superseded"
    assert list(verify(person().persona)) == []


def test_supersedes_leaves_other_people_alone() -> None:
    bob = {"external_id": "test:bob", "display_name": "Bob"}
    bobs, later = new_row(user=bob), new_row(user=bob)
    load(bobs)
    assert load(new_row(supersedes=[bobs["candidate_id"], later["candidate_id"]])).counts == {"created": 1}
    assert load(later).counts == {"created": 1}
    assert stored(bobs).status == stored(later).status == "candidate"


@pytest.mark.parametrize("people", [1, 20])
def test_the_number_of_queries_does_not_grow_with_the_rows(people: int) -> None:
    def queries(count: int) -> int:
        users = [{"external_id": f"test:{count}:{number % people}", "display_name": ""} for number in range(count)]
        batch = [row for row in (parse(new_row(user=user)) for user in users) if isinstance(row, CandidateRecord)]
        with CaptureQueriesContext(connection) as captured:
            assert ingest.apply(batch).created == count
        return len(captured)

    few = queries(20)
    assert queries(ingest.MAX_BATCH) == few
    assert few < 20


def test_a_batch_refuses_a_repeated_candidate() -> None:
    suggestion = parse(new_row())
    assert isinstance(suggestion, CandidateRecord)
    with pytest.raises(ValueError, match="no candidate twice"):
        ingest.apply([suggestion, suggestion])


def test_imports_at_once_store_each_row_once(tmp_path: Path) -> None:
    rows = [new_row(user={"external_id": f"test:{number % 7}", "display_name": ""}) for number in range(300)]
    batch = [row for row in map(parse, rows) if isinstance(row, CandidateRecord)]
    for row, older in zip(batch[100:], batch, strict=False):
        row.supersedes = [older.candidate_id] if row.external_id == older.external_id else []
    parts = [batch, batch[::-1], batch[:150], batch[150:]]
    results: list[Result] = []
    threads = [threading.Thread(target=_apply_in_thread, args=(part, results)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(parts)
    assert sum(result.created for result in results) == 300
    assert User.objects.filter(external_id__startswith="test:").count() == 7
    replaced = {other for row in batch for other in row.supersedes}
    archived = ExtractedTraitCandidate.objects.filter(status="archived_auto_superseded")
    assert set(archived.values_list("pk", flat=True)) == replaced
    assert [fault for persona in Persona.objects.all() for fault in verify(persona)] == []


def _apply_in_thread(batch: list[CandidateRecord], results: list[Result]) -> None:
    try:
        results.append(ingest.apply(batch))
    finally:
        connection.close()
