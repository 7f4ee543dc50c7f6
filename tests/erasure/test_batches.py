"""What erasures remove from the record of imports and from earlier versions of suggestions, and what stays."""

import json
from contextlib import ExitStack
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from ptfi.accounts.models import User
from tests.support.candidate_files import Row, new_row, piece
from tests.support.cast import SignedIn, acting_for_self
from tests.support.concurrency import beside
from tests.support.moderation import act
from tests.support.persona_marker import erased, tables_with
from tests.support.pipeline import api_row, pipeline, send
from tests.support.staff import staff_of
from traits.erasure import account
from traits.erasure import parts as erasure_parts
from traits.models import AccessEntry, CandidateChange, ExtractedTraitCandidate, IngestBatch, ModerationEntry
from traits.privacy import export

pytestmark = pytest.mark.django_db

IMPORT = "/admin/traits/extractedtraitcandidate/import/"
WORD = "xylophone"


@pytest.fixture
def moderator(db: None, signed_in: SignedIn) -> Client:
    return signed_in(staff_of("moderator"))


def row_of(user: User, **changes: Any) -> Row:
    User.objects.filter(pk=user.pk).update(external_id=f"test:{user.display_name}")
    return new_row(user={"external_id": f"test:{user.display_name}", "display_name": ""}, **changes)


def upload(client: Client, *rows: Row, name: str = f"{WORD}.jsonl", reason: str = f"about {WORD}") -> None:
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    preview = client.post(IMPORT, {"file": SimpleUploadedFile(name, content), "reason": reason})
    assert client.post(IMPORT, {"packed": preview.context["packed"]}).status_code == 302


def candidate(row: Row) -> ExtractedTraitCandidate:
    return ExtractedTraitCandidate.objects.get(pk=row["candidate_id"])


def recorded() -> list[Any]:
    rows = IngestBatch.objects.order_by("pk")
    return list(rows.values_list("pk", "staff", "counts", "created_at", "finished_at"))


def acted() -> list[Any]:
    rows = ModerationEntry.objects.order_by("pk")
    return list(rows.values_list("pk", "action", "actor", "ingest_batch", "created_at"))


def undo_all(client: Client) -> None:
    for batch in IngestBatch.objects.order_by("-created_at"):
        form = {"action": "undo", "confirm": "yes", "reason": f"It says {WORD}"}
        client.post(f"/admin/traits/ingestbatch/{batch.pk}/act/", form)


def test_an_erased_persona_leaves_what_staff_did_without_texts(moderator: Client, alice: User) -> None:
    row = row_of(alice, trait_name=f"Plays {WORD}")
    upload(moderator, row)
    upload(moderator, row | {"trait_name": f"Hates {WORD}", "supporting_evidence": [piece(WORD)]})
    undo_all(moderator)
    act(moderator, "requeue", candidate(row), reason=WORD)
    act(moderator, "flag", candidate(row), kind="unsafe", reason=WORD)
    assert CandidateChange.objects.exists()
    counts = list(IngestBatch.objects.order_by("pk").values_list("pk", "staff", "counts", "created_at", "finished_at"))
    acts = list(
        ModerationEntry.objects.order_by("pk").values_list("pk", "action", "actor", "ingest_batch", "created_at")
    )
    looks = AccessEntry.objects.count()
    receipt = erased(alice)
    assert receipt.counts["changes"] == 1
    assert "imports" in receipt.kept
    assert tables_with(WORD) == set()
    assert not CandidateChange.objects.exists()
    assert (recorded(), acted()) == (counts, acts)
    assert set(IngestBatch.objects.values_list("name", "reason", "digest")) == {("", "", "")}
    assert set(ModerationEntry.objects.values_list("reason", flat=True)) == {""}
    assert AccessEntry.objects.count() == looks


def test_a_batch_about_others_too_keeps_its_digest(moderator: Client, alice: User, bob: User) -> None:
    upload(moderator, row_of(alice), row_of(bob))
    erased(alice)
    batch = IngestBatch.objects.get()
    assert (batch.name, batch.reason) == ("", "")
    assert len(batch.digest) == 64


def test_a_batch_about_others_alone_stays_as_it_is(moderator: Client, alice: User, bob: User) -> None:
    upload(moderator, row_of(bob), name="bob.jsonl")
    erased(alice)
    assert IngestBatch.objects.get().name == "bob.jsonl"


def test_an_erased_account_leaves_the_record(moderator: Client, alice: User) -> None:
    upload(moderator, row_of(alice))
    account.erase_account(**acting_for_self(alice), confirm_email=None)
    batch = IngestBatch.objects.get()
    assert (batch.name, batch.staff is not None, batch.counts) == ("", True, {"created": 1})


