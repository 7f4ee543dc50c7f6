"""The shared cache: a table with JSON values, so that write access to it cannot inject code, as pickles would allow."""

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Iterable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache

from ptfi.db.sql import rows, run
from ptfi.oauth import sql as statements

SWEEP_EVERY = 100
"""One in this many writes deletes expired entries."""


def hashed_key(key: str, key_prefix: str, version: int) -> str:
    """A key of constant length that reveals none of the codes and addresses in the original key."""
    return hashlib.sha256(f"{key_prefix}:{version}:{key}".encode()).hexdigest()


class JSONCache(DatabaseCache):
    """Django's database cache with JSON instead of pickles; each entry is written in one statement.

    Raises TypeError for values that JSON can't represent.
    """

    _table: str

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """The unexpired values by key."""
        names = {self.make_and_validate_key(key, version=version): key for key in keys}
        found = rows(statements.read(self._table), [list(names)])
        return {names[name]: json.loads(value) for name, value in found}

    def _base_set(self, mode: str, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT) -> bool:
        """Write an entry; returns whether a row was written.

        mode: "set", "add" (only if there is no entry or it has expired) or "touch".
        """
        end = self.get_backend_timeout(timeout)
        values: dict[str, Any] = {"key": key, "value": json.dumps(value, allow_nan=False), "end": _moment(end)}
        if not secrets.randbelow(SWEEP_EVERY):
            run(statements.sweep(self._table))
        return bool(run(statements.WRITE[mode](self._table), values))


def _moment(seconds: float | None) -> dt.datetime:
    return dt.datetime.max.replace(tzinfo=dt.UTC) if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
