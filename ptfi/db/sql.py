"""Running hand-written SQL: the rows or the value of a statement, and lists as one parameter."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import RawSQL

Parameters = Sequence[Any] | Mapping[str, Any] | None


def rows(statement: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
    """All rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def value(statement: str, parameters: Parameters = None) -> Any:
    """The first column of the first row; None without rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def call(function: str, *arguments: Any) -> Any:
    """The result of a PostgreSQL function, or one of our migrations', for these arguments."""
    places = ", ".join(["%s"] * len(arguments))
    return value(f"SELECT {function}({places})", arguments)


def run(statement: str, parameters: Parameters = None) -> int:
    """Run a statement that returns nothing, and return the number of rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def share(model: type[Model], keys: Collection[UUID]) -> None:
    """Lock rows in a mode that conflicts only with FOR UPDATE, which erasures take."""
    table, key = model._meta.db_table, model._meta.pk.column
    run(f"SELECT FROM {table} WHERE {key} = ANY(%s) ORDER BY {key} FOR KEY SHARE", [list(keys)])


def array(values: Collection[str | UUID]) -> str:
    """PostgreSQL's text form of an array; psycopg's generic adapter takes a third of an import's time."""
    # Texts hold no null character, so one call of each replacement escapes all of them.
    joined = "\0".join(map(str, values)).replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","')
    return f'{{"{joined}"}}' if values else "{}"


def any_of(values: Collection[str | UUID], kind: str) -> RawSQL:
    """The value for `field__in` as a single parameter of this PostgreSQL type; Django would compile each value."""
    return RawSQL(f"SELECT unnest(%s::{kind}[])", [array(values)])  # noqa: S611 (kind is ours)


def json_object(values: Mapping[str, str]) -> str:
    """SQL that makes a JSON object; values: name → SQL of the value."""
    pairs = ", ".join(f"'{name}', {value}" for name, value in values.items())
    return f"json_build_object({pairs})"


def json_list(item: str, column: str, condition: str = "true") -> str:
    """SQL that makes a JSON list from a JSON column; item and condition are SQL about one `piece` of it."""
    pieces = f"jsonb_array_elements({column}) piece WHERE {condition}"
    return f"(SELECT coalesce(json_agg({item}), '[]') FROM {pieces})"  # noqa: S608