def test_erased_evidence_is_in_no_earlier_version(moderator: Client, alice: User) -> None:
    row = row_of(alice, supporting_evidence=[piece(WORD), piece("I love jazz.")])
    upload(moderator, row, name="a.jsonl", reason="T")
    upload(
        moderator, row | {"supporting_evidence": [piece("I love jazz."), piece("More.")]}, name="b.jsonl", reason="T"
    )
    again = row | {"supporting_evidence": [piece("I love jazz."), piece(WORD)]}
    upload(moderator, again, name="c.jsonl", reason="T")
    found = next(each for each in candidate(row).supporting_evidence if each["content"] == WORD)
    erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=found["evidence_id"])
    assert tables_with(WORD) == set()
    assert CandidateChange.objects.count() == 2
    undo_all(moderator)
    assert tables_with(WORD) == {"traits_moderationentry"}
    assert set(IngestBatch.objects.values_list("name", flat=True)) == {""}


def test_an_erased_category_is_in_no_earlier_version(moderator: Client, alice: User) -> None:
    row = row_of(alice, trait_name=f"Plays {WORD}", trait_category="Skill")
    other = row_of(alice, trait_name="Rows boats", trait_category="Interest")
    upload(moderator, row, other, name="a.jsonl", reason="T")
    upload(moderator, row | {"trait_name": "Plays", "trait_category": "Interest"}, name="b.jsonl", reason="T")
    upload(moderator, other | {"trait_name": "Rows"}, name="b.jsonl", reason="T")
    erasure_parts.erase_category(**acting_for_self(alice), category="Skill")
    assert tables_with(WORD) == set()
    assert [change.candidate_id for change in CandidateChange.objects.all()] == [candidate(other).pk]
    # The category is blocked, so nothing brings it back.
    undo_all(moderator)
    assert not ExtractedTraitCandidate.objects.filter(trait_category="Skill").exists()


@pytest.mark.parametrize("first", ["alice", "bob"])
def test_the_reason_of_a_given_suggestion_goes_with_either_person(
    moderator: Client, alice: User, bob: User, first: str
) -> None:
    row = row_of(alice)
    upload(moderator, row, name="a.jsonl", reason="T")
    act(moderator, "reassign", candidate(row), to=str(bob.pk), reason=f"It is Bob's {WORD}")
    erased({"alice": alice, "bob": bob}[first])
    assert tables_with(WORD) == set()
    assert set(ModerationEntry.objects.values_list("action", "reason")) == {("reassign", ""), ("receive", "")}


def test_changes_are_part_of_the_export(moderator: Client, alice: User, bob: User) -> None:
    row = row_of(alice)
    upload(moderator, row)
    upload(moderator, row | {"trait_name": "Adores jazz"})

    def exported(user: User) -> Any:
        return orjson.loads(b"{" + b"".join(export.members(user, candidate(row).created_at)).removeprefix(b",") + b"}")

    (change,) = exported(alice)["suggestionChanges"]
    assert (change["before"]["trait_name"], change["after"]["trait_name"]) == ("Loves jazz", "Adores jazz")
    assert exported(alice)["candidates"][0]["batchID"] == str(candidate(row).batch_id)
    assert exported(bob)["suggestionChanges"] == []


def test_the_worker_takes_earlier_versions_step_by_step(
    moderator: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traits.erasure.worker.THINGS", 1)
    row = row_of(alice, supporting_evidence=[piece("Jazz."), piece(WORD)])
    for number in range(3):
        upload(moderator, row | {"trait_name": f"Name {number}"}, name="a.jsonl", reason="T")
        upload(moderator, row | {"supporting_evidence": [piece("Jazz.")]}, name="a.jsonl", reason="T")
    upload(moderator, row, name="a.jsonl", reason="T")
    found = next(each for each in candidate(row).supporting_evidence if each["content"] == WORD)
    erasure = erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=found["evidence_id"])
    while erasure.state == "erasing":
        erasure = erasure_parts.go_on(erasure_id=erasure.pk)
    assert tables_with(WORD) == set()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_erasures_lock_shared_batches_in_the_order_of_their_ids(alice: User, bob: User) -> None:
    found = list[IngestBatch]()
    while len(found) < 2 or found[-1].pk == max(batch.pk for batch in found):
        send(pipeline(), api_row(alice), api_row(bob))
        found = list(IngestBatch.objects.order_by("created_at"))
    high, low = max(batch.pk for batch in found), found[-1].pk
    locking = IngestBatch.objects.select_for_update(skip_locked=True)
    with ExitStack() as another:
        another.enter_context(transaction.atomic())
        assert locking.filter(pk=low)
        with beside(lambda: erased(alice)) as erasing:
            # The other erasure can go on to its next batch, so neither waits for ever.
            free = list(locking.filter(pk=high))
            another.close()
    assert free
    assert erasing.result()
    assert set(IngestBatch.objects.values_list("name", flat=True)) == {""}
