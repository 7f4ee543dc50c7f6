"""Read files of suggestions in blocks, ahead of the database."""

import hashlib
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol
from uuid import UUID

from ptfi.parsing import BYTE_ORDER_MARK
from traits.ingest import batch as ingest
from traits.ingest.faults import Reason
from traits.ingest.layouts import opened
from traits.ingest.parsing import FILE, CandidateRecord, Format, parse_line

MAX_LINE = 32 * 1024 * 1024
BLOCK_BYTES = 16 * 1024 * 1024
# Seconds between checks of the blocks in flight while a pipe sends nothing.
TICK = 0.2


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


def read_blocks(name: str, shape: Format = FILE, digest: "hashlib._Hash | None" = None) -> Iterator[Block]:
    """Split a file (or "-") into blocks. At most one block is in memory, and lines are limited to MAX_LINE.

    digest is updated with everything that is read, unpacked. Raises OSError, FileFaultError.
    """
    with opened(name) as stream:
        yield from _blocks(_Digested(stream, digest) if digest else stream, shape)


class Lines(Protocol):
    def readline(self, limit: int, /) -> bytes: ...


@dataclass(frozen=True)
class _Digested:
    """A stream of lines that also go into a digest."""

    stream: BinaryIO
    digest: "hashlib._Hash"

    def readline(self, limit: int, /) -> bytes:
        line = self.stream.readline(limit)
        self.digest.update(line)
        return line


def _blocks(stream: Lines, shape: Format) -> Iterator[Block]:
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


def _lines(stream: Lines, shape: Format) -> Iterator[tuple[int, int, CandidateRecord | list[Reason]]]:
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
        yield number, size, parse_line(line, shape) if line.removeprefix(BYTE_ORDER_MARK).strip() else []


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
