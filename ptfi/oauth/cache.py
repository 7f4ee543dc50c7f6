"""The shared cache: a table whose values are JSON, so that whoever writes it can bring numbers and texts, not code."""

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Iterable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connection

SWEEP_EVERY = 100
"""Of so many writes, one sweeps up what has run out."""


def hashed_key(key: str, key_prefix: str, version: int) -> str:
    """Of one length whatever a request sent, and without the codes and addresses that keys are made of."""
    return hashlib.sha256(f"{key_prefix}:{version}:{key}".encode()).hexdigest()


class JSONCache(DatabaseCache):
    """Django's cache in a table, but for its pickles; an entry is written in one statement.

    Raises TypeError for values that JSON does not know.
    """

    _table: str

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """The values that are there and have not run out, by key."""
        names = {self.make_and_validate_key(key, version=version): key for key in keys}
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT cache_key, value FROM {self._table}"  # noqa: S608
                " WHERE cache_key = ANY(%s) AND expires > statement_timestamp()",
                [list(names)],
            )
            return {names[name]: json.loads(value) for name, value in cursor.fetchall()}

    def _base_set(self, mode: str, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT) -> bool:
        """mode: "set", "add" (only where nothing is, or what was has run out) or "touch"; whether a row was written."""
        end = self.get_backend_timeout(timeout)
        values: dict[str, Any] = {"key": key, "value": json.dumps(value, allow_nan=False), "end": _moment(end)}
        with connection.cursor() as cursor:
            if not secrets.randbelow(SWEEP_EVERY):
                cursor.execute(self._sweep())
            cursor.execute(self._statement(mode), values)
            return bool(cursor.rowcount)

    def _sweep(self) -> str:
        # What others have just taken up again is theirs, and waiting for each other could go round in a circle.
        out = f"SELECT cache_key FROM {self._table} WHERE expires <= statement_timestamp() LIMIT 1000"  # noqa: S608
        return f"DELETE FROM {self._table} WHERE cache_key IN ({out} FOR UPDATE SKIP LOCKED)"  # noqa: S608

    def _statement(self, mode: str) -> str:
        table = self._table
        if mode == "touch":
            living = "cache_key = %(key)s AND expires > statement_timestamp()"
            return f"UPDATE {table} SET expires = %(end)s WHERE {living}"  # noqa: S608
        where = f" WHERE {table}.expires <= statement_timestamp()" if mode == "add" else ""
        return (
            f"INSERT INTO {table} (cache_key, value, expires) VALUES (%(key)s, %(value)s, %(end)s)"  # noqa: S608
            f" ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires{where}"
        )


def _moment(seconds: float | None) -> dt.datetime:
    return dt.datetime.max.replace(tzinfo=dt.UTC) if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
