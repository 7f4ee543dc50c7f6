"""The export as one ZIP archive: a page for people and the JSON document, both as of one moment (docs/export.md)."""

import stat
import zipfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack

from django.utils import timezone

from graph.reads.export import END, Found, beginning
from ptfi.accounts.models import User
from traits.privacy import export_page as readable
from traits.privacy.export import freed_snapshot, members

PIECE = 65_536
"""Bytes that a piece of the archive has at least, but for the last one."""


class _Sink:
    """Where the archive is written to: nothing but what was not taken yet is in memory."""

    def __init__(self) -> None:
        self.size, self._parts = 0, list[bytes]()

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self.size, self._parts = 0, []
        return data


def archive(user: User) -> Generator[bytes, None, None]:
    """The archive in pieces; with the graph away its parts say so, and the rest is complete.

    To be closed when it is not read to the end: it holds a connection to PostgreSQL and its snapshot.
    """
    sink, found = _Sink(), Found()
    name = f"persona-{timezone.now():%Y-%m-%d}"
    with ExitStack() as stack:
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as file:  # type: ignore[call-overload]
            yield from _member(file, sink, f"{name}/persona.json", _document(user, found, stack))
            page = readable.page(user, found.revision, found.nodes, found.edges, away=found.fault is not None)
            yield from _member(file, sink, f"{name}/persona.html", page)
        yield sink.take()


def _document(user: User, found: Found, stack: ExitStack) -> Iterator[bytes]:
    """As graph.export.export gives it; the snapshot stays open for what else is to be as of its moment."""
    yield from beginning(user, found)
    yield from members(user, stack.enter_context(freed_snapshot()))
    yield END


def _member(file: zipfile.ZipFile, sink: _Sink, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    info = zipfile.ZipInfo(name, timezone.now().timetuple()[:6])
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, (stat.S_IFREG | 0o644) << 16
    # Its size is known only at the end.
    with file.open(info, "w", force_zip64=True) as member:
        for piece in pieces:
            member.write(piece)
            if sink.size >= PIECE:
                yield sink.take()
