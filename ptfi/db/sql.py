"""Running SQL of our own: the rows or the value of a statement, and lists as one parameter."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import RawSQL

Parameters = Sequence[Any] | Mapping[str, Any] | None


def rows(statement: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
    """All rows that the statement returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def value(statement: str, parameters: Parameters = None) -> Any:
    """The first column of the first row; None without a row."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def call(function: str, *arguments: Any) -> Any:
    """What one of PostgreSQL's functions, or of our migrations', gives for these arguments."""
    places = ", ".join(["%s"] * len(arguments))
    return value(f"SELECT {function}({places})", arguments)


def run(statement: str, parameters: Parameters = None) -> int:
    """Run a statement that returns nothing, and say how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def share(model: type[Model], keys: Collection[UUID]) -> None:
    """Lock rows in the one strength that only who locks them FOR UPDATE waits for, as erasures do, and waits for."""
    table, key = model._meta.db_table, model._meta.pk.column
    run(f"SELECT FROM {table} WHERE {key} = ANY(%s) ORDER BY {key} FOR KEY SHARE", [list(keys)])


def array(values: Collection[str | UUID]) -> str:
    """PostgreSQL's text form of an array; psycopg's own is generic, and a third of an import's time."""
    # Texts hold no null character, so one call of each replacement escapes all of them.
    joined = "\0".join(map(str, values)).replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","')
    return f'{{"{joined}"}}' if values else "{}"


def any_of(values: Collection[str | UUID], kind: str) -> RawSQL:
    """What `field__in` takes; kind is PostgreSQL's type. One parameter, where Django would compile each value."""
    return RawSQL(f"SELECT unnest(%s::{kind}[])", [array(values)])  # noqa: S611 (kind is ours)


def json_object(values: Mapping[str, str]) -> str:
    """SQL that makes a JSON object; values: name → SQL of the value."""
    pairs = ", ".join(f"'{name}', {value}" for name, value in values.items())
    return f"json_build_object({pairs})"


def json_list(item: str, column: str, condition: str = "true") -> str:
    """SQL that makes a JSON list of a column's; item and condition are SQL about one `piece` of it."""
    pieces = f"jsonb_array_elements({column}) piece WHERE {condition}"
    return f"(SELECT coalesce(json_agg({item}), '[]') FROM {pieces})"  # noqa: S608
