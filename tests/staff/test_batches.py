"""Imports in the admin: who sent what, what it changed, and holding, releasing, undoing and putting back all of it."""

import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ptfi.accounts.models import User
from tests.support.candidate_files import Row, new_row, piece
from tests.support.cast import SignedIn, acting_for_self
from tests.support.moderation import act
from tests.support.pages import said, text_of
from tests.support.pipeline import api_row, pipeline, send
from tests.support.staff import give_reason, staff_of
from traits import decisions
from traits.ingest.sender import digest_of
from traits.models import (
    AccessEntry,
    AccessKind,
    CandidateChange,
    CandidateStatus,
    ExtractedTraitCandidate,
    IngestBatch,
    ModerationEntry,
)
from traits.moderation import batches as moderation

pytestmark = pytest.mark.django_db

LIST = "/admin/traits/ingestbatch/"
SUGGESTIONS = "/admin/traits/extractedtraitcandidate/"
IMPORT = f"{SUGGESTIONS}import/"


@pytest.fixture
def moderator(db: None, signed_in: SignedIn) -> Client:
    return signed_in(staff_of("moderator"))


def lines(*rows: Row) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def preview(client: Client, *rows: Row, reason: str = "Ticket 17", name: str = "some.jsonl") -> Any:
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, lines(*rows)), "reason": reason})


def upload(client: Client, *rows: Row, **more: str) -> IngestBatch:
    """Import the rows through the page; returns the record."""
    answer = client.post(IMPORT, {"packed": preview(client, *rows, **more).context["packed"]})
    assert answer.status_code == 302
    assert answer["Location"] == LIST
    return IngestBatch.objects.latest("created_at")


def open_batch(client: Client, batch: IngestBatch) -> Any:
    """The page of an import, after a reason if it is about one person."""
    address = f"{LIST}{batch.pk}/change/"
    if b'name="access_reason"' in client.get(address).content:
        give_reason(client, address)
    return client.get(address)


def do(client: Client, batch: IngestBatch, action: str, **more: str) -> Any:
    form = {"action": action, "confirm": "yes", "reason": "Model gone wrong"}
    return client.post(f"{LIST}{batch.pk}/act/", form | more)


def now(row: Row) -> ExtractedTraitCandidate:
    return ExtractedTraitCandidate.objects.get(pk=row["candidate_id"])


def two_people() -> tuple[Row, Row]:
    return new_row(), new_row(user={"external_id": "test:bob", "display_name": "Bob"}, trait_name="Plays golf")


def test_an_upload_is_on_record(moderator: Client) -> None:
    rows = two_people()
    batch = upload(moderator, *rows, new_row(trait_category="Nonsense"))
    assert (batch.door, batch.name, batch.reason) == ("upload", "some.jsonl", "Ticket 17")
    assert batch.staff
    assert batch.staff.email == "nour@example.com"
    assert batch.counts == {"created": 2, "new_people": 2, "refused": 1}
    assert batch.finished_at
    assert {now(row).batch_id for row in rows} == {batch.pk}
    listed = text_of(moderator.get(LIST))
    assert "some.jsonl" in listed
    assert "2 new, 1 refused" in listed
    page = text_of(open_batch(moderator, batch))
    assert "Loves jazz" in page
    assert "Plays golf" in page
    found = moderator.get(f"{SUGGESTIONS}?batch={batch.pk}")
    assert len(found.context["page"].rows) == 2
    assert moderator.get(f"{SUGGESTIONS}?batch={uuid.uuid4()}").context["page"].rows == []
    assert moderator.get(f"{SUGGESTIONS}?batch=nonsense").status_code == 400


def test_an_upload_needs_a_reason(moderator: Client) -> None:
    for reason in ("", " ", "x" * 241):
        assert preview(moderator, new_row(), reason=reason).status_code == 400
    assert not IngestBatch.objects.exists()


