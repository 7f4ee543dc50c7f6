"""What is wrong with a candidate's record: what was expected and what was found, never a text that was sent."""

import re
from collections.abc import Iterable, Iterator

import orjson
from django.utils.formats import number_format
from django.utils.translation import gettext

from ptfi.parsing import YEARS
from ptfi.texts import Text, composed, shows_nothing
from traits.text import name_fault

Reason = tuple[str, Text]
"""The field, and what is wrong with it."""
MAX_REASONS = 20
# A day, or a time without its offset.
A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
A_NAIVE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?")


def not_json(error: orjson.JSONDecodeError) -> str:
    if "not valid UTF-8" in error.msg:
        return _not_utf8()
    if error.msg.startswith("unexpected content after") and error.doc[error.pos : error.pos + 1] == "{":
        return _several_objects()
    text = gettext("is not valid JSON (%(fault)s, character %(place)s)")
    return text % {"fault": error.msg, "place": error.pos + 1}


def _not_utf8() -> str:
    return gettext("is not text in UTF-8; convert the file, such as with: iconv -f WINDOWS-1252 -t UTF-8")


def _several_objects() -> str:
    return gettext("has several objects; write each on a line of its own: jq -c .")


def capped(reasons: list[Reason], whole: str) -> list[Reason]:
    """At most MAX_REASONS reasons, and how many there are besides."""
    if (more := len(reasons) - MAX_REASONS) <= 0:
        return reasons
    text = gettext("has at least %(number)s more faults") % {"number": number_format(more, force_grouping=True)}
    return [*reasons[:MAX_REASONS], (whole, text)]


def by_place(faults: Iterable[tuple[int, list[Reason]]], whole: str) -> Iterator[tuple[str, list[Reason]]]:
    """The lines that have faults, and these; lines in a row that are no objects at all are said once."""
    first, number, told = 0, 0, list[Reason]()
    for line, reasons in [*faults, (0, [])]:
        is_none = [name for name, _ in reasons] == [whole]
        if number and is_none and line == number + 1 and told and told[0][0] == whole:
            number = line
            if told != reasons or told[0][1] not in (_not_utf8(), _several_objects()):
                told = [(whole, gettext("no line of these is a JSON object; write one on each line"))]
            continue
        if number:
            yield (f"{first}-{number}" if number > first else f"{number}"), told
        first, number, told = line, line, reasons


def other_type(expected: str, value: object) -> str:
    """What was expected, and which type was found instead."""
    if value is None:
        found = gettext("null")
    elif isinstance(value, bool):
        found = gettext("true or false")
    elif isinstance(value, str):
        found = gettext("text")
    elif isinstance(value, list):
        found = gettext("a list")
    else:
        found = gettext("an object") if isinstance(value, dict) else gettext("a number")
    return gettext("%(expected)s, but is %(found)s") % {"expected": expected, "found": found}


def not_a_uuid(value: object) -> str:
    expected = gettext("must be a UUID")
    if not isinstance(value, str):
        return other_type(expected, value)
    return expected + gettext(", as in 123e4567-e89b-12d3-a456-426614174000: with hyphens, without braces or urn:uuid:")


def not_a_moment(value: object) -> str:
    text = gettext(
        "must be an ISO 8601 time with a time zone, such as 2026-03-01T10:00:00+01:00, %(first)s to %(last)s"
    )
    expected = text % {"first": YEARS.start, "last": YEARS.stop - 1}
    if not isinstance(value, str):
        return other_type(expected, value)
    if A_DAY.fullmatch(value):
        return gettext("%(expected)s, but is %(found)s") % {"expected": expected, "found": gettext("a day only")}
    if A_NAIVE_TIME.fullmatch(value):
        return gettext("%(expected)s, but has none") % {"expected": expected}
    return expected


def text_fault(value: object, longest: int, empty: bool) -> str | None:
    if not isinstance(value, str):
        return other_type(gettext("must be text"), value)
    if (length := len(composed(value))) > longest:
        text = gettext("is longer than %(most)s characters: %(number)s")
        return text % {"most": longest, "number": length}
    if "\x00" in value:
        return gettext("contains a null character")
    if not empty and shows_nothing(value):
        return gettext("is empty")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return gettext("contains half a character (a lone surrogate)")
    return None


def name_fault_of(name: str) -> str | None:
    return gettext("contains a character that controls how text is shown") if name_fault(name) else None
