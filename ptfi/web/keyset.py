"""Keyset paging: a page begins after the last row of the previous one, however the list has changed.

A key is the position of that row in an address: the values of the order's columns, joined by "_". If a list is ordered
by a text, the key is the row's id, because names do not belong in addresses. An order is written as for order_by(), and
its last column must distinguish any two rows. Annotated columns are read from keys by the functions in `annotated`.
"""

import base64
import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import DateTimeField, Field, FloatField, IntegerField, Model, Q, QuerySet, UUIDField

from ptfi.db import sql

PAGE = 30
"""Rows per page of a person's list."""
FEW = 3_000
"""Up to this many rows are sorted in memory."""
LONG_PAGE = 50
"""Rows per page of lists with short rows: traits by name, and staff's lists."""
Readers = Mapping[str, Callable[[str], Any]]
"""Column → a function that reads its value from its part of a key."""
NONE: Readers = {}
Row = TypeVar("Row")
ModelRow = TypeVar("ModelRow", bound=Model)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """Rows of a list, and the key of the next page; "" on the last one."""

    rows: list[Row]
    next: str = ""


def page(
    rows: QuerySet[ModelRow], order: Sequence[str], after: str = "", size: int = PAGE, annotated: Readers = NONE
) -> Page[ModelRow]:
    """At most `size` rows after a key. Anything that is not a key of the list starts at the beginning."""
    found = list(behind(rows, order, after, annotated).order_by(*order)[: size + 1])
    return cut(found, size, lambda row: key_of(row, order, annotated))


def by_ids_if_few(rows: QuerySet[ModelRow]) -> QuerySet[ModelRow]:
    """The same rows by their ids if they are few; to return rows in order, the planner might scan all others."""
    ids = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    kind = str(rows.model._meta.pk.db_type(connection))
    return rows if len(ids) > FEW else rows.model._default_manager.filter(pk__in=sql.any_of([*map(str, ids)], kind))


def cut(found: Sequence[Row], size: int, key: Callable[[Row], object]) -> Page[Row]:
    """The page of a list that was read in another way, with one row more than the page's size."""
    return Page(rows=list(found[:size]), next=str(key(found[size - 1])) if len(found) > size else "")


def behind(rows: QuerySet[ModelRow], order: Sequence[str], after: str, annotated: Readers = NONE) -> QuerySet[ModelRow]:
    """The rows after the key, unordered; all rows if it is not a key."""
    where = is_behind(rows, order, after, annotated)
    return rows if where is None else rows.filter(where)


def is_behind(rows: QuerySet[ModelRow], order: Sequence[str], after: str, annotated: Readers = NONE) -> Q | None:
    """The condition for rows after the key; None if it is not a key of these rows."""
    values = _values(rows, order, after, annotated)
    return None if values is None else condition(order, values)


def key_of(row: Model, order: Sequence[str], annotated: Readers = NONE) -> str:
    """The key of the page that begins after this row."""
    names = ["pk"] if _names_are_hidden(type(row), order, annotated) else list(map(_column, order))
    values = (getattr(row, name) for name in names)
    return "_".join(value.isoformat() if isinstance(value, dt.datetime) else str(value) for value in values)


def moment(text: str) -> dt.datetime:
    """A time from a key. Raises ValueError, OverflowError."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def number(text: str) -> int:
    """A number that fits a 64-bit column. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(text)
    return int(text)


def hide(place: tuple[str, str] | None) -> str:
    """Encode a position by name and id as a key that does not show the name, for lists from elsewhere; "" for None."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode() if place else ""


def reveal(key: str) -> tuple[str, str] | None:
    """The position in a key that hide() made; None for anything else."""
    try:
        name, pk = json.loads(base64.urlsafe_b64decode(key.encode()))
        name.encode()  # Fails for half of a surrogate pair, which is not valid text.
        return (str(name), str(uuid.UUID(pk))) if key else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


READERS: "dict[type[Field[Any, Any]], Callable[[str], Any]]" = {
    DateTimeField: moment,
    UUIDField: uuid.UUID,
    IntegerField: number,
    FloatField: float,
}


def _column(name: str) -> str:
    return name.removeprefix("-")


def _reader(model: type[Model], column: str, annotated: Readers) -> Callable[[str], Any] | None:
    """A function that reads the column's value from its part of a key; None for texts."""
    if column in annotated:
        return annotated[column]
    field = model._meta.pk if column == "pk" else model._meta.get_field(column)
    return next((read for kind, read in READERS.items() if isinstance(field, kind)), None)


def _names_are_hidden(model: type[Model], order: Sequence[str], annotated: Readers) -> bool:
    return any(_reader(model, _column(name), annotated) is None for name in order)


def _values(rows: QuerySet[Any], order: Sequence[str], after: str, annotated: Readers) -> list[Any] | None:
    """The values of the order's columns that a key stands for; None if it is not a key."""
    columns, hidden = list(map(_column, order)), _names_are_hidden(rows.model, order, annotated)
    readers = [_reader(rows.model, column, annotated) for column in (["pk"] if hidden else columns)]
    try:
        values = [read(text) for read, text in zip(readers, after.split("_"), strict=True) if read]
    except (ValueError, OverflowError):
        return None
    if not hidden:
        return values
    row = rows.filter(pk=values[0]).first()
    return None if row is None else [getattr(row, column) for column in columns]


def condition(order: Sequence[str], values: Sequence[Any]) -> Q:
    """The condition for rows after the one with these values of the order's columns."""
    beyond, same = Q(), Q()
    for name, value in zip(order, values, strict=True):
        how = "lt" if name.startswith("-") else "gt"
        beyond |= same & Q(**{f"{_column(name)}__{how}": value})
        same &= Q(**{_column(name): value})
    # PostgreSQL can start an index scan at this bound, but not at the alternatives.
    bound = "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{_column(order[0])}__{bound}": values[0]}) & beyond