def test_imports_are_filtered(moderator: Client, alice: User) -> None:
    batch = upload(moderator, *two_people())
    send(pipeline(), api_row(alice))
    assert [row for row, _ in moderator.get(f"{LIST}?door=upload").context["rows"]] == [batch]
    assert [row.client_id for row, _ in moderator.get(f"{LIST}?client=pipeline-a").context["rows"]] == ["pipeline-a"]
    staff = moderator.post(LIST, {"staff": "nour@example.com"})
    assert [row for row, _ in moderator.get(staff["Location"]).context["rows"]] == [batch]
    assert moderator.get(f"{LIST}?since=2999-01-01").context["rows"] == []
    assert moderator.get(f"{LIST}?door=nonsense").status_code == 400


def test_each_role_sees_what_it_may(moderator: Client, signed_in: SignedIn) -> None:
    batch = upload(moderator, *two_people())
    address = f"{LIST}{batch.pk}/change/"
    auditor = signed_in(staff_of("auditor", name="Ada"))
    page = text_of(auditor.get(address))
    assert "some.jsonl" in page
    assert "Loves jazz" not in page
    assert do(auditor, batch, "undo").status_code == 403
    support = signed_in(staff_of("support", name="Sue"))
    assert "Loves jazz" in text_of(support.get(address))
    assert do(support, batch, "hold", kind="unsafe").status_code == 403
    assert not ModerationEntry.objects.exists()
    assert moderator.get(f"{LIST}{uuid.uuid4()}/change/").status_code == 404
    assert moderator.post(f"{LIST}{uuid.uuid4()}/act/", {"action": "undo"}).status_code == 404
    assert moderator.post(f"{LIST}{batch.pk}/act/", {"action": "nonsense"}).status_code == 302


def test_an_import_about_one_person_needs_a_reason_to_look(moderator: Client) -> None:
    row = new_row()
    batch = upload(moderator, row)
    for address in (f"{LIST}{batch.pk}/change/", f"{SUGGESTIONS}?batch={batch.pk}"):
        asked = moderator.get(address)
        assert b'name="access_reason"' in asked.content
        assert "Loves jazz" not in text_of(asked)
    open_batch(moderator, batch)
    assert AccessEntry.objects.get(subject_id=now(row).user_id).kind == AccessKind.SUGGESTIONS


def test_a_preview_shows_what_would_change_and_is_seen(moderator: Client, signed_in: SignedIn) -> None:
    row = new_row()
    upload(moderator, row)
    page = text_of(preview(moderator, row | {"trait_name": "Steals office stationery", "confidence_score": 0.99}))
    assert "Loves jazz" in page
    assert "Steals office stationery" in page
    assert now(row).trait_name == "Loves jazz"
    assert not CandidateChange.objects.exists()
    person = now(row).user
    look = AccessEntry.objects.get(people__contains=[person.pk])
    assert (look.kind, look.reason) == (AccessKind.IMPORT, "Ticket 17")
    assert "Ticket 17" in text_of(signed_in(person).get("/persona/looks/"))


def test_a_held_import_is_released_as_a_whole(moderator: Client) -> None:
    rows = two_people()
    batch = upload(moderator, *rows)
    shown = text_of(moderator.post(f"{LIST}{batch.pk}/act/", {"action": "hold"}))
    assert "2 will be held back" in shown
    assert do(moderator, batch, "hold").status_code == 400
    assert said(do(moderator, batch, "hold", kind="unsafe"))[-1] == "Held back: 2."
    assert {now(row).held_reason for row in rows} == {"unsafe: Model gone wrong"}
    assert "there was nothing to do" in said(do(moderator, batch, "hold", kind="unsafe"))[-1]
    assert set(ModerationEntry.objects.values_list("ingest_batch", "action")) == {(batch.pk, "flag")}
    page = text_of(open_batch(moderator, batch))
    assert "Held back: 2" in page
    assert said(do(moderator, batch, "release"))[-1] == "Released: 2."
    assert {now(row).held_reason for row in rows} == {""}


