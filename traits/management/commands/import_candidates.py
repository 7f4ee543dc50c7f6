"""Take in files of suggestions from the pipeline."""

import queue
import stat
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ptfi.accounts.models import User
from traits import ingest
from traits.parsing import Reason, Suggestion, parse_line

MAX_LINE = 32 * 1024 * 1024
BLOCK_BYTES = 16 * 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
COUNTED = ("created", "updated", "unchanged", "suppressed", "archived", "returned")


@dataclass
class Block:
    """Lines that go in together: suggestions and reasons by line number; no candidate twice."""

    rows: dict[int, Suggestion] = field(default_factory=dict)
    bad: dict[int, list[Reason]] = field(default_factory=dict)
    last: int = 0
    size: int = 0


def read_blocks(name: str) -> Iterator[Block]:
    """Cut a file (or "-") into blocks, with no more than one of them, and no line beyond MAX_LINE, in memory."""
    # Standard input is opened anew: at exit, Python would wait for a thread that reads its own one.
    with open(0 if name == "-" else name, "rb", closefd=name != "-") as stream:
        yield from _blocks(stream)


def _blocks(stream: BinaryIO) -> Iterator[Block]:
    block = Block()
    ids: set[UUID] = set()
    for number, size, parsed in _lines(stream):
        repeated = isinstance(parsed, Suggestion) and parsed.candidate_id in ids
        if repeated or len(block.rows) + len(block.bad) >= ingest.MAX_BATCH or block.size > BLOCK_BYTES:
            yield block
            block, ids = Block(), set()
        block.last = number
        block.size += size
        if isinstance(parsed, Suggestion):
            block.rows[number] = parsed
            ids.add(parsed.candidate_id)
        elif parsed:
            block.bad[number] = parsed
    yield block


def _lines(stream: BinaryIO) -> Iterator[tuple[int, int, Suggestion | list[Reason]]]:
    """Number, bytes and content of each line; a blank one has no content and no reasons."""
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
        yield number, size, parse_line(line) if line.strip() else []


def ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks, the next one being read and checked while the database works on this one."""
    done: queue.Queue[Block | BaseException | None] = queue.Queue(maxsize=1)

    def fill() -> None:
        try:
            for block in blocks:
                done.put(block)
            done.put(None)
        except BaseException as error:  # noqa: BLE001 (raised again by the reader)
            done.put(error)

    # A daemon that opens the file itself: waiting for a pipe's next line must not keep Ctrl-C from ending the command.
    threading.Thread(target=fill, daemon=True).start()
    while (block := done.get()) is not None:
        if isinstance(block, BaseException):
            raise block
        yield block


class Command(BaseCommand):
    help = (
        "Take in suggestions: JSON Lines. Lines that do not fit are reported and left out, the rest goes in; a"
        " repeat changes nothing. Exit status: 1 when a line was left out, 2 when a file could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a JSON Lines file; - is standard input")
        parser.add_argument("--owner", metavar="EMAIL", help="all suggestions are about the person of this account")

    def handle(self, *, files: list[str], owner: str | None, **options: Any) -> None:  # noqa: ARG002
        self.owner = self._find(owner) if owner else None
        self.counts = dict.fromkeys((*COUNTED, "refused"), 0)
        self.lines = 0
        self.console = Console(stderr=True)
        unread = False
        with self._progress() as self.progress:
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
        """Take one file in; False when it cannot be read (to its end)."""
        label, at = ("stdin" if name == "-" else name), 0
        self.progress.update(self.task, description=label)
        try:
            for block in ahead(read_blocks(name)):
                self._take(label, block)
                at = block.last
        except OSError as error:
            self._say(f"{label}: cannot be read: {error.strerror}")
            return False
        except DatabaseError as error:
            # The message of the database would repeat what stands in the rows.
            cause = type(error.__cause__ or error).__name__
            raise CommandError(f"The database failed ({cause}). {_standing(label, at)}", returncode=2) from None
        except KeyboardInterrupt:
            self.progress.stop()
            self._say(f"\nStopped. {_standing(label, at)}")
            sys.exit(130)
        return True

    def _take(self, label: str, block: Block) -> None:
        numbers = list(block.rows)
        result = ingest.apply(list(block.rows.values()), owner=self.owner) if numbers else ingest.Result()
        bad = block.bad | {numbers[index]: reasons for index, reasons in result.refused.items()}
        for number, reasons in sorted(bad.items()):
            for name, what in reasons:
                self._say(f"{label}:{number}: {name}: {what}")
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


def _standing(label: str, line: int) -> str:
    done = f"{label} is in up to line {line}, nothing after it" if line else f"Nothing of {label} is in"
    return f"{done}; run it again for the rest: what is in stays as it is."


def _total(files: list[str]) -> int | None:
    """Bytes of all files; None when that cannot be known."""
    try:
        states = [Path(name).stat() for name in files]
    except OSError:
        return None
    return sum(state.st_size for state in states) if all(stat.S_ISREG(state.st_mode) for state in states) else None
