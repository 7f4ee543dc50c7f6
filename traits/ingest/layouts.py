"""Candidate files of any kind: what is packed is unpacked, and what is no JSON Lines is named in one sentence."""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO

import orjson
from django.utils.translation import gettext, gettext_lazy

from ptfi.parsing import BYTE_ORDER_MARK, GZIP, other_encoding
from ptfi.texts import Text

WINDOW = 65_536
"""Bytes of a file's beginning that show what it is."""
PACKED = {
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x1f\x9d": "compress",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
    b"\x04\x22\x4d\x18": "lz4",
    b"x\x9c": "zlib",
    b"x\xda": "zlib",
}
"""First bytes of packed files that are not read."""
DOCUMENTS: dict[bytes, Text] = {
    b"%PDF": "PDF",
    b"<": gettext_lazy("HTML or XML"),
    b"\xd0\xcf\x11\xe0": gettext_lazy("a document of an office program"),
    b"PAR1": "Parquet",
    b"SQLite format 3": gettext_lazy("an SQLite database"),
    b"Obj\x01": "Avro",
    b"---\n": "YAML",
}
"""First bytes of files of other kinds."""
WRAPPED = re.compile(rb'\{\s*"(candidates|suggestions|data|items|results|records|rows|traits)"\s*:\s*\[')
"""The beginning of one object that holds all others in a list."""

MOST_NESTED = 50
"""Objects inside the first one that are looked at to find its end."""


class FileFaultError(Exception):
    """A file cannot be read, or not to its end; the message completes the file's name to a sentence."""


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The lines of a file (or "-", standard input), unpacked. Raises OSError, FileFaultError."""
    # Opens standard input separately: at exit, Python would wait for a thread that is reading sys.stdin.
    with open(0 if name == "-" else name, "rb", closefd=name != "-") as file:
        stream = file
        try:
            if stream.peek(len(GZIP)).startswith(GZIP):
                stream = io.BufferedReader(gzip.GzipFile(fileobj=file), WINDOW)
            if fault := not_lines(stream.peek(WINDOW)):
                raise FileFaultError(fault)
            yield stream
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise FileFaultError(gettext("is packed with gzip, and is cut off or damaged")) from None


def not_lines(beginning: bytes) -> str:
    """What a file is instead of JSON Lines in UTF-8, and how to convert it; "" if it can be read line by line."""
    for first_bytes, name in PACKED.items():
        if beginning.startswith(first_bytes):
            return gettext("is packed with %(name)s; unpack it, or pack it with gzip instead") % {"name": name}
    if beginning.startswith(GZIP):
        return gettext("is packed with gzip twice; unpack it once")
    if beginning[257:262] == b"ustar":
        return gettext("is packed with %(name)s; unpack it, or pack it with gzip instead") % {"name": "tar"}
    for first_bytes, kind in DOCUMENTS.items():
        if beginning.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(first_bytes):
            return gettext("is %(kind)s; write JSON Lines, one JSON object on each line") % {"kind": kind}
    if encoding := other_encoding(beginning):
        text = gettext("is text in %(encoding)s; convert it to UTF-8: iconv -f %(encoding)s -t UTF-8")
        return text % {"encoding": encoding}
    return _other_layout(beginning)


def _other_layout(beginning: bytes) -> str:
    """How JSON that is not one object a line is laid out; "" if there are such lines, or if this cannot be told."""
    text = beginning.removeprefix(BYTE_ORDER_MARK)
    if found := WRAPPED.match(text.lstrip()):
        hint = gettext("holds its objects in a list; write each on a line of its own: jq -c '.%(name)s[]'")
        return hint % {"name": found[1].decode()}
    if b"\n" not in text and _parses(text.partition(b"\r")[0]) and text.rstrip(b"\r").count(b"\r"):
        return gettext("has no line ends but carriage returns; convert them: tr '\\r' '\\n'")
    lines = [line.strip() for line in text.split(b"\n")]
    lines = [line for line in lines if line]
    if not lines or any(map(_is_row, [b"", *lines], lines, [*lines[1:], b""])):
        return ""
    if lines[0].startswith(b"["):
        return gettext("is a JSON array; write each of its objects on a line of its own: jq -c '.[]'")
    if lines[0].startswith(b"{") and lines[0].endswith(b",") and _parses(lines[0][:-1]):
        return gettext("has commas between its objects; write each on a line of its own, without commas")
    if _is_spread(lines):
        return gettext("has objects over several lines; write each on a line of its own: jq -c .")
    return ""


def _is_row(before: bytes, line: bytes, after: bytes) -> bool:
    """Whether a line is a whole object that is no part of what the lines around it hold."""
    is_part = before.endswith(b",") or after.startswith((b"]", b"}", b","))
    return line.startswith(b"{") and not is_part and _parses(line)


def _is_spread(lines: list[bytes]) -> bool:
    """Whether the lines begin with an object over several lines."""
    ends = (number for number, line in enumerate(lines, 1) if line == b"}")
    return lines[0].startswith(b"{") and any(_parses(b"".join(lines[:end])) for end in islice(ends, MOST_NESTED))


def _parses(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
