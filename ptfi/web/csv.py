"""Tables as CSV, written in pieces."""

import csv
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
BYTE_ORDER_MARK = "\ufeff"
"""Without it some spreadsheets take UTF-8 for something else."""
Row = TypeVar("Row")
Column = tuple[str, Callable[[Row], Any]]
"""The title, and what reads the value from a row."""


class _Line:
    """Where csv writes one line, to be taken immediately."""

    def write(self, text: str) -> str:
        return text


class CsvTable(Generic[Row]):
    """The columns of a file; marked says whether it begins with a byte order mark."""

    def __init__(self, columns: Sequence[Column[Row]], *, marked: bool = True) -> None:
        self._writer = csv.writer(_Line())
        self._columns = columns
        self._mark = BYTE_ORDER_MARK if marked else ""

    def head(self) -> bytes:
        """The first line, with the titles."""
        line: str = self._writer.writerow([title for title, _ in self._columns])
        return (self._mark + line).encode()

    def lines(self, rows: Iterable[Row]) -> bytes:
        """A line for each row."""
        lines = (self._writer.writerow([cell(read(row)) for _, read in self._columns]) for row in rows)
        return "".join(lines).encode()


def cell(value: Any) -> str:
    """A value as text; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text
