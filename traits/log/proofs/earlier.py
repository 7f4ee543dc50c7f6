"""Read an earlier download: its files, and the heads of the tree, as far as a comparison needs them."""

import contextlib
import dataclasses
import io
import struct
import uuid
import zipfile
import zlib
from typing import Any

import orjson
from django.utils.translation import gettext

from traits.log.proofs.heads import FORMAT as HEAD
from traits.log.proofs.positions import FORMAT as POSITION

MOST_BYTES = 12 * 1_048_576
"""Largest size of a document in an archive, unpacked."""
READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compression methods of our archives. With any other, zipfile unpacks a whole block even to read a few bytes."""
BROKEN_ARCHIVE = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, OSError, OverflowError)
"""Errors that zipfile raises for damaged or encrypted files, and (RuntimeError) for methods that it does not know."""
Json = dict[str, Any]


class NotReadableError(ValueError):
    """The file is not one that PTFI made; the argument says why, in words for people."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Earlier:
    """A parsed download.

    entries: the entries of the log in it, oldest first. hash is None if the file does not say it. position and records:
    what was signed about the log and about erasures in it. heads: heads of the tree, which belong to no person.
    """

    user_id: uuid.UUID | None = None
    at: str = ""
    revision: int = 0
    hash: str | None = None
    entries: list[Json] = dataclasses.field(default_factory=list)
    position: Json | None = None
    records: list[Json] = dataclasses.field(default_factory=list)
    heads: list[Json] = dataclasses.field(default_factory=list)


def read(content: bytes) -> Earlier:
    """Read any of the files: archive, export, log, receipt, or heads. Raises NotReadableError."""
    try:
        document = _document(_unpacked(content))
        return _earlier(document)
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        if isinstance(error, NotReadableError):
            raise
        raise NotReadableError(gettext("This is not a file that you downloaded here.")) from None


def _unpacked(content: bytes) -> bytes:
    """The document in an archive; any other content is returned as it is."""
    if not content.startswith(b"PK"):
        return content.removeprefix(b"\xef\xbb\xbf")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            documents = [each for each in archive.infolist() if each.filename.endswith("persona.json")]
            if not documents or documents[0].compress_type not in READ:
                raise zipfile.BadZipFile
            with archive.open(documents[0]) as file:
                found = file.read(MOST_BYTES + 1)
    except BROKEN_ARCHIVE:
        raise NotReadableError(gettext("This archive does not contain a download of yours.")) from None
    if len(found) > MOST_BYTES:
        text = gettext("This archive is too large. Use the file of your history instead, or its first line.")
        raise NotReadableError(text)
    return found


def _document(content: bytes) -> list[Json]:
    """The JSON objects of the file: a single one, or one per line; a last line that was cut off is ignored."""
    try:
        return [orjson.loads(content)]
    except orjson.JSONDecodeError:
        lines = content.split(b"\n")
        found = [orjson.loads(line) for line in lines[:-1] if line.strip()]
        if lines[-1].strip() and found:
            with contextlib.suppress(orjson.JSONDecodeError):
                found.append(orjson.loads(lines[-1]))
        return found


def _earlier(documents: list[Json]) -> Earlier:
    if not documents or not all(isinstance(each, dict) for each in documents):
        raise TypeError
    first, *rest = documents
    kind = first.get("format")
    if kind == "ptfi-log":
        return _of_log(first, rest, first.get("position"), [])
    if kind == "ptfi-export":
        head = {"userID": first["account"]["userID"], "exportedAt": first["exportedAt"], "revision": first["revision"]}
        entries = first["log"]
        head["hash"] = entries[-1]["hash"] if entries else "00" * 32
        return _of_log(head, entries, first.get("position"), first.get("interventions", []))
    if kind == "ptfi-receipt":
        return _of_log(first["position"] | {"exportedAt": first["exportedAt"]}, [], first["position"], first["records"])
    if kind == POSITION:
        return _of_log(first | {"exportedAt": first["time"]}, [], first, [])
    if kind == "ptfi-log-heads":
        return Earlier(heads=_heads(first["heads"])[::-1])
    if kind == HEAD:
        return Earlier(heads=_heads(documents))
    raise TypeError


def _of_log(head: Json, entries: list[Json], position: Json | None, records: list[Json]) -> Earlier:
    revision, log_hash = head["revision"], head["hash"]
    numbers = [entry["revision"] for entry in _objects(entries)]
    _check_numbers([revision, *numbers])
    if not all(isinstance(each["hash"], str) for each in [head, *entries]):
        raise TypeError
    _check_numbers([each["id"] for group in _objects(records) for each in _objects(group["records"])])
    return Earlier(
        user_id=uuid.UUID(head["userID"]),
        at=str(head["exportedAt"]),
        revision=revision,
        hash=log_hash,
        entries=entries,
        position=position if isinstance(position, dict) else None,
        records=records,
    )


def _heads(values: Any) -> list[Json]:
    _check_numbers([head["size"] for head in _objects(values)])
    return _objects(values)


def _check_numbers(values: list[Any]) -> None:
    """Raise TypeError for values that do not fit into a database column."""
    if not all(type(value) is int and 0 <= value < 1 << 63 for value in values):
        raise TypeError


def _objects(values: Any) -> list[Json]:
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise TypeError
    return values
