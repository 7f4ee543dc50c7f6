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
"""The least size of a piece of the archive in bytes, except for the last one."""


def archive(user: User) -> Generator[bytes, None, None]:
    """Stream the archive, in the language of the request. If the graph is away, the files say so; the rest is complete.

    Close it if it is not read to the end: it holds a connection to PostgreSQL and its snapshot.
    """
    return _pieces(user, Reader.of(user))


def _pieces(user: User, reader: Reader) -> Generator[bytes, None, None]:
    with ExitStack() as stack:
        yield from _joined(_files(user, reader, stack))


def _files(user: User, reader: Reader, stack: ExitStack) -> Iterator[bytes]:
    stream, found = ZipStream(compress_type=zipfile.ZIP_DEFLATED), Found()
    name = f"persona-{timezone.now():%Y-%m-%d}"
    stream.add(_document(user, found, stack), f"{name}/persona.json")
    # The page reports on the document's part of the graph, so the document is written first.
    yield from stream.all_files()
    graph = {"revision": found.revision, "nodes": found.nodes, "edges": found.edges, "away": found.fault is not None}
    page = export_page.page(user, reader, graph)
    stream.add(page, f"{name}/persona.html")
    yield from stream.finalize()


def _document(user: User, found: Found, stack: ExitStack) -> Iterator[bytes]:
    """Stream the document as graph.reads.export.export does, but keep the snapshot open for the page."""
    yield from beginning(user, found)
    yield from members(user, stack.enter_context(freed_snapshot()))
    yield END


def _joined(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Join chunks into pieces of a size that is worth sending."""
    piece = bytearray()
    for chunk in chunks:
        piece += chunk
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
