"""Empty the tables after a test that commits.

Django truncates every table and creates all permissions again, which takes half a second after each of hundreds of
tests.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase
from psycopg.sql import SQL, Composed, Identifier, Literal

MADE_BY_MIGRATE = ("django_content_type", "auth_permission", "django_migrations")
GUARDED = "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
case: Any = TransactionTestCase
by_django = case._fixture_teardown
made: list[Any] = []
"""Digests of what migrate has put into tables, once they are known."""


def install() -> None:
    """Empty tables in this way from now on; they have just been migrated."""
    with connection.cursor() as cursor:
        made[:] = digests(cursor)
    case._fixture_teardown = teardown


def teardown(test: TransactionTestCase) -> None:
    """Delete all rows; in Django's way where a test changed what migrate had made."""
    ContentType.objects.clear_cache()
    with transaction.atomic(), connection.cursor() as cursor:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        # A request that is still being answered ends first, as it would with TRUNCATE.
        cursor.execute(over("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", tables))
        unchanged = digests(cursor) == made
        filled = empty(cursor, set(tables) - set(MADE_BY_MIGRATE)) if unchanged else set()
    if not unchanged:
        by_django(test)
    elif filled:
        # Rows of the next test would otherwise lie in the gaps, in another order than they were written in.
        with connection.cursor() as cursor:
            cursor.execute(over("VACUUM {}", filled))


def empty(cursor: CursorWrapper, tables: Iterable[str]) -> set[str]:
    """Delete the rows of the tables, and return those that had any.

    Foreign keys are checked in the end, and triggers do nothing.
    """
    some = [SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(Literal(name), Identifier(name)) for name in tables]
    cursor.execute(SQL(" UNION ALL ").join(some))
    filled = {name for (name,) in cursor.fetchall()}
    cursor.execute(GUARDED)
    guarded = {name for (name,) in cursor.fetchall()} & filled
    each(cursor, "ALTER TABLE {} DISABLE TRIGGER USER", guarded)
    each(cursor, "DELETE FROM {}", filled)
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    each(cursor, "ALTER TABLE {} ENABLE TRIGGER USER", guarded)
    return filled


def digests(cursor: CursorWrapper) -> list[Any]:
    """A digest of the rows of each table that migrate fills."""
    each_row = SQL("SELECT md5(string_agg(row::text, ',' ORDER BY id)) FROM {} row")
    cursor.execute(SQL(" UNION ALL ").join(each_row.format(Identifier(name)) for name in MADE_BY_MIGRATE))
    return [digest for (digest,) in cursor.fetchall()]


def each(cursor: CursorWrapper, statement: str, tables: Iterable[str]) -> None:
    for name in tables:
        cursor.execute(over(statement, [name]))


def over(statement: str, tables: Iterable[str]) -> Composed:
    return SQL(statement).format(SQL(", ").join(map(Identifier, tables)))
