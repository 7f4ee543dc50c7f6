"""Candidate files in the admin: faults are seen before anything goes in, and the list as CSV."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ptfi.accounts.models import User
from tests.support.candidate_files import new_row
from tests.support.cast import SignedIn, Suggest
from tests.support.pages import said, text_of
from tests.support.persona_marker import tables_with
from tests.support.staff import file_of, staff_of
from traits.models import ExtractedTraitCandidate
from traits.staff import candidate_export, candidate_import

pytestmark = pytest.mark.django_db

IMPORT = "/admin/traits/extractedtraitcandidate/import/"
EXPORT = "/admin/traits/extractedtraitcandidate/export/"


@pytest.fixture
def moderator(db: None, signed_in: SignedIn) -> Client:
    return signed_in(staff_of("moderator"))


def send(client: Client, content: bytes) -> Any:
    return client.post(IMPORT, {"file": SimpleUploadedFile("some.jsonl", content), "reason": "Ticket 17"})


def lines(*rows: Any) -> bytes:
    return b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)


def test_a_file_of_another_kind_is_refused(moderator: Client) -> None:
    answer = moderator.post(IMPORT, {"file": SimpleUploadedFile("some.exe", b"{}\n")})
    assert "not allowed" in answer.content.decode()


def test_a_file_is_seen_through_before_it_goes_in(moderator: Client) -> None:
    row = new_row(trait_name="Sings xylophone")
    preview = send(moderator, lines(row, b"nonsense\n", row, {"a": "xylophone"}, b"\n", b"\xff\xfe\n"))
    page = text_of(preview)
    assert "1 can be imported" in page
    assert "4 refused" in page
    assert "is already in line 1" in page
    assert "xylophone" not in preview.content.decode()
    assert not ExtractedTraitCandidate.objects.exists()
    assert not User.objects.filter(external_id="test:alice").exists()
    assert tables_with("xylophone") == set()
    done = moderator.post(IMPORT, {"packed": preview.context["packed"]})
    assert said(done) == ["Imported. New: 1, changed: 0, unchanged: 0, blocked: 0, refused: 4."]
    assert ExtractedTraitCandidate.objects.get().trait_name == "Sings xylophone"
    again = send(moderator, lines(row))
    assert "1 unchanged" in text_of(again)


def test_what_belongs_to_somebody_else_is_told_before(moderator: Client, bob: User, suggest: Suggest) -> None:
    row = new_row(candidate_id=str(suggest(bob).pk))
    assert "belongs to somebody else" in text_of(send(moderator, lines(row)))


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"", "empty"), (b"\n" * 1_001, "more than 1,000 lines"), (b"x" * (4 * 1024 * 1024 + 1), "larger than 4 MB")],
    ids=["empty", "long", "large"],
)
def test_files_that_do_not_fit_are_refused(moderator: Client, content: bytes, fault: str) -> None:
    answer = send(moderator, content)
    assert answer.status_code == 400
    assert fault in text_of(answer)


def test_a_preview_cannot_be_forged_or_kept(moderator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = send(moderator, lines(new_row())).context["packed"]
    for sent in ("nonsense", packed[:-3], packed + "x"):
        assert "Choose the file again" in said(moderator.post(IMPORT, {"packed": sent}))[-1]
    monkeypatch.setattr(candidate_import, "KEPT_SECONDS", -1)
    assert "Choose the file again" in said(moderator.post(IMPORT, {"packed": packed}))[-1]
    assert not ExtractedTraitCandidate.objects.exists()


def table(client: Client, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file_of(client, EXPORT + query))))


def test_the_list_as_a_table(
    moderator: Client, alice: User, suggest: Suggest, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidate_export, "CHUNK", 2)
    names = ["=1+1", "@SUM(A1)", "Loves jazz", "音楽", "Sings"]
    for name in names:
        suggest(alice, name, held_reason="unsafe: it says so" if name == "Sings" else "")
    found = table(moderator)
    assert sorted(row["name"] for row in found) == sorted(["'=1+1", "'@SUM(A1)", "Loves jazz", "音楽", "Sings"])
    assert "texts" not in found[0]
    assert {row["person"] for row in found} == {str(alice.pk)}
    assert [row["held back"] for row in table(moderator, "?held=yes")] == ["unsafe"]
    assert [row["name"] for row in table(moderator, "?q=jazz")] == ["Loves jazz"]
    both = signed_in(staff_of("administrator", name="Ada"))
    assert table(both, "?q=jazz")[0]["texts"] == "I love jazz.\nJazz again tonight!"
    assert table(both)[0]["person"] == "Alice"


CASES = Path(__file__).parents[1] / "data/cases"


@pytest.mark.parametrize(
    ("name", "fault"),
    [("14-utf16.jsonl", "is text in UTF-16"), ("array.jsonl", "is a JSON array"), ("cut.jsonl.gz", "cut off")],
)
def test_one_sentence_says_what_a_file_is(moderator: Client, name: str, fault: str) -> None:
    made = {"array.jsonl": json.dumps([new_row()], indent=1).encode(), "cut.jsonl.gz": gzip.compress(b"{}\n" * 9)[:-4]}
    answer = send(moderator, made.get(name) or (CASES / name).read_bytes())
    assert answer.status_code == 400
    assert fault in text_of(answer)


def test_a_packed_file_goes_in(moderator: Client) -> None:
    preview = send(moderator, (CASES / "14-gzip.jsonl.gz").read_bytes())
    moderator.post(IMPORT, {"packed": preview.context["packed"]})
    assert ExtractedTraitCandidate.objects.get().trait_name == "Still packed"
    large = gzip.compress(b" " * (4 * 1024 * 1024 + 1))
    assert "larger than 4 MB once it is unpacked" in text_of(send(moderator, large))


def test_lines_in_a_row_that_are_no_objects_are_one_fault(moderator: Client) -> None:
    page = send(moderator, (CASES / "15-array-and-commas.jsonl").read_bytes())
    assert [place for place, _ in page.context["places"]] == ["1-3", "5-32"]
    assert "1 can be imported" in text_of(page)
