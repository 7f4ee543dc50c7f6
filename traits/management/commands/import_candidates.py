"""Take in files of suggestions from the pipeline."""

import contextlib
import gc
import queue
import stat
import sys
import threading
from argparse import ArgumentParser
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ptfi.accounts.models import User
from ptfi.parsing import BYTE_ORDER_MARK
from traits.ingest import batch as ingest
from traits.ingest.faults import Reason, by_place
from traits.ingest.files import FileFaultError, opened
from traits.ingest.parsing import FILE, OWNED, CandidateRecord, Format, parse_line

MAX_LINE = 32 * 1024 * 1024
BLOCK_BYTES = 16 * 1024 * 1024
# One block is prepared while PostgreSQL works on another; a third would not find an idle core.
IN_FLIGHT = 2
# When the import stops: seconds for blocks in flight to finish, and for the answer to each cancellation.
GRACE = 2.0
# Seconds between checks of the blocks in flight while a pipe sends nothing.
TICK = 0.2
COUNTED = ("created", "updated", "unchanged", "suppressed", "archived", "returned")


@dataclass
class Block:
    """Lines that are stored together: suggestions and faults by line number, each candidate at most once."""

    rows: dict[int, CandidateRecord] = field(default_factory=dict)
    bad: dict[int, list[Reason]] = field(default_factory=dict)
    ids: set[UUID] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    supersedes: bool = False
    last: int = 0
    size: int = 0

    def add(self, number: int, row: CandidateRecord) -> None:
        self.rows[number] = row
        self.ids.add(row.candidate_id)
        self.names.setdefault(row.external_id, row.display_name)
        self.supersedes = self.supersedes or bool(row.supersedes)

    def depends_on(self, other: "Block") -> bool:
        """Return whether the two blocks must be stored in order."""
        return self.supersedes or other.supersedes or not self.ids.isdisjoint(other.ids)


def read_blocks(name: str, shape: Format = FILE) -> Iterator[Block]:
    """Split a file (or "-") into blocks. At most one block is in memory, and lines are limited to MAX_LINE.

    Raises OSError, FileFaultError.
    """
    with opened(name) as stream:
        yield from _blocks(stream, shape)


def _blocks(stream: BinaryIO, shape: Format) -> Iterator[Block]:
    block = Block()
    for number, size, parsed in _lines(stream, shape):
        repeated = isinstance(parsed, CandidateRecord) and parsed.candidate_id in block.ids
        if repeated or len(block.rows) + len(block.bad) >= ingest.MAX_BATCH or block.size > BLOCK_BYTES:
            yield block
            block = Block()
        block.last = number
        block.size += size
        if isinstance(parsed, CandidateRecord):
            block.add(number, parsed)
        elif parsed:
            block.bad[number] = parsed
    yield block


def _lines(stream: BinaryIO, shape: Format) -> Iterator[tuple[int, int, CandidateRecord | list[Reason]]]:
    """Yield number, size in bytes and content of each line; an empty list for blank lines."""
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        size = len(line)
        if size > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
                size += len(line)
            yield number, size, [("line", f"is longer than {MAX_LINE // 1024 // 1024} MiB")]
            continue
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        yield number, size, parse_line(line, shape) if line.strip() else []


def ahead(blocks: Iterator[Block]) -> Iterator[Block | None]:
    """Read and check blocks while the database works on earlier ones; yields None while the next one is not ready."""
    done: queue.Queue[Block | BaseException | None] = queue.Queue(maxsize=1)

    def fill() -> None:
        try:
            for block in blocks:
                done.put(block)
            done.put(None)
        except BaseException as error:  # noqa: BLE001 (raised again by the reader)
            done.put(error)

    # A daemon thread with a handle of its own, so that Ctrl-C ends the command even while it waits for a pipe.
    threading.Thread(target=fill, daemon=True).start()
    while True:
        try:
            block = done.get(timeout=TICK)
        except queue.Empty:
            yield None
            continue
        if block is None:
            return
        if isinstance(block, BaseException):
            raise block
        yield block


class Flight:
    """Blocks being stored, each in a thread with a connection of its own.

    They finish in the order in which they were started, with the same outcome as one after the other.
    """

    def __init__(self, pool: ThreadPoolExecutor, owner: User | None) -> None:
        self.pool, self.owner = pool, owner
        self.blocks: deque[tuple[Block, Future[ingest.Result]]] = deque()
        self.connections: dict[int, Any] = {}

    def is_due(self, following: Block | None) -> bool:
        """Return whether to wait for the oldest block now: it has finished, or the following block must wait for it."""
        if not self.blocks:
            return False
        if following and (
            len(self.blocks) == IN_FLIGHT or any(following.depends_on(block) for block, _ in self.blocks)
        ):
            return True
        return self.blocks[0][1].done()

    def start(self, block: Block) -> None:
        for earlier, _ in self.blocks:
            # A new person gets the name from their first row, whichever block is stored first.
            block.names |= {person: name for person, name in earlier.names.items() if person in block.names}
        self.blocks.append((block, self.pool.submit(self._store, block)))

    def land(self) -> tuple[Block, ingest.Result]:
        """Wait for the oldest block and return it with its result. Raises the database's errors."""
        # If Ctrl-C interrupts the wait, the block stays in flight.
        wait([self.blocks[0][1]])
        block, future = self.blocks.popleft()
        return block, future.result()

    def settle(self) -> None:
        """Wait until all blocks have ended, and cancel those that take long, such as ones that wait for a lock."""
        futures = [future for _, future in self.blocks]
        while wait(futures, timeout=GRACE).not_done:
            for raw in list(self.connections.values()):
                with contextlib.suppress(psycopg.Error):
                    raw.cancel_safe(timeout=GRACE)

    def _store(self, block: Block) -> ingest.Result:
        if not block.rows:
            return ingest.Result()
        for row in block.rows.values():
            row.display_name = block.names[row.external_id]
        try:
            connection.ensure_connection()
            self.connections[threading.get_ident()] = connection.connection
            return ingest.apply(list(block.rows.values()), owner=self.owner)
        finally:
            self.connections.pop(threading.get_ident(), None)
            connection.close()


