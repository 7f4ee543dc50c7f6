"""Read receipts: each answered read of a client, stored before the answer is sent.

Reads at the same time share a transaction (group commit): the first one writes for all that wait, since a commit costs
more than what it writes.
"""

import dataclasses
import datetime as dt
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from allauth.idp.oidc.models import Client
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.db import sql
from ptfi.db.prepared import fetch
from ptfi.errors import UnavailableError
from traits.models import Persona, ReadReceipt
from traits.sharing.notices.outbox import delay
from traits.sharing.sql import INSERT, PAGE_WITH_RECEIPT, PRUNE, REMEMBER

MOST = 100
"""The most receipts of one statement."""
SECONDS = 20.0
"""How long a read waits for its receipt."""
KIND_SECONDS = 60.0
"""How long it is kept in memory of what kind a client is."""
ORDER = ("-id",)


@dataclasses.dataclass(frozen=True, slots=True)
class Read:
    """What an answer holds. traits: the category of each trait or suggestion in it, by id; number: how many items."""

    traits: Mapping[Any, str] = dataclasses.field(default_factory=dict)
    evidence: bool = False
    number: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, of whom, and by which operation."""

    user_id: uuid.UUID
    client_id: str
    operation: str


class _Waiting:
    """A receipt to be stored, and what its thread waits for: done, or having to write for the others."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        self.fault: Exception | None = None
        self.told = threading.Event()
        self.leads = False


class Ledger:
    """Stores receipts of all threads of this process. insert: stores some, in the open transaction or in its own."""

    def __init__(self, insert: Callable[[list[dict[str, Any]]], None]) -> None:
        self._insert = insert
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._writing = False

    def store(self, row: dict[str, Any]) -> None:
        """Store a receipt, and return when it is committed. Raises UnavailableError, and Django's database errors."""
        if connection.in_atomic_block:
            # It belongs to what the caller does, and nobody else's can.
            self._insert([row])
            return
        mine = _Waiting(row)
        with self._lock:
            self._waiting.append(mine)
            mine.leads, self._writing = not self._writing, True
        if not mine.leads and not mine.told.wait(SECONDS):
            raise UnavailableError
        if mine.leads:
            self._lead()
        if mine.fault:
            raise mine.fault

    def _lead(self) -> None:
        """Write what waits, this thread's own receipt among it, and leave the rest to the next thread."""
        with self._lock:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        try:
            self._write(batch)
        finally:
            with self._lock:
                successor = self._waiting[0] if self._waiting else None
                self._writing = successor is not None
            for each in batch:
                each.told.set()
            if successor:
                successor.leads = True
                successor.told.set()

    def _write(self, batch: Sequence[_Waiting]) -> None:
        """Store the receipts together; if that fails, it does for all."""
        try:
            self._insert([each.row for each in batch])
        except Exception as fault:  # noqa: BLE001 (it is raised in every thread that waits)
            for each in batch:
                each.fault = fault


def _insert(rows: list[dict[str, Any]]) -> None:
    fetch(INSERT, [orjson.dumps(rows).decode()])


@transaction.atomic
def _insert_and_remember(rows: list[dict[str, Any]]) -> None:
    """Store receipts, and which client read what: it is told of changes for as long as the trait exists."""
    # An erasure waits, or was there before: then its traits are not remembered, and the client is told.
    sql.share(Persona, {row["user_id"] for row in rows})
    _insert(rows)
    sql.run(REMEMBER, {"reads": orjson.dumps(rows).decode(), "delay": delay()})


ledger = Ledger(_insert)
remembering = Ledger(_insert_and_remember)
"""For clients that are told of changes; nobody else waits for what they wait for."""


def _ledger_of(client_id: str) -> Ledger:
    return remembering if _is_told(client_id, _minute()) else ledger


def _minute() -> int:
    return int(time.monotonic() / KIND_SECONDS)


@lru_cache(maxsize=1_000)
def _is_told(client_id: str, minute: int) -> bool:  # noqa: ARG001 (an answer is kept for that minute)
    """Whether the client is confidential. Its kind never changes, but another client may get its id."""
    return bool(Client.objects.filter(pk=client_id, type=Client.Type.CONFIDENTIAL).exists())


def store(reader: Reader, read: Read) -> None:
    """Store the receipt of a read; the answer may be sent afterwards."""
    _ledger_of(reader.client_id).store(
        dataclasses.asdict(reader)
        | {
            "categories": sorted(set(read.traits.values())),
            "trait_ids": [str(pk) for pk in read.traits],
            "evidence": read.evidence,
            "number": read.number,
            "created_at": timezone.now(),
        }
    )


def fetch_page(reader: Reader, page: str, values: Sequence[Any], order: str, shown: int) -> list[tuple[Any, ...]]:
    """The rows of a page of a list: item, category, total, place and id. Their receipt is stored with them.

    page: the statement, with the columns that PAGE_WITH_RECEIPT names. shown: how many of the rows the answer holds.
    """
    if _is_told(reader.client_id, _minute()):
        rows = fetch(page, values)
        traits = {pk: category for _, category, *_, pk in rows[:shown]}
        store(reader, Read(traits, any('"evidenceID"' in item for item, *_ in rows[:shown]), len(rows[:shown])))
        return rows
    who = dataclasses.astuple(reader)
    text = PAGE_WITH_RECEIPT.format(page=page, order=order)
    return fetch(text, [*values, shown, *who, timezone.now(), reader.user_id])


def receipts(user: User, *, client_id: str = "", trait_id: uuid.UUID | None = None) -> QuerySet[ReadReceipt]:
    """The person's receipts; those of one client, those of one trait."""
    rows = ReadReceipt.objects.filter(user=user)
    rows = rows.filter(client_id=client_id) if client_id else rows
    return rows.filter(trait_ids__contains=[trait_id]) if trait_id else rows


def prune() -> int:
    """Delete receipts older than RECEIPT_DAYS; returns how many."""
    oldest, number = timezone.now() - dt.timedelta(days=settings.RECEIPT_DAYS), 0
    while some := sql.run(PRUNE, [oldest]):
        number += some
    return number
