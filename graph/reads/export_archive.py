"""The export as one ZIP archive: a page for people and the JSON document, both as of one moment (docs/export.md)."""

import zipfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack

from django.utils import timezone
from zipstream import ZipStream

from graph.reads.export import END, Found, beginning
from ptfi.accounts.models import User
from traits.history.download import Reader
from traits.privacy import export_page
from traits.privacy.export import freed_snapshot, members

PIECE = 65_536
"""Bytes that a piece of the archive has at least, but for the last one."""


def archive(user: User) -> Generator[bytes, None, None]:
    """The archive in pieces, for whoever asks now; with the graph away its parts say so, and the rest is complete.

    To be closed when it is not read to the end: it holds a connection to PostgreSQL and its snapshot.
    """
    return _pieces(user, Reader.of(user))


def _pieces(user: User, reader: Reader) -> Generator[bytes, None, None]:
    with ExitStack() as stack:
        yield from _joined(_files(user, reader, stack))


def _files(user: User, reader: Reader, stack: ExitStack) -> Iterator[bytes]:
    stream, found = ZipStream(compress_type=zipfile.ZIP_DEFLATED), Found()
    name = f"persona-{timezone.now():%Y-%m-%d}"
    stream.add(_document(user, found, stack), f"{name}/persona.json")
    # The page says what the document found, so the document is written first.
    yield from stream.all_files()
    graph = {"revision": found.revision, "nodes": found.nodes, "edges": found.edges, "away": found.fault is not None}
    page = export_page.page(user, reader, graph)
    stream.add(page, f"{name}/persona.html")
    yield from stream.finalize()


def _document(user: User, found: Found, stack: ExitStack) -> Iterator[bytes]:
    """As graph.reads.export.export gives it; the snapshot stays open for what else is to be as of its moment."""
    yield from beginning(user, found)
    yield from members(user, stack.enter_context(freed_snapshot()))
    yield END


def _joined(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth sending."""
    piece = bytearray()
    for chunk in chunks:
        piece += chunk
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