@contextlib.contextmanager
def quick_collections() -> Iterator[None]:
    """Exclude existing objects from garbage collection, which would otherwise scan them every few thousand rows."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


class Command(BaseCommand):
    help = (
        "Take in suggestions: JSON Lines. Lines that do not fit are reported and left out, the rest goes in; a"
        " repeat changes nothing. Exit status: 1 when a line was left out, 2 when a file could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a JSON Lines file, also packed with gzip; - is standard input"
        )
        parser.add_argument("--owner", metavar="EMAIL", help="all suggestions are about the person of this account")

    def handle(self, *, files: list[str], owner: str | None, **options: Any) -> None:  # noqa: ARG002
        self.owner = self._find(owner) if owner else None
        # Release this thread's connection: the blocks use others, and a pool may have only one.
        connection.close()
        self.counts = dict.fromkeys((*COUNTED, "refused"), 0)
        self.lines = 0
        self.console = Console(stderr=True)
        unread = False
        with quick_collections(), self._progress() as self.progress, ThreadPoolExecutor(IN_FLIGHT) as self.pool:
            self.task = self.progress.add_task("", total=_total(files), lines=0, rate=0.0)
            for name in files:
                unread = not self._read(name) or unread
        self.stdout.write(", ".join(f"{count:,} {what}" for what, count in self.counts.items()))
        if unread or self.counts["refused"]:
            sys.exit(2 if unread else 1)

    def _find(self, email: str) -> User:
        try:
            return User.objects.get(email=email.strip().lower())
        except User.DoesNotExist:
            raise CommandError(f"No account has the e-mail {email}. Nothing was read.", returncode=2) from None

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[lines]:,} lines, {task.fields[rate]:,.0f} a second"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )

    def _read(self, name: str) -> bool:
        """Import one file; False if it cannot be read to its end."""
        label, flight = ("stdin" if name == "-" else name), Flight(self.pool, self.owner)
        self.progress.update(self.task, description=label)
        self.at = 0
        try:
            return self._carry(label, name, flight)
        except DatabaseError as error:
            # The database's message would quote the rows' content.
            cause = type(error.__cause__ or error).__name__
            standing = self._end(label, flight, failed=True)
            raise CommandError(f"The database failed ({cause}). {standing}", returncode=2) from None
        except KeyboardInterrupt:
            self.progress.stop()
            self._say(f"\nStopped. {self._end(label, flight)}")
            sys.exit(130)

    def _carry(self, label: str, name: str, flight: Flight) -> bool:
        fault = None
        try:
            for block in ahead(read_blocks(name, OWNED if self.owner else FILE)):
                while flight.is_due(block):
                    self._take(label, *flight.land())
                if block:
                    flight.start(block)
        except OSError as error:
            fault = f"{label}: cannot be read: {error.strerror}"
        except FileFaultError as error:
            fault = f"{label}: {error}"
        while flight.blocks:
            self._take(label, *flight.land())
        if fault:
            self._say(fault)
        return not fault

    def _end(self, label: str, flight: Flight, *, failed: bool = False) -> str:
        """Let the blocks in flight end, and return in words what has been stored."""
        beyond = False
        flight.settle()
        while flight.blocks:
            try:
                landed = flight.land()
            except DatabaseError:
                failed = True
                continue
            if failed:
                beyond = beyond or bool(landed[0].rows)
            else:
                self._take(label, *landed)
        return _standing(label, self.at, beyond)

    def _take(self, label: str, block: Block, result: ingest.Result) -> None:
        self.at = block.last
        numbers = list(block.rows)
        bad = block.bad | {numbers[index]: reasons for index, reasons in result.refused.items()}
        for place, reasons in by_place(sorted(bad.items()), FILE.whole):
            for name, what in reasons:
                self._say(f"{label}:{place}: {name}: {what}")
        for what in COUNTED:
            self.counts[what] += getattr(result, what)
        self.counts["refused"] += len(bad)
        self.lines += len(block.rows) + len(block.bad)
        rate = self.lines / (self.progress.tasks[0].elapsed or 1)
        self.progress.update(self.task, advance=block.size, lines=self.lines, rate=rate)

    def _say(self, text: str) -> None:
        if self.console.is_terminal:
            self.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            self.stderr.write(text)


def _standing(label: str, line: int, beyond: bool) -> str:
    done = f"{label} is in up to line {line}" if line else f"The beginning of {label} is not in"
    if beyond:
        done += ", and some of the lines after it are" if line else ", but some of its lines are"
    else:
        done = f"{done}, nothing after it" if line else f"Nothing of {label} is in"
    return f"{done}; run it again for the rest: what is in stays as it is."


def _total(files: list[str]) -> int | None:
    """Return the total size in bytes; None if it is unknown, as for packed files."""
    if any(name.endswith(".gz") for name in files):
        return None
    try:
        states = [Path(name).stat() for name in files]
    except OSError:
        return None
    return sum(state.st_size for state in states) if all(stat.S_ISREG(state.st_mode) for state in states) else None
