"""Blocks of a file are at work at the same time, and what comes of it is as if they were not."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import connection, transaction

from ptfi.accounts.models import User
from tests.support.candidate_files import SECRET, Row, Run, load, new_row, person, stored
from tests.support.cast import make_user
from tests.support.processes import database_address
from traits.models import ExtractedTraitCandidate, Persona, UserRefinedTrait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LOWEST, HIGHEST = "00000000-0000-4000-8000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff"


def test_a_repeat_in_the_next_block_counts_in_its_order() -> None:
    load(new_row())  # or the next block would wait for the one that creates the person
    rows = [new_row() for _ in range(1_000)]
    run = load(*rows, rows[0] | {"trait_name": "Second"}, new_row())
    assert run.counts == {"created": 1_001, "updated": 1}
    assert stored(rows[0]).trait_name == "Second"


def test_what_a_later_block_supersedes_was_there_before() -> None:
    load(new_row())  # or the next block would wait for the one that creates the person
    rows = [new_row() for _ in range(1_000)]
    run = load(*rows, new_row(supersedes=[rows[0]["candidate_id"]]))
    assert run.counts == {"created": 1_001, "archived": 1}
    assert UserRefinedTrait.objects.get().original_candidate_id == stored(rows[0]).pk


def test_who_is_new_has_the_name_of_their_first_row() -> None:
    bob = {"external_id": "test:bob", "display_name": "Bob"}
    last = new_row(user=bob | {"display_name": "Robert"})
    load(
        *(new_row() for _ in range(999)), new_row(user=bob), *(last | new_row(user=last["user"]) for _ in range(1_200))
    )
    assert person("test:bob").display_name == "Bob"


def test_bad_lines_are_named_in_order() -> None:
    others = new_row(user={"external_id": "test:bob", "display_name": "Bob"})
    load(others)
    taken = others | {"user": {"external_id": "test:alice", "display_name": "Alice"}}
    run = load(*(new_row() for _ in range(999)), taken, b"{\n", *(new_row() for _ in range(1_200)), b"{\n")
    assert [int(line.split(":")[1]) for line in run.said] == [1_000, 1_001, 2_202]
    assert run.counts == {"created": 2_199, "refused": 3}


@contextmanager
def insert_under_way(until: Callable[[], bool]) -> Iterator[None]:
    """Somebody else's insert of the candidate LOWEST, taken back once until() holds; whoever inserts it waits."""
    alice = make_user("Alice")
    begun, in_time = threading.Event(), list[bool]()

    def hold() -> None:
        try:
            with transaction.atomic():
                ExtractedTraitCandidate(
                    candidate_id=LOWEST, user=alice, trait_name="x", name_key="x", trait_category="Interest",
                    confidence_score=0.5,
                ).save(force_insert=True)  # fmt: skip
                begun.set()
                deadline = time.monotonic() + 60
                while not until() and time.monotonic() < deadline:
                    time.sleep(0.05)
                in_time.append(until())
                transaction.set_rollback(True)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert begun.wait(60)
    try:
        yield
    finally:
        holder.join()
    assert in_time == [True]


def sees(row: Row) -> bool:
    return ExtractedTraitCandidate.objects.filter(pk=row["candidate_id"]).exists()


@pytest.mark.parametrize("whole_blocks", [0, 1])
def test_when_a_block_fails_and_a_later_one_is_in(tmp_path: Path, whole_blocks: int) -> None:
    path = tmp_path / "rows.jsonl"
    # Blocks that bring one new person wait for each other.
    person = User.objects.create(external_id=new_row()["user"]["external_id"])
    Persona.objects.create(user=person)
    rows = [new_row() for _ in range(1_000 * whole_blocks)]
    rows += [new_row(candidate_id=LOWEST), new_row(candidate_id=HIGHEST, trait_name=SECRET)]
    rows += [new_row() for _ in range(998)] + [later := new_row()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    constraint = "ALTER TABLE traits_extractedtraitcandidate {} CONSTRAINT fails "
    with connection.cursor() as cursor:
        cursor.execute(constraint.format("ADD") + f"CHECK (trait_name <> '{SECRET}')")
    said = "is in up to line 1000, and some of the lines after it are" if whole_blocks else (
        "The beginning of .* is not in, but some of its lines are"
    )  # fmt: skip
    try:
        with insert_under_way(until=lambda: sees(later)), pytest.raises(CommandError, match=said):
            Run(str(path))
    finally:
        with connection.cursor() as cursor:
            cursor.execute(constraint.format("DROP"))
    there = 1_000 * whole_blocks + 1
    assert ExtractedTraitCandidate.objects.count() == there
    assert Run(str(path)).counts == {"created": 1_000, "unchanged": there}


@pytest.mark.slow
def test_ctrl_c_ends_a_block_that_waits_for_somebody(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (new_row(candidate_id=LOWEST), new_row())))
    address = database_address()
    environment = {name: value for name, value in os.environ.items() if name != "PTFI_EMBEDDED"}
    ended = threading.Event()
    with insert_under_way(until=ended.is_set):
        try:
            command = subprocess.Popen(
                [sys.executable, "manage.py", "import_candidates", str(path)],
                cwd=settings.BASE_DIR,
                env=environment | {"DATABASE_URL": address, "HTTPS": "0"},
                stderr=subprocess.PIPE,
                text=True,
            )
            wait_for_a_lock()
            command.send_signal(signal.SIGINT)
            said = command.communicate(timeout=30)[1]
        finally:
            ended.set()
    assert command.returncode == 130
    assert re.search("Stopped. Nothing of .* is in; run it again", said)
    assert not ExtractedTraitCandidate.objects.exists()


def wait_for_a_lock() -> None:
    deadline = time.monotonic() + 60
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(waiting)
            if cursor.fetchone() is not None:
                return
            time.sleep(0.1)
    pytest.fail("The import did not wait.")
