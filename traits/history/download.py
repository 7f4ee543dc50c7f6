"""A person's log as a file: JSON lines that can be verified elsewhere, or a table (docs/export.md)."""

import datetime as dt
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone, translation

from ptfi.accounts.models import User
from ptfi.db.snapshot import ROWS, snapshot
from ptfi.web.csv import CsvTable
from ptfi.web.language import spoken_to
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
    """The log's head on the first line, then one entry per line, oldest first; close it if not read to the end."""
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


@dataclass(frozen=True)
class Reader:
    """The requester of a file: its times are in their time zone, and its sentences in the language of their pages.

    Files are made in pieces, and the thread may serve other requests in between, so each piece is made within here().
    """

    zone: dt.tzinfo
    language: str

    @classmethod
    def of(cls, user: User) -> "Reader":
        """The person and language of the current request."""
        return cls(user.zone, translation.get_language() or "")

    @contextmanager
    def here(self) -> Iterator[None]:
        with timezone.override(self.zone), spoken_to(self.language):
            yield


def table(user: User) -> Generator[bytes, None, None]:
    """The log as CSV, oldest first, for the current requester; close it if not read to the end."""
    return _table(user, Reader.of(user))


def _table(user: User, reader: Reader) -> Generator[bytes, None, None]:
    try:
        with snapshot():
            yield TABLE.head()
            for entries in narrated(user, reader):
                with reader.here():
                    lines = TABLE.lines(entries)
                yield lines
    finally:
        connection.close()


def _entries(user: User) -> Any:
    return UserRefinedTrait.objects.filter(user=user).order_by("revision")


def narrated(user: User, reader: Reader) -> Iterator[list[Narrated]]:
    """The log in words, oldest first, in chunks."""
    after = 0
    while entries := list(with_names(_entries(user).filter(revision__gt=after))[:ROWS]):
        with reader.here():
            told = narrate(user, entries)
        yield told
        after = entries[-1].revision
