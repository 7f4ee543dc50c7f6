"""The shared cache: a table whose values are JSON, so that whoever writes it can bring numbers and texts, not code."""

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
        found = rows(statements.read(self._table), [list(names)])
        return {names[name]: json.loads(value) for name, value in found}

    def _base_set(self, mode: str, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT) -> bool:
        """mode: "set", "add" (only where nothing is, or what was has run out) or "touch"; whether a row was written."""
        end = self.get_backend_timeout(timeout)
        values: dict[str, Any] = {"key": key, "value": json.dumps(value, allow_nan=False), "end": _moment(end)}
        if not secrets.randbelow(SWEEP_EVERY):
            run(statements.sweep(self._table))
        return bool(run(statements.WRITE[mode](self._table), values))


def _moment(seconds: float | None) -> dt.datetime:
    return dt.datetime.max.replace(tzinfo=dt.UTC) if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
