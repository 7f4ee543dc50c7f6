"""CSV tables, written in pieces."""

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

# What spreadsheets take for a formula: a sign, also in its other widths, behind blanks, quotation marks and characters
# that nobody sees. A file that is opened with another separator has cells that begin within a text.
BREAKS = r"[;\t-\r\x85\u2028\u2029]"
SKIPPED = (
    r"[ \"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u202a-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
SIGNS = r"[=+\-@\u207a-\u207c\u208a-\u208c\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]"
FORMULA = re.compile(rf"(\A|{BREAKS})(?={SKIPPED}*{SIGNS})")
CONTROLS = ("\t", "\r", "\n")
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
    """A value as text, with an apostrophe before whatever a spreadsheet would take for a formula."""
    if not isinstance(value, str):
        return "" if value is None else str(value)
    text = FORMULA.sub(r"\1'", value)
    return f"'{text}" if text.startswith(CONTROLS) else text
