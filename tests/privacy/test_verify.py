"""Verify: an earlier download is brought back, and what of it is missing or differs is named."""

import io
import json
import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from ptfi.signing import make_private_key
from tests.support.attacks import FORGED, ask, chained, named, without_triggers, write_log
from tests.support.cast import acting_for_self, confirmed
from tests.support.erasure_parts import SOURCE, erase_source, suggested
from tests.support.pages import text_of
from traits import decisions
from traits.erasure import persona as erasure
from traits.log.proofs.publication import publish
from traits.models import LogIntervention, UserRefinedTrait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LOG = "traits_userrefinedtrait"


@pytest.fixture(autouse=True)
def heads_file(settings: Any, tmp_path: Path) -> Path:
    settings.LOG_SIGNING_KEY, settings.LOG_SIGNING_COMMAND = make_private_key(), ""
    settings.LOG_PUBLIC_KEYS, settings.LOG_HEADS_URL = [], ""
    path = tmp_path / "heads.jsonl"
    settings.LOG_HEADS_FILE = str(path)
    return path


@pytest.fixture
def lived(alice: User) -> User:
    """Alice has three decisions, one with evidence of a source; they are published."""
    candidate = suggested(alice, "Sails", ("I sail.", SOURCE), ("Out at sea.", "another"))
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    confirmed(alice, "Loves jazz")
    confirmed(alice, "Keeps bees")
    publish()
    return alice


def log_file(client: Client) -> bytes:
    return b"".join(client.get(reverse("log_file", args=["json"])).streaming_content)  # type: ignore[attr-defined]


def archive(client: Client) -> bytes:
    return b"".join(client.get(reverse("download")).streaming_content)  # type: ignore[attr-defined]


def first_line(client: Client) -> bytes:
    return log_file(client).split(b"\n")[0]


def brought(client: Client, content: bytes, status: int = 200) -> str:
    answer = client.post(reverse("verify"), {"file": SimpleUploadedFile("file.json", content)})
    assert answer.status_code == status, answer.content.decode()
    return text_of(answer)


def against(tmp_path: Path, content: bytes) -> tuple[int, str]:
    path, said = tmp_path / "earlier", StringIO()
    path.write_bytes(content)
    try:
        call_command("verify_log", against=path, stdout=said, stderr=said)
    except SystemExit as stop:
        return int(str(stop.code)), said.getvalue()
    except CommandError as error:
        return 1, str(error)
    return 0, said.getvalue()


FILES: dict[str, Callable[[Client], bytes]] = {"log": log_file, "archive": archive, "first line": first_line}


@pytest.mark.parametrize("kind", FILES)
def test_all_of_it_is_still_there(lived: User, as_alice: Client, tmp_path: Path, kind: str) -> None:
    content = FILES[kind](as_alice)
    confirmed(lived, "Plays the piano")
    publish()
    assert "All of it is still there" in brought(as_alice, content)
    assert against(tmp_path, content)[0] == 0


def test_downloads_carry_the_head_and_its_proof(lived: User, as_alice: Client) -> None:
    head = json.loads(first_line(as_alice))
    position = head["position"]
    assert (position["revision"], position["hash"]) == (head["revision"], head["hash"])
    assert position["published"]["revision"] == 3
    assert position["published"]["head"]["size"] == 1
    with zipfile.ZipFile(io.BytesIO(archive(as_alice))) as held:
        (name,) = [name for name in held.namelist() if name.endswith(".json")]
        document = json.loads(held.read(name))
    assert document["position"]["published"] == position["published"]
    assert document["interventions"] == []


def cut(user: User) -> None:
    entries = list(UserRefinedTrait.objects.filter(user=user).order_by("revision"))
    with without_triggers(LOG):
        ask(f"DELETE FROM {LOG} WHERE user_id = %s", user.pk)  # noqa: S608
        write_log(user, entries[:-1])


