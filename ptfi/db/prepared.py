"""Prepared statements for the few paths where the ORM costs more time than the database.

Their texts are constants, so PostgreSQL prepares each once per connection instead of once per call.
"""

import functools
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import orjson
import psycopg
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.models import JSONField, Model
from django.db.models.base import ModelState
from psycopg.types.json import Jsonb

Row = TypeVar("Row", bound=Model)
Values = Sequence[Any]
Write = tuple[str, Sequence[Values]]
"""A statement and the rows of values to run it with, once per row; without rows it does nothing."""


def fetch(text: str, values: Values) -> list[tuple[Any, ...]]:
    opened: Any = connections[DEFAULT_DB_ALIAS]
    try:
        return _fetched(opened, text, values)
    except NotSupportedError:
        # A migration changed the type of a column. What was prepared before fails for as long as it is kept, so all
        # connections are replaced, this one when it goes back to its pool.
        opened.pool.drain()
        if opened.in_atomic_block:
            raise
        opened.close()
        return _fetched(opened, text, values)


def _fetched(opened: Any, text: str, values: Values) -> list[tuple[Any, ...]]:
    with opened.wrap_database_errors:
        cursor = _cursor(opened, text)
        cursor.execute(text, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


MOST_KEPT = 20
"""How many cursors a connection keeps. Lists have more texts than that: one per combination of filters."""


def _cursor(opened: Any, text: str) -> Any:
    """A cursor for this text that sends parameters separately; it counts queries where they are counted."""
    opened.ensure_connection()
    cursors: dict[str, psycopg.Cursor] = opened.connection.kept
    cursor = cursors.get(text) or psycopg.Cursor(opened.connection)
    if len(cursors) < MOST_KEPT:
        # One that runs the same text again knows how its values are sent and read. It holds its last rows, too.
        cursors[text] = cursor
    if opened.queries_logged:
        return opened.make_debug_cursor(cursor)
    # Django's cursor wrapper does more; this check is the one that protects data integrity.
    opened.validate_no_broken_transaction()
    return cursor


def write_together(*writes: Write) -> None:
    """Run the statements as one, in one round trip: one part per row of values.

    No part sees what another one writes, and no two may touch the same row. Use it for a handful of rows only, as the
    text grows with each.
    """
    parts = [(text, values) for text, rows in writes for values in rows]
    if not parts:
        return
    opened = connections[DEFAULT_DB_ALIAS]
    with opened.wrap_database_errors:
        text = _together(tuple(text for text, _ in parts))
        _cursor(opened, text).execute(text, [value for _, values in parts for value in values])


def write_each(*writes: Write) -> None:
    """Run the statements one after the other, each with all of its rows; each sees what the earlier ones wrote."""
    opened = connections[DEFAULT_DB_ALIAS]
    with opened.wrap_database_errors:
        for text, rows in writes:
            if rows:
                _cursor(opened, text).executemany(text, rows)


@functools.lru_cache(maxsize=256)
def _together(texts: tuple[str, ...]) -> str:
    *others, last = texts
    parts = ", ".join(f"part{number} AS ({text})" for number, text in enumerate(others))
    return f"WITH {parts} {last}" if parts else last


class Table(Generic[Row]):
    """The columns of a model: all except some fields, or only some."""

    def __init__(self, model: type[Row], without: Sequence[str] = (), only: Sequence[str] = ()) -> None:
        wanted = set(only or (field.name for field in model._meta.concrete_fields)) - set(without)
        fields = [field for field in model._meta.concrete_fields if field.name in wanted]
        key = model._meta.pk
        self.model, self.name = model, model._meta.db_table
        self.key, self.key_name = key.column, key.attname
        self.names = [field.attname for field in fields]
        self.column_of = {field.attname: str(field.column) for field in fields}
        self.columns = ", ".join(f"{self.name}.{field.column}" for field in fields)
        self._defaults = {field.attname: field.get_default for field in fields}
        self.json = frozenset(field.attname for field in fields if isinstance(field, JSONField))
        self._json_places = [place for place, name in enumerate(self.names) if name in self.json]
        places = ", ".join(["%s"] * len(fields))
        self._insert = f"INSERT INTO {self.name} ({', '.join(self.column_of.values())}) VALUES ({places})"  # noqa: S608

    def loaded(self, row: Values) -> tuple[Row, Values]:
        """The object of a row whose first columns these are, and the rest of the row."""
        width = len(self.names)
        values = list(row[:width])
        for place in self._json_places:
            values[place] = None if values[place] is None else orjson.loads(values[place])
        return loaded(self.model, self.names, values), row[width:]

    def new(self, **values: Any) -> Row:
        """A row to insert, as the model would write it. Values are named by column, so a person is `user_id`."""
        left = {name: default() for name, default in self._defaults.items() if name not in values}
        row = loaded(self.model, [*values, *left], [*values.values(), *left.values()])
        row._state.adding = True
        return row

    def inserting(self, rows: Sequence[Row]) -> Write:
        """The statement that inserts these rows."""
        for row in rows:
            row._state.adding, row._state.db = False, "default"
        return self._insert, [self._values(row, self.names) for row in rows]

    def updating(self, rows: Sequence[Row], names: Sequence[str]) -> Write:
        """The statement that updates these fields of existing rows."""
        changes = ", ".join(f"{self.column_of[name]} = %s" for name in names)
        text = f"UPDATE {self.name} SET {changes} WHERE {self.key} = %s"  # noqa: S608 (columns of ours)
        return text, [[*self._values(row, names), getattr(row, self.key_name)] for row in rows]

    def _values(self, row: Row, names: Sequence[str]) -> list[Any]:
        return [_json(getattr(row, name)) if name in self.json else getattr(row, name) for name in names]


def loaded(model: type[Row], names: Sequence[str], values: Values) -> Row:
    """Like Model.from_db in a third of the time: it goes through no fields and sends no signals."""
    row = model.__new__(model)
    row.__dict__.update(zip(names, values, strict=True))
    row._state = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    return row


def _json(value: Any) -> Jsonb | None:
    return None if value is None else Jsonb(value, dumps=orjson.dumps)