def test_only_what_was_held_with_it_is_released(moderator: Client) -> None:
    rows = two_people()
    batch = upload(moderator, *rows)
    by_hand = {
        "action": "flag",
        "candidate": rows[0]["candidate_id"],
        "confirm": "yes",
        "reason": "T",
        "kind": "unsafe",
    }
    moderator.post(f"{SUGGESTIONS}act/", by_hand)
    assert said(do(moderator, batch, "hold", kind="sensitive"))[-1] == "Held back: 1."
    assert said(do(moderator, batch, "release"))[-1] == "Released: 1."
    assert now(rows[0]).held_reason == "unsafe: T"


def test_undoing_takes_away_new_ones_and_restores_changed_ones(moderator: Client, signed_in: SignedIn) -> None:
    kept, decided = new_row(supporting_evidence=[piece("I love jazz.")]), new_row(trait_name="Rows boats")
    first = upload(moderator, kept, decided)
    new = new_row(trait_name="Steals")
    changed = kept | {"trait_name": "Hates jazz", "supporting_evidence": [piece("Invented.")], "confidence_score": 0.1}
    again = upload(moderator, changed, decided | {"trait_name": "Sinks boats"}, new)
    person = now(kept).user
    assert (now(kept).trait_name, now(kept).changed_in) == ("Hates jazz", again.pk)
    history = text_of(signed_in(person).get("/persona/history/"))
    assert "What the pipeline changed in your suggestions" in history
    decisions.confirm(**acting_for_self(person), candidate_id=now(decided).pk)
    shown = text_of(moderator.post(f"{LIST}{again.pk}/act/", {"action": "undo"}))
    assert "1 will leave the queue" in shown
    assert "1 will be as before" in shown
    assert "1 stay as they are" in shown
    assert said(do(moderator, again, "undo"))[-1] == "Archived: 1. Change taken back: 1."
    assert (now(kept).trait_name, now(kept).confidence_score) == ("Loves jazz", 0.75)
    assert (now(kept).changed_in, now(kept).name_key) == (None, "loves jazz")
    assert [one["content"] for one in now(kept).supporting_evidence] == ["I love jazz."]
    assert now(new).status == CandidateStatus.ARCHIVED
    assert now(decided).status == CandidateStatus.CONFIRMED
    assert now(decided).trait_name == "Sinks boats"
    assert "there was nothing to do" in said(do(moderator, again, "undo"))[-1]
    staff_did = text_of(signed_in(person).get("/persona/history/staff/"))
    assert "Staff took back what the pipeline had changed" in staff_did
    assert "Model gone wrong" in staff_did
    assert "Staff took this change back" in text_of(signed_in(person).get("/persona/history/changes/"))
    assert said(do(moderator, again, "restore"))[-1] == "Put back into the queue: 1. Change made again: 1."
    assert (now(kept).trait_name, now(new).status) == ("Hates jazz", CandidateStatus.CANDIDATE)
    assert said(do(moderator, first, "undo"))[-1].startswith("Archived: 1.")


def test_what_was_changed_again_or_snoozed_stays(moderator: Client) -> None:
    row, snoozed = new_row(), new_row(trait_name="Rows boats")
    upload(moderator, row)
    second = upload(moderator, row | {"trait_name": "Likes jazz"}, snoozed)
    upload(moderator, row | {"trait_name": "Adores jazz"})
    decisions.snooze(**acting_for_self(now(snoozed).user), candidate_id=now(snoozed).pk, until=None)
    answer = said(do(moderator, second, "undo"))[-1]
    assert "It was changed again since. (1)" in answer
    assert now(row).trait_name == "Adores jazz"
    assert now(snoozed).status == CandidateStatus.AWAITING_REFINEMENT