@pytest.mark.parametrize("kind", FILES)
def test_a_cut_that_is_younger_than_the_tree_is_named(lived: User, as_alice: Client, tmp_path: Path, kind: str) -> None:
    confirmed(lived, "Was never published")
    content = FILES[kind](as_alice)
    cut(lived)
    fault = "the log ended at revision 4 in the file, and ends at revision 3 now"
    said = brought(as_alice, content)
    assert "Something is missing or different" in said
    assert fault in said
    if kind != "first line":
        assert "revision 4 is missing" in said
    status, said = against(tmp_path, content)
    assert status == 1
    assert f"{lived.pk}: {fault}" in said


def test_other_words_are_named_by_their_number(lived: User, as_alice: Client, tmp_path: Path) -> None:
    confirmed(lived, "Was never published")
    content = log_file(as_alice)
    entries = list(UserRefinedTrait.objects.filter(user=lived).order_by("revision"))
    entries[1].content = named(entries[1].content, FORGED)
    with without_triggers(LOG):
        ask(f"DELETE FROM {LOG}")  # noqa: S608
        write_log(lived, chained(entries))
    said = brought(as_alice, content)
    assert "the log up to revision 4 is not the one in the file" in said
    assert "revision 2 is another one than in the file" in said
    assert against(tmp_path, content)[0] == 1


def test_words_that_an_invented_erasure_put_there_are_named(lived: User, as_alice: Client) -> None:
    content = log_file(as_alice)
    forged = named(UserRefinedTrait.objects.get(revision=2).content, FORGED) | {"erased": "0" * 32}
    with without_triggers(LOG):
        ask(f"UPDATE {LOG} SET content = %s::jsonb, salt = '' WHERE revision = 2", json.dumps(forged))  # noqa: S608
    assert "revision 2 says something else than in the file" in brought(as_alice, content)


def test_what_was_deleted_since_then_is_no_fault(lived: User, as_alice: Client, tmp_path: Path) -> None:
    content = log_file(as_alice)
    erase_source(lived)
    said = brought(as_alice, content)
    assert "All of it is still there" in said
    assert "1 of them has lost a text since then" in said
    assert against(tmp_path, content) == (0, against(tmp_path, content)[1])
    assert "1 of them without what was erased since: 0 faults" in against(tmp_path, content)[1]
    erasure.erase_persona(**acting_for_self(lived))
    assert "All of it was deleted" in brought(as_alice, content)


def test_a_cut_before_an_erasure_is_named(lived: User, as_alice: Client) -> None:
    content = log_file(as_alice)
    cut(lived)
    erasure.erase_persona(**acting_for_self(lived))
    assert "the log ended at revision 3 in the file, and at 2 when it was erased" in brought(as_alice, content)


def test_an_erasure_that_nobody_carried_out_is_named(lived: User, as_alice: Client) -> None:
    content = log_file(as_alice)
    erasure.erase_persona(**acting_for_self(lived))
    with without_triggers("traits_logattestation"):
        ask("DELETE FROM traits_logattestation")
    assert "(erase_persona_log) is not signed" in brought(as_alice, content)


def test_a_receipt_is_a_file_that_can_be_verified(lived: User, as_alice: Client, tmp_path: Path) -> None:
    done = erase_source(lived)
    assert reverse("receipt_file", args=[done.pk]) in as_alice.get(reverse("erasure", args=[done.pk])).content.decode()
    answer = as_alice.get(reverse("receipt_file", args=[done.pk]))
    document = answer.json()
    assert document["records"][0]["records"][0]["erasureID"] == document["receipt"]["erasureID"] == str(done.pk)
    assert document["records"][0]["signature"]
    assert document["position"]["revision"] == 4
    assert "All of it is still there" in brought(as_alice, answer.content)
    with without_triggers("traits_logintervention"):
        LogIntervention.objects.update(number=7)
    fault = f"the record of the erasure {done.pk} is not there as it was"
    assert fault in brought(as_alice, answer.content)
    assert against(tmp_path, answer.content)[0] == 1


def test_a_file_that_was_changed_is_told_from_a_log_that_was(lived: User, as_alice: Client) -> None:
    head, *rest = log_file(as_alice).split(b"\n")
    changed = json.loads(head)
    changed["position"]["hash"] = changed["hash"] = "00" * 32
    said = brought(as_alice, b"\n".join([json.dumps(changed).encode(), *rest]))
    assert "the file was changed, or comes from elsewhere" in said


