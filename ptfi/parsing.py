"""What others send: JSON, ids, times, and packed data. Each of these is read in this one way by every door."""

import datetime as dt
import gzip
import io
import json
import re
import zlib
from typing import Any
from uuid import UUID

import orjson

YEARS = range(1900, 3000)
GZIP = b"\x1f\x8b"
"""The first bytes of data that is packed with gzip."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
AN_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# The profile of ISO 8601 in RFC 3339, where seconds and the colon of the offset may be left out.
A_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?)([Zz]|[+-]\d{2}:?\d{2})", re.ASCII
)
SPACED_NAME = re.compile(rb'"\s+:')


class RepeatedNameError(ValueError):
    """A JSON object repeats a name; parsers differ in which of the values they take. Its text is the name."""


class PackedTooLargeError(ValueError):
    """Packed data is larger than allowed once it is unpacked."""


class DamagedError(ValueError):
    """Packed data is cut off, or it is none."""


def parse_json(text: bytes) -> Any:
    """Parse JSON in UTF-8 whose objects have each name once. Raises orjson.JSONDecodeError, RepeatedNameError."""
    value = orjson.loads(text)
    # No fewer names can stand in the text than in the value. Only what may have more needs the slow look.
    if text.count(b'":') != _names_in(value) or SPACED_NAME.search(text):
        _check_names(text)
    return value


def _names_in(value: Any) -> int:
    """How many names all objects in the value have."""
    number, inside = 0, [value]
    for each in inside:
        number += len(each) if type(each) is dict else 0
        for item in each.values() if type(each) is dict else each if type(each) is list else ():
            if type(item) is dict or type(item) is list:
                inside.append(item)
    return number


def _check_names(text: bytes) -> None:
    try:
        json.loads(text, object_pairs_hook=_once_each, parse_int=len, parse_float=len)
    except RecursionError:
        raise RepeatedNameError("(nested too deeply to check)") from None


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    seen = set[str]()
    for name, _value in pairs:
        if name in seen:
            raise RepeatedNameError(printable(name))
        seen.add(name)


def printable(name: str) -> str:
    """A name from outside, made safe for terminals and shortened, because a very long one may be personal text."""
    return (ascii(name[:40])[1:-1] or "(no name)") + ("…" if len(name) > 40 else "")


def parse_id(text: Any) -> UUID:
    """The UUID in its usual form, in any case. Raises ValueError, also for braces, urn:uuid: or no hyphens."""
    if not isinstance(text, str) or not AN_ID.fullmatch(text):
        raise ValueError("not a UUID")
    return UUID(text)


def parse_moment(text: Any) -> dt.datetime:
    """The moment of a text such as 2026-03-01T10:00:00+01:00, in UTC. Raises ValueError.

    A time without its offset would be another moment in every time zone, so there is none.
    """
    found = A_MOMENT.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise ValueError("not a moment")
    try:
        moment = dt.datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3].upper()}").astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("not a moment") from None
    if moment.year not in YEARS:
        raise ValueError("not a year")
    return moment


def other_encoding(data: bytes) -> str:
    """The encoding of JSON that is not in UTF-8, such as UTF-16; "" for UTF-8."""
    name = json.detect_encoding(data[:4])
    return "" if name.startswith("utf-8") else name[:6].upper()


def unpack(data: bytes, most: int) -> bytes:
    """Unpack gzip. Raises PackedTooLargeError above so many bytes, and DamagedError."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(most + 1)
    except (EOFError, OSError, zlib.error):
        raise DamagedError from None
    if len(unpacked) > most:
        raise PackedTooLargeError
    return unpacked
