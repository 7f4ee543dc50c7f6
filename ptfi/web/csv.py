"""CSV tables, written in pieces."""

import csv
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
BYTE_ORDER_MARK = "\ufeff"
"""Without it some spreadsheets do not recognize UTF-8."""
Row = TypeVar("Row")
Column = tuple[str, Callable[[Row], Any]]
"""The title, and a function that reads the value from a row."""


class _Line:
    """A file for csv.writer whose write() returns the line instead of keeping it."""

    def write(self, text: str) -> str:
        return text


class CsvTable(Generic[Row]):
    """A CSV file with these columns; marked: whether it begins with a byte order mark."""

    def __init__(self, columns: Sequence[Column[Row]], *, marked: bool = True) -> None:
        self._writer = csv.writer(_Line())
        self._columns = columns
        self._mark = BYTE_ORDER_MARK if marked else ""

    def head(self) -> bytes:
        """The header line with the titles."""
        line: str = self._writer.writerow([title for title, _ in self._columns])
        return (self._mark + line).encode()

    def lines(self, rows: Iterable[Row]) -> bytes:
        """One line per row."""
        lines = (self._writer.writerow([cell(read(row)) for _, read in self._columns]) for row in rows)
        return "".join(lines).encode()


def cell(value: Any) -> str:
    """A value as text. Texts that a spreadsheet would take for a formula get a leading apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text
