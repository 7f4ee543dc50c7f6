"""Django's PostgreSQL, with a pool of its own connections, which asks the server only of one that may be broken."""

import select
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


def check(connection: psycopg.Connection) -> None:
    """Raises psycopg.OperationalError for a connection that is broken.

    A server that ends says so or closes its side, and keepalives end a connection whose server they find no more:
    either way there is something to read, which an idle one has not. A round trip for each request says no more.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        ConnectionPool.check_connection(connection)


class Connection(psycopg.Connection):
    """kept: the cursors of statements of our own (ptfi/db/prepared.py), by their texts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = dict[str, psycopg.Cursor]()


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, which has pools with a round trip at each turn, or with no check."""

    _connection_pools: dict[str, ConnectionPool]

    @property
    def pool(self) -> ConnectionPool | None:
        if self.alias == NO_DB_ALIAS:
            return None
        if self.alias not in self._connection_pools:
            wanted: dict[str, Any] = self.get_connection_params() | {"autocommit": True}
            options = self.settings_dict["OPTIONS"]["pool"]
            configure = self._configure_connection  # type: ignore[attr-defined]
            own = {"connection_class": Connection, "configure": configure, "check": check}
            made = ConnectionPool(kwargs=wanted, open=False, **own, **options)
            # Of several threads that come here at once, one makes the pool.
            self._connection_pools.setdefault(self.alias, made)
        return self._connection_pools[self.alias]