def test_what_an_import_replaced_comes_back_with_its_undoing(moderator: Client) -> None:
    old = new_row()
    upload(moderator, old)
    new = new_row(trait_name="Adores jazz", supersedes=[old["candidate_id"]])
    batch = upload(moderator, new)
    assert now(old).status == CandidateStatus.ARCHIVED
    assert said(do(moderator, batch, "undo"))[-1] == "Archived: 1. Change taken back: 1."
    assert (now(old).status, now(new).status) == (CandidateStatus.CANDIDATE, CandidateStatus.ARCHIVED)
    decisions.confirm(**acting_for_self(now(old).user), candidate_id=now(old).pk)


def test_what_a_decided_one_replaced_stays(moderator: Client) -> None:
    old = new_row()
    upload(moderator, old)
    new = new_row(trait_name="Adores jazz", supersedes=[old["candidate_id"]])
    batch = upload(moderator, new)
    decisions.confirm(**acting_for_self(now(new).user), candidate_id=now(new).pk)
    assert "A newer suggestion takes its place. (1)" in said(do(moderator, batch, "undo"))[-1]
    assert now(old).status == CandidateStatus.ARCHIVED


def test_large_imports_are_undone_in_slices(moderator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [new_row(trait_name=f"Trait {number}") for number in range(5)]
    batch = upload(moderator, *rows)
    monkeypatch.setattr(moderation, "MOST", 2)
    monkeypatch.setattr(moderation, "SECONDS", -1.0)
    monkeypatch.setattr(moderation.carry_out, "__kwdefaults__", {"kind": "", "then": "", "seconds": -1.0})
    answer = do(moderator, batch, "undo")
    assert "Continue to do the rest" in said(answer)[-1]
    then = answer.context["then"]
    for _ in range(5):
        answer = do(moderator, batch, "undo", then=then)
        if answer.status_code == 302:
            break
        then = answer.context["then"]
    assert {now(row).status for row in rows} == {CandidateStatus.ARCHIVED}
    assert len(set(ModerationEntry.objects.values_list("batch_id", flat=True))) == 1
    assert do(moderator, batch, "undo", then="forged").status_code == 302


def test_the_digest_is_that_of_the_file(moderator: Client) -> None:
    row = new_row()
    assert upload(moderator, row).digest == digest_of(lines(row))


def test_evidence_is_shown_to_those_who_may_read_it(moderator: Client, signed_in: SignedIn) -> None:
    row = new_row()
    upload(moderator, row)
    upload(moderator, row | {"supporting_evidence": [piece("Another xylophone.")]})
    address = f"{SUGGESTIONS}{row['candidate_id']}/change/"
    give_reason(moderator, address)
    page = text_of(moderator.get(address))
    assert "What the pipeline changed" in page
    assert "1 piece added" in page
    assert "xylophone" not in page
    support = signed_in(staff_of("support", name="Sue"))
    give_reason(support, address)
    assert "xylophone" in text_of(support.get(address))


def test_changes_of_held_suggestions_are_not_shown(moderator: Client, bob: User, signed_in: SignedIn) -> None:
    row = new_row()
    upload(moderator, row)
    batch = upload(moderator, row | {"trait_name": "Adores xylophones"})
    person, page = now(row).user, "/persona/history/changes/"
    assert "Adores xylophones" in text_of(signed_in(person).get(page))
    assert "Adores xylophones" not in text_of(signed_in(bob).get(page))
    do(moderator, batch, "hold", kind="unsafe")
    assert "Adores xylophones" not in text_of(signed_in(person).get(page))
    assert "Adores xylophones" not in text_of(signed_in(person).get("/persona/history/"))


def test_a_change_goes_with_its_suggestion_to_the_right_person(
    moderator: Client, bob: User, signed_in: SignedIn
) -> None:
    row = new_row()
    upload(moderator, row)
    upload(moderator, row | {"trait_name": "Adores xylophones"})
    owner = now(row).user
    act(moderator, "reassign", now(row), to=str(bob.pk))
    page = "/persona/history/changes/"
    assert "Adores xylophones" not in text_of(signed_in(owner).get(page))
    assert "Adores xylophones" in text_of(signed_in(bob).get(page))
