"""A person's log as a file: JSON lines with all that is needed to check it elsewhere, or a table (docs/export.md)."""

import csv
import zoneinfo
from collections.abc import Generator, Iterator
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.db.snapshot import snapshot
from traits import selectors
from traits.api.serializers.log import entry_json
from traits.log.narration import narrate, sentence_text, with_names
from traits.models import UserRefinedTrait
from traits.privacy.export import ROWS

COLUMNS = (
    "revision",
    "time",
    "what",
    "decision",
    "rejection code",
    "reason",
    "notes",
    "actor",
    "client",
    "reference",
    "batch",
    "undoes",
    "id",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
BYTE_ORDER_MARK = "\ufeff"
"""Without it some spreadsheets take UTF-8 for something else."""


class Line:
    """Where csv writes one line, to be taken at once."""

    def write(self, text: str) -> str:
        return text


def json_lines(user: User) -> Generator[bytes, None, None]:
    """The log's head in the first line, then an entry a line, oldest first; to be closed when not read to the end."""
    try:
        with snapshot() as now:
            persona = selectors.persona(user)
            head = {"format": "ptfi-log", "version": 1, "exportedAt": now, "userID": user.pk}
            yield orjson.dumps(head | {"revision": persona.revision, "hash": bytes(persona.hash).hex()}) + b"\n"
            for entry in _entries(user).iterator(chunk_size=ROWS):
                yield orjson.dumps(entry_json(entry)) + b"\n"
    finally:
        connection.close()


def table(user: User) -> Generator[bytes, None, None]:
    """The log as CSV, oldest first, in the person's time zone; to be closed when not read to the end."""
    writer, zone = csv.writer(Line()), zoneinfo.ZoneInfo(user.time_zone)
    try:
        with snapshot():
            yield (BYTE_ORDER_MARK + writer.writerow(COLUMNS)).encode()
            for entries in narrated(user, zone):
                # Set anew for each piece: between two of them other requests run in this thread.
                with timezone.override(zone):
                    lines = [writer.writerow(map(cell, _values(entry))) for entry in entries]
                yield "".join(lines).encode()
    finally:
        connection.close()


def _entries(user: User) -> Any:
    return UserRefinedTrait.objects.filter(user=user).order_by("revision")


def narrated(user: User, zone: zoneinfo.ZoneInfo) -> Iterator[list[Any]]:
    """The log in pieces, oldest first, each entry with what its sentence needs; times in it are of this zone."""
    after = 0
    while entries := list(with_names(_entries(user).filter(revision__gt=after))[:ROWS]):
        with timezone.override(zone):
            narrate(user, entries)
        yield entries
        after = entries[-1].revision


def _values(entry: Any) -> tuple[Any, ...]:
    return (
        entry.revision,
        timezone.localtime(entry.created_at).isoformat(timespec="seconds"),
        sentence_text(entry),
        entry.user_decision,
        entry.rejection_code,
        entry.reason,
        entry.notes,
        entry.actor_kind,
        entry.client_id,
        entry.reference,
        entry.batch_id,
        entry.undoes,
        entry.pk,
    )


def cell(value: Any) -> str:
    """A value as text; one that a spreadsheet would take for a formula begins with an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
