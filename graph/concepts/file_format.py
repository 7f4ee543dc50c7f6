"""Files of shared concepts, CSV or one JSON object per line, checked as a whole."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from graph.models import MAX_DESCRIPTION, MAX_LINK
from ptfi.texts import composed, one_line, shows_nothing
from traits.models import MAX_NAME
from traits.text import name_fault, name_key

FIELDS = ("name", "description", "ontologyLink", "parents")
PARENTS_APART = ";"
"""Separates parents in a CSV."""
MAX_PARENTS = 50
MAX_CONCEPTS = 100_000
MAX_FAULTS = 50

Fault = tuple[int, str]
"""A line number, and what is wrong with the line."""


@dataclass(slots=True)
class ConceptRow:
    """A concept from one line; parents: name key → name."""

    line: int
    name: str
    description: str = ""
    link: str = ""
    parents: dict[str, str] = field(default_factory=dict)


class FileError(Exception):
    """The file is not accepted; faults name the lines, in order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults)[:MAX_FAULTS]
        super().__init__(f"{len(self.faults)} faults")


def read_concepts(content: bytes, *, is_csv: bool) -> dict[str, ConceptRow]:
    """The concepts of a file by name key. Raises FileError with every fault except those that follow from another."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError([(content.count(b"\n", 0, error.start) + 1, "this is not UTF-8")]) from None
    found, faults = dict[str, ConceptRow](), list[Fault]()
    for line, values in _csv_lines(text) if is_csv else _json_lines(text):
        row, wrong = _row(line, values) if isinstance(values, dict) else (None, values)
        faults += ((line, fault) for fault in wrong)
        if row is not None and (twin := found.setdefault(name_key(row.name), row)) is not row:
            faults.append((line, f"this concept is on line {twin.line} already"))
        if len(found) > MAX_CONCEPTS:
            raise FileError([(line, f"a file holds at most {MAX_CONCEPTS} concepts")])
    if faults:
        raise FileError(faults)
    return found


def _json_lines(text: str) -> Iterator[tuple[int, dict[str, Any] | list[str]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            yield number, ["this is not JSON"]
            continue
        yield number, values if isinstance(values, dict) else ["this is not a JSON object"]


def _csv_lines(text: str) -> Iterator[tuple[int, dict[str, Any] | list[str]]]:
    # Fields may be as long as a description, which the default limit allows.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if "name" not in names or len(set(names)) < len(names):
            yield 1, ["the first line must name the columns, once each: " + ", ".join(FIELDS)]
            return
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(names):
                yield reader.line_num, [f"{len(cells)} columns, not {len(names)}"]
                continue
            values: dict[str, Any] = dict(zip(names, cells, strict=True))
            if "parents" in values:
                values["parents"] = [name for name in values["parents"].split(PARENTS_APART) if name.strip()]
            yield reader.line_num, values
    except csv.Error as error:
        yield reader.line_num, [f"this is not CSV: {error}"]


def _row(line: int, values: dict[str, Any]) -> tuple[ConceptRow | None, list[str]]:
    faults = [f"{name!r} is not a field" for name in values if name not in FIELDS]
    name = _text(values, "name", MAX_NAME, faults)
    if not name and not faults:
        faults.append("name: this is needed")
    description = _text(values, "description", MAX_DESCRIPTION, faults)
    link = _text(values, "ontologyLink", MAX_LINK, faults)
    if link and not _is_address(link):
        faults.append("ontologyLink: not an http or https address")
    parents = _parents(values.get("parents"), name, faults)
    return (None if faults else ConceptRow(line, name, description, link, parents)), faults


def _text(values: dict[str, Any], field_name: str, longest: int, faults: list[str]) -> str:
    value = values.get(field_name)
    if value is None:
        return ""
    if not isinstance(value, str):
        faults.append(f"{field_name}: not a text")
        return ""
    value = "" if shows_nothing(value) else (one_line if field_name == "name" else composed)(value.strip())
    if len(value) > longest:
        faults.append(f"{field_name}: at most {longest} characters, not {len(value)}")
    if "\x00" in value or not _encodes(value):
        faults.append(f"{field_name}: holds characters that no text has")
    elif field_name == "name" and name_fault(value):
        faults.append("name: holds a character that controls how text is shown")
    return value


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _parents(values: Any, name: str, faults: list[str]) -> dict[str, str]:
    values = [] if values is None else values
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        faults.append("parents: not a list of names")
        return {}
    if len(values) > MAX_PARENTS:
        faults.append(f"parents: at most {MAX_PARENTS}, not {len(values)}")
        return {}
    parents = {name_key(value): one_line(value) for value in values if not shows_nothing(value)}
    if name and name_key(name) in parents:
        faults.append("parents: a concept is no type of itself")
    return parents
