"""Lists that are paged by key: a page begins after the last row of the page before it, however the list has changed.

A key is the place of that row in the order of the list, as an address carries it: the values of the order's columns,
joined by "_". The key of a list that is ordered by a text is the id of the row, because no name belongs in an address.
An order is written as order_by() takes it, and its last column tells any two rows of the list apart.
"""

import base64
import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import DateTimeField, Field, FloatField, IntegerField, Model, Q, QuerySet, UUIDField

from ptfi.db import sql

PAGE = 30
"""Rows on a page of a person's list."""
FEW = 3_000
"""Rows that are put in order on the spot."""
LONG_PAGE = 50
"""Rows on a page of a list with short rows: traits by name, and the lists of staff."""
Row = TypeVar("Row")
ModelRow = TypeVar("ModelRow", bound=Model)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """Some rows of a list, and the key of the page behind them; "" at the end."""

    rows: list[Row]
    next: str = ""


def page(rows: QuerySet[ModelRow], order: Sequence[str], after: str = "", size: int = PAGE) -> Page[ModelRow]:
    """The rows behind a key, at most so many. What is not a key of the list starts at the beginning."""
    found = list(behind(rows, order, after).order_by(*order)[: size + 1])
    return cut(found, size, lambda row: key_of(row, order))


def by_ids_if_few(rows: QuerySet[ModelRow]) -> QuerySet[ModelRow]:
    """The same rows, by their ids where they are few: asked for in order, the planner might walk through all others."""
    ids = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    kind = str(rows.model._meta.pk.db_type(connection))
    return rows if len(ids) > FEW else rows.model._default_manager.filter(pk__in=sql.any_of([*map(str, ids)], kind))


def cut(found: Sequence[Row], size: int, key: Callable[[Row], object]) -> Page[Row]:
    """The page of a list that was read by other means, where one row more than the page's size was asked for."""
    return Page(rows=list(found[:size]), next=str(key(found[size - 1])) if len(found) > size else "")


def behind(rows: QuerySet[ModelRow], order: Sequence[str], after: str) -> QuerySet[ModelRow]:
    """The rows that come after the key, in no order; all of them where it is not a key."""
    condition = is_behind(rows, order, after)
    return rows if condition is None else rows.filter(condition)


def is_behind(rows: QuerySet[ModelRow], order: Sequence[str], after: str) -> Q | None:
    """The condition that a row comes after the key; None where it is not a key of these rows."""
    values = _values(rows, order, after)
    return None if values is None else _condition(order, values)


def key_of(row: Model, order: Sequence[str]) -> str:
    """The key of the page that begins after this row."""
    names = ["pk"] if _names_are_hidden(type(row), order) else list(map(_column, order))
    values = (getattr(row, name) for name in names)
    return "_".join(value.isoformat() if isinstance(value, dt.datetime) else str(value) for value in values)


def moment(text: str) -> dt.datetime:
    """A time as keys have it. Raises ValueError, OverflowError."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def number(text: str) -> int:
    """A number that a column of 64 bits can be compared with. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(text)
    return int(text)


def hide(place: tuple[str, str] | None) -> str:
    """The place of a row by its name and id as a key without a readable name, for lists from elsewhere; "" for None."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode() if place else ""


def reveal(key: str) -> tuple[str, str] | None:
    """The place that hide() made a key of; None for what is not one."""
    try:
        name, pk = json.loads(base64.urlsafe_b64decode(key.encode()))
        name.encode()  # Half a surrogate pair is no text.
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


def _reader(model: type[Model], column: str) -> Callable[[str], Any] | None:
    """What reads a column's value from its part of a key; None for texts."""
    field = model._meta.pk if column == "pk" else model._meta.get_field(column)
    return next((read for kind, read in READERS.items() if isinstance(field, kind)), None)


def _names_are_hidden(model: type[Model], order: Sequence[str]) -> bool:
    return any(_reader(model, _column(name)) is None for name in order)


def _values(rows: QuerySet[Any], order: Sequence[str], after: str) -> list[Any] | None:
    """The place that a key names, by the order's columns; None for what is not a key."""
    columns, hidden = list(map(_column, order)), _names_are_hidden(rows.model, order)
    readers = [_reader(rows.model, column) for column in (["pk"] if hidden else columns)]
    try:
        values = [read(text) for read, text in zip(readers, after.split("_"), strict=True) if read]
    except (ValueError, OverflowError):
        return None
    if not hidden:
        return values
    row = rows.filter(pk=values[0]).first()
    return None if row is None else [getattr(row, column) for column in columns]


def _condition(order: Sequence[str], values: Sequence[Any]) -> Q:
    beyond, same = Q(), Q()
    for name, value in zip(order, values, strict=True):
        how = "lt" if name.startswith("-") else "gt"
        beyond |= same & Q(**{f"{_column(name)}__{how}": value})
        same &= Q(**{_column(name): value})
    # PostgreSQL enters an index by this bound, and by none of the alternatives.
    bound = "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{_column(order[0])}__{bound}": values[0]}) & beyond
