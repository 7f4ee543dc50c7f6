"""Personas whose logs were written by earlier releases: the rows of the tables as they were then."""

import importlib
import json
import uuid
from pathlib import Path
from typing import Any

from django.db import connection

from ptfi.accounts.models import User
from tests.support.attacks import as_owner, ask, without_triggers
from tests.support.cast import make_user
from tests.support.decisions import assert_log_whole
from tests.support.graph_helpers import cypher, project
from tests.support.persona_marker import check_graph
from traits.log.undoable import standing_ids
from traits.models import Persona, UserRefinedTrait

FOLDER = Path(__file__).parents[1] / "data"
FILES = sorted(FOLDER.glob("log-v*.json"))
TABLES = {
    "traits_persona": "user_id",
    "traits_suppression": "user_id",
    "traits_extractedtraitcandidate": "user_id",
    "traits_personatrait": "user_id",
    "traits_communicationstyle": "user_id",
    "traits_erasure": "subject_id",
    "traits_logintervention": "subject_id",
    "traits_userrefinedtrait": "user_id",
}
"""Table → the column that holds the person, in an order in which the rows can be inserted."""
COMPUTED = ("search", "evidence_count")
NOT_PROJECTED = {"projected_revision": 0, "projected_at": None, "claimed_until": None}


def rows_of(user: User) -> dict[str, list[dict[str, Any]]]:
    """Every row of the person as JSON; numeric ids are negative, so that they never collide with a sequence's."""
    return {table: _rows(table, column, user.pk) for table, column in TABLES.items()}


def _rows(table: str, column: str, user_id: uuid.UUID) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(r)::text FROM {table} r WHERE {column} = %s", [user_id])  # noqa: S608
        rows = [json.loads(text) for (text,) in cursor.fetchall()]
    return [_kept(row) for row in sorted(rows, key=_order)]


def _order(row: dict[str, Any]) -> tuple[int, str]:
    return row.get("revision") or 0, json.dumps(row, sort_keys=True)


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in row.items() if name not in COMPUTED}
    row |= NOT_PROJECTED if "projected_revision" in row else {}
    for name in ("id", "suppressed_by_id"):
        if row.get(name):
            row[name] = -row[name]
    return row


def kind_of(entry: dict[str, Any]) -> tuple[int, int]:
    """The version of an entry's snapshots, and its hash algorithm."""
    return entry["content"].get("v", 0), entry.get("hash_algorithm", 1)


def kinds_in(file: Path) -> set[tuple[int, int]]:
    return {kind_of(entry) for entry in json.loads(file.read_text())["tables"]["traits_userrefinedtrait"]}


def load(file: Path) -> User:
    """Insert the rows, with the database's defaults for newer columns.

    Returns the person, of whom the graph knows nothing.
    """
    held = json.loads(file.read_text())
    person = make_user("Alice", id=uuid.UUID(held["person"]))
    make_user("Frozen staff", id=uuid.UUID(held["staff"]))
    Persona.objects.filter(user=person).delete()
    cypher("MATCH (n {ownerID: $id}) DETACH DELETE n", id=person.pk)
    cypher("MATCH (n:User {userID: $id}) DETACH DELETE n", id=person.pk)
    for table, rows in held["tables"].items():
        with without_triggers(table), connection.cursor() as cursor:
            for row in rows:
                names = ", ".join(row)
                cursor.execute(
                    f"INSERT INTO {table} ({names}) "  # noqa: S608 (names of ours)
                    f"SELECT {names} FROM jsonb_populate_record(NULL::{table}, %s)",
                    [json.dumps(row)],
                )
    if "traits_logintervention" not in held["tables"]:
        with as_owner():
            ask(importlib.import_module("traits.migrations.0017_receipts").BACKFILL)
    return person


def entries_of(user: User) -> list[UserRefinedTrait]:
    return list(UserRefinedTrait.objects.filter(user=user).order_by("revision"))


def holds(user: User) -> None:
    """Assert that log, tables and graph agree and the log is intact."""
    assert_log_whole(user)
    project(user)
    assert "0 differ" in check_graph(user)


def standing_entry(user: User) -> UserRefinedTrait | None:
    """The newest entry that can be undone."""
    entries = entries_of(user)
    newest_ones = standing_ids(user, entries)
    return next((entry for entry in reversed(entries) if entry.pk in newest_ones), None)
