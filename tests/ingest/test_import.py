"""`manage.py import_candidates`: files, pipes, exit status, what is said."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import connection

from ptfi.accounts.models import User
from tests.support.candidate_files import FILE, SECRET, Run, everything, load, new_row, stored
from tests.support.processes import database_address
from traits.models import ExtractedTraitCandidate, UserRefinedTrait

# The import has connections of its own, which see only what is committed.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_file_goes_in_whole_and_a_repeat_changes_nothing() -> None:
    first = Run(str(FILE))
    assert (first.status, first.said) == (0, [])
    assert first.counts == {"created": 12, "archived": 1}
    before = everything()
    second = Run(str(FILE), str(FILE))
    assert (second.status, second.counts) == (0, {"unchanged": 24})
    assert everything() == before


def test_what_is_stored_is_what_the_file_says() -> None:
    Run(str(FILE))
    for line in FILE.read_text().splitlines():
        # Texts are stored in NFC.
        row = json.loads(unicodedata.normalize("NFC", line))
        candidate = stored(row)
        assert candidate.trait_name == row["trait_name"]
        assert candidate.trait_description == row["trait_description"]
        assert candidate.trait_category == row["trait_category"]
        assert candidate.confidence_score == row["confidence_score"]
        assert candidate.originating_models == row["originating_models"]
        assert [str(one) for one in candidate.associated_raw_feature_set_ids] == row["associated_feature_set_ids"]
        assert candidate.concepts == row["concepts"]
        assert candidate.created_at == dt.datetime.fromisoformat(row["created_at"])
        assert candidate.version == 1
        assert candidate.evidence_count == len(row["supporting_evidence"])
        for kept, given_piece in zip(candidate.supporting_evidence, row["supporting_evidence"], strict=True):
            assert kept | given_piece == kept
            assert kept["verdict"] == ""


def test_people_are_created_without_a_way_to_sign_in() -> None:
    Run(str(FILE))
    people = User.objects.filter(external_id__startswith="test:")
    assert {user.display_name for user in people} == {"Alice", "Bob", "陈静"}
    for user in people:
        assert user.email is None
        assert not user.has_usable_password()
        assert user.persona.revision == UserRefinedTrait.objects.filter(user=user).count()


def test_byte_order_mark_crlf_and_blank_lines_are_tolerated() -> None:
    one, two = (json.dumps(new_row()).encode() for _ in range(2))
    run = load(b"\xef\xbb\xbf" + one + b"\r\n\r\n \t\n" + two, b"\n{")
    assert run.counts == {"created": 2, "refused": 1}
    assert ":5: line: is not valid JSON" in run.said[0]


def test_an_overlong_line_is_skipped() -> None:
    run = load(b'"' + b"x" * (33 * 1024 * 1024) + b'"\n', new_row())
    assert run.counts == {"created": 1, "refused": 1}
    assert run.said[0].endswith("rows.jsonl:1: line: is longer than 32 MiB")


def test_a_file_that_is_missing_is_named_and_the_others_go_in(tmp_path: Path) -> None:
    run = Run(str(tmp_path / "none.jsonl"), str(tmp_path), str(FILE))
    assert (run.status, run.counts["created"]) == (2, 12)
    assert run.said == [
        f"{tmp_path}/none.jsonl: cannot be read: No such file or directory",
        f"{tmp_path}: cannot be read: Is a directory",
    ]


@pytest.fixture
def standard_input() -> Iterator[int]:
    """A pipe in the place of standard input; the descriptor to write to."""
    kept = os.dup(0)
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    yield writing
    os.dup2(kept, 0)
    os.close(kept)


def test_a_pipe_works(standard_input: int) -> None:
    with os.fdopen(standard_input, "wb") as pipe:
        pipe.write(FILE.read_bytes() + b"{")
    run = Run("-")
    assert (run.status, run.counts) == (1, {"created": 12, "archived": 1, "refused": 1})
    assert run.said[0].startswith("stdin:13: line: ")


def test_one_account_can_own_all(alice: User) -> None:
    run = load(*map(json.loads, FILE.read_text().splitlines()), owner=" ALICE@example.com")
    assert run.counts == {"created": 12, "archived": 1}
    assert set(ExtractedTraitCandidate.objects.values_list("user", flat=True)) == {alice.pk}
    assert not User.objects.filter(external_id__startswith="test:").exists()


def test_lines_of_an_account_need_not_say_whose_they_are(alice: User) -> None:
    nameless = {field: value for field, value in new_row().items() if field != "user"}
    assert load(nameless, owner="alice@example.com").counts == {"created": 1}
    assert ExtractedTraitCandidate.objects.get().user == alice
    assert load(nameless).said[0].endswith(": user: is missing")


def test_an_unknown_owner_is_an_error_before_anything_is_read() -> None:
    with pytest.raises(CommandError, match=r"No account has the e-mail nobody@example\.com"):
        load(new_row(), owner="nobody@example.com")
    assert not ExtractedTraitCandidate.objects.exists()


def test_more_rows_than_a_batch() -> None:
    rows = [new_row(trait_name=f"Trait {number}") for number in range(2_345)]
    rows[1_500]["confidence_score"] = 7
    run = load(*rows)
    assert run.counts == {"created": 2_344, "refused": 1}
    assert ":1501: confidence_score: " in run.said[0]


def test_when_the_database_fails_whole_batches_stay(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [new_row(trait_name=SECRET if number == 1_500 else "Loves jazz") for number in range(1_600)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE traits_extractedtraitcandidate ADD CONSTRAINT fails CHECK (trait_name <> '{SECRET}')"
        )
    try:
        with pytest.raises(CommandError, match="is in up to line 1000, nothing after it") as failure:
            Run(str(path))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE traits_extractedtraitcandidate DROP CONSTRAINT fails")
    assert SECRET not in str(failure.value)
    assert ExtractedTraitCandidate.objects.count() == 1_000
    assert Run(str(path)).counts == {"created": 600, "unchanged": 1_000}


@pytest.mark.slow
def test_ctrl_c_says_up_to_which_line_all_is_in() -> None:
    address = database_address()
    environment = {name: value for name, value in os.environ.items() if name != "PTFI_EMBEDDED"}
    command = subprocess.Popen(
        [sys.executable, "manage.py", "import_candidates", "-"],
        cwd=settings.BASE_DIR,
        env=environment | {"DATABASE_URL": address, "HTTPS": "0"},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert command.stdin is not None
    command.stdin.write(b"".join(json.dumps(new_row()).encode() + b"\n" for _ in range(1_200)))
    command.stdin.flush()
    deadline = time.monotonic() + 60
    while not ExtractedTraitCandidate.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    command.send_signal(signal.SIGINT)
    assert command.wait(20) == 130
    assert command.stderr is not None
    said = command.stderr.read().decode()
    command.stdin.close()
    command.stderr.close()
    assert "Stopped. stdin is in up to line 1000, nothing after it" in said
    assert ExtractedTraitCandidate.objects.count() == 1_000