def test_published_heads_are_compared(lived: User, as_alice: Client, heads_file: Path, tmp_path: Path) -> None:
    confirmed(lived, "Plays the piano")
    publish()
    published = as_alice.get("/.well-known/ptfi-log-heads").content
    for content in (heads_file.read_bytes(), published):
        assert against(tmp_path, content) == (0, "2 heads, 0 faults\n")
    with without_triggers("traits_treenode"), without_triggers("traits_logleaf"):
        ask("DELETE FROM traits_treenode WHERE place >= 1")
        ask("DELETE FROM traits_logleaf WHERE index >= 1")
    for content in (heads_file.read_bytes(), published):
        status, said = against(tmp_path, content)
        assert status == 1
        assert "(2 leaves) is not a head of this tree" in said
    forged = json.loads(heads_file.read_text().splitlines()[0]) | {"size": 0}
    assert "has no signature of ours" in against(tmp_path, json.dumps(forged).encode())[1]


def test_anothers_download_says_nothing(lived: User, as_alice: Client, bob: User, signed_in: Any) -> None:
    content = log_file(as_alice)
    assert "This file is about another account." in brought(signed_in(bob), content, 400)
    assert as_alice.get(reverse("receipt_file", args=[erase_source(lived).pk])).status_code == 200
    receipt = LogIntervention.objects.get().erasure_id
    assert signed_in(bob).get(reverse("receipt_file", args=[receipt])).status_code == 404


HEAD = {"format": "ptfi-log", "version": 1, "exportedAt": "2026-01-01T00:00:00+00:00", "revision": 1, "hash": "00"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b"null",
        b"PK\x03\x04",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": "ptfi-log"}',
        b'{"format": "ptfi-export", "account": 1}',
        b'{"format": "ptfi-receipt", "position": {}}',
        b'{"format": "ptfi-log-heads", "heads": [1]}',
        json.dumps(HEAD | {"userID": "x"}).encode(),
        json.dumps(HEAD | {"revision": 1 << 70}).encode(),
        json.dumps(HEAD | {"revision": True}).encode(),
        json.dumps(HEAD | {"hash": None}).encode(),
        json.dumps(HEAD | {"exportedAt": "yesterday"}).encode(),
        json.dumps(HEAD | {"position": {"published": {"head": 1}}}).encode(),
        json.dumps(HEAD).encode() + b'\n{"revision": 1, "hash": "00", "before": 1}\n',
        json.dumps(HEAD).encode() + b'\n{"revision": 1}\n{"revision": 2}\n',
    ],
)
def test_what_is_no_download_is_refused(lived: User, as_alice: Client, tmp_path: Path, content: bytes) -> None:
    content = content.replace(b'"hash": "00"', f'"hash": "00", "userID": "{lived.pk}"'.encode())
    answer = as_alice.post(reverse("verify"), {"file": SimpleUploadedFile("file.json", content)})
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert "invalid-feedback" in answer.content.decode()
    else:
        assert "Something is missing or different" in text_of(answer)
    assert against(tmp_path, content)[0] == 1


def test_a_bomb_is_not_unpacked(lived: User, as_alice: Client) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as held:
        held.writestr("x/persona.json", b" " * (33 << 20))
    assert "This archive is too large" in brought(as_alice, packed.getvalue(), 400)


def test_the_form_is_bounded_and_guarded(lived: User, as_alice: Client) -> None:
    assert "4 MB at most" in text_of(as_alice.get(reverse("verify")))
    assert as_alice.post(reverse("verify")).status_code == 400
    large = SimpleUploadedFile("file.json", b"x" * (4 * 1_048_576 + 1))
    answer = as_alice.post(reverse("verify"), {"file": large})
    assert answer.status_code == 400
    assert "larger than 4 MB" in text_of(answer)
    other = SimpleUploadedFile("file.html", b"{}")
    assert "not allowed" in text_of(as_alice.post(reverse("verify"), {"file": other}))
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(lived)
    content = SimpleUploadedFile("file.json", b"{}")
    assert guarded.post(reverse("verify"), {"file": content}).status_code == 403
    assert Client().get(reverse("verify")).status_code == 302
