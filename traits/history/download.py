"""A person's log as a file: JSON lines with all that is needed to check it elsewhere, or a table (docs/export.md)."""

import zoneinfo
from collections.abc import Generator, Iterator
from operator import attrgetter
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.db.snapshot import ROWS, snapshot
from ptfi.web.csv import CsvTable
from traits import selectors
from traits.api.serializers.log import entry_json
from traits.log.narration import Narrated, narrate, with_names
from traits.log.proofs.positions import position
from traits.models import UserRefinedTrait

TABLE = CsvTable[Narrated](
    [
        ("revision", attrgetter("entry.revision")),
        ("time", lambda each: timezone.localtime(each.entry.created_at).isoformat(timespec="seconds")),
        ("what", str),
        ("decision", attrgetter("entry.user_decision")),
        ("rejection code", attrgetter("entry.rejection_code")),
        ("reason", attrgetter("entry.reason")),
        ("notes", attrgetter("entry.notes")),
        ("actor", attrgetter("entry.actor_kind")),
        ("client", attrgetter("entry.client_id")),
        ("reference", attrgetter("entry.reference")),
        ("batch", attrgetter("entry.batch_id")),
        ("undoes", attrgetter("entry.undoes")),
        ("id", attrgetter("entry.pk")),
    ]
)


def json_lines(user: User) -> Generator[bytes, None, None]:
    """The log's head in the first line, then an entry a line, oldest first; to be closed when not read to the end."""
    try:
        with snapshot() as now:
            persona = selectors.persona(user)
            head = {"format": "ptfi-log", "version": 1, "exportedAt": now, "userID": user.pk}
            head |= {"revision": persona.revision, "hash": bytes(persona.hash).hex(), "position": position(persona)}
            yield orjson.dumps(head) + b"\n"
            for entry in _entries(user).iterator(chunk_size=ROWS):
                yield orjson.dumps(entry_json(entry)) + b"\n"
    finally:
        connection.close()


def table(user: User) -> Generator[bytes, None, None]:
    """The log as CSV, oldest first, in the person's time zone; to be closed when not read to the end."""
    zone = zoneinfo.ZoneInfo(user.time_zone)
    try:
        with snapshot():
            yield TABLE.head()
            for entries in narrated(user, zone):
                # Set again for each piece: between two of them other requests run in this thread.
                with timezone.override(zone):
                    lines = TABLE.lines(entries)
                yield lines
    finally:
        connection.close()


def _entries(user: User) -> Any:
    return UserRefinedTrait.objects.filter(user=user).order_by("revision")


def narrated(user: User, zone: zoneinfo.ZoneInfo) -> Iterator[list[Narrated]]:
    """The log in words and in pieces, oldest first; times in it are of this zone."""
    after = 0
    while entries := list(with_names(_entries(user).filter(revision__gt=after))[:ROWS]):
        with timezone.override(zone):
            told = narrate(user, entries)
        yield told
        after = entries[-1].revision
