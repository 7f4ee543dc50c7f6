"""Take in files of suggestions from the pipeline."""

import contextlib
import gc
import hashlib
import stat
import sys
import threading
from argparse import ArgumentParser
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ptfi.accounts.models import User
from traits.ingest import batch as ingest
from traits.ingest.faults import by_place
from traits.ingest.files import Block, ahead, read_blocks
from traits.ingest.layouts import FileFaultError
from traits.ingest.parsing import FILE, OWNED
from traits.ingest.rows import Result
from traits.ingest.sender import Delivery, Sender, begin, finish, sender_of
from traits.models import Door, IngestBatch
from traits.models.moderation import MAX_REASON

# One block is prepared while PostgreSQL works on another; a third would not find an idle core.
IN_FLIGHT = 2
# When the import stops: seconds for blocks in flight to finish, and for the answer to each cancellation.
GRACE = 2.0


class Flight:
    """Blocks being stored, each in a thread with a connection of its own.

    They finish in the order in which they were started, with the same outcome as one after the other.
    """

    def __init__(self, pool: ThreadPoolExecutor, owner: User | None) -> None:
        self.pool, self.owner, self.sender = pool, owner, ingest.UNRECORDED
        self.blocks: deque[tuple[Block, Future[Result]]] = deque()
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

    def land(self) -> tuple[Block, Result]:
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

    def _store(self, block: Block) -> Result:
        if not block.rows:
            return Result()
        for row in block.rows.values():
            row.display_name = block.names[row.external_id]
        try:
            connection.ensure_connection()
            self.connections[threading.get_ident()] = connection.connection
            return ingest.apply(list(block.rows.values()), owner=self.owner, sender=self.sender)
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
    batch: IngestBatch | None
    help = (
        "Take in suggestions: JSON Lines. Lines that do not fit are reported and left out, the rest goes in; a"
        " repeat changes nothing. Exit status: 1 when a line was left out, 2 when a file could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a JSON Lines file, also packed with gzip; - is standard input"
        )
        parser.add_argument("--owner", metavar="EMAIL", help="all suggestions are about the person of this account")
        parser.add_argument(
            "--reason", metavar="TEXT", default="", help="why, for the record of the import; name or quote nobody"
        )

    def handle(self, *, files: list[str], owner: str | None, reason: str, **options: Any) -> None:  # noqa: ARG002
        self.reason = " ".join(reason.split())
        if len(self.reason) > MAX_REASON:
            raise CommandError(f"A reason has at most {MAX_REASON} characters. Nothing was read.", returncode=2)
        self.owner = self._find(owner) if owner else None
        # Release this thread's connection: the blocks use others, and a pool may have only one.
        connection.close()
        self.counts = Counter(Result().counts())
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
        self.at, self.batch, self.totals, self.digest = 0, None, Counter[str](), hashlib.sha256()
        try:
            whole = self._carry(label, name, flight)
            self._record(is_complete=whole)
        except DatabaseError as error:
            # The database's message would quote the rows' content.
            cause = type(error.__cause__ or error).__name__
            standing = self._end(label, flight, failed=True)
            raise CommandError(f"The database failed ({cause}). {standing}", returncode=2) from None
        except KeyboardInterrupt:
            self.progress.stop()
            self._say(f"\nStopped. {self._end(label, flight)}")
            sys.exit(130)
        return whole

    def _carry(self, label: str, name: str, flight: Flight) -> bool:
        fault = None
        try:
            for block in ahead(read_blocks(name, OWNED if self.owner else FILE, self.digest)):
                while flight.is_due(block):
                    self._take(label, *flight.land())
                if block:
                    flight.sender = self._sender(label)
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

    def _sender(self, label: str) -> Sender:
        """Record the batch before its first block is stored; a file that cannot be opened makes none."""
        if self.batch is None:
            self.batch = begin(Delivery(door=Door.COMMAND, name=Path(label).name, reason=self.reason))
            connection.close()
        return sender_of(self.batch)

    def _record(self, *, is_complete: bool) -> None:
        """Record what has been stored; an import that was interrupted has counts, but no end."""
        if self.batch:
            digest = self.digest.hexdigest() if is_complete else ""
            finish(self.batch, self.totals, digest=digest, is_complete=is_complete)
            connection.close()

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
        with contextlib.suppress(DatabaseError):
            self._record(is_complete=False)
        return _standing(label, self.at, beyond)

    def _take(self, label: str, block: Block, result: Result) -> None:
        self.at = block.last
        numbers = list(block.rows)
        bad = block.bad | {numbers[index]: reasons for index, reasons in result.refused.items()}
        for place, reasons in by_place(sorted(bad.items()), FILE.whole):
            for name, what in reasons:
                self._say(f"{label}:{place}: {name}: {what}")
        counts = result.counts() | {"refused": len(bad)}
        self.counts.update(counts)
        self.totals.update(counts)
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
