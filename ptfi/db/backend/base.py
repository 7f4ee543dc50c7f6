"""Django's PostgreSQL, with a pool of its own connections, which asks the server only of one that may be broken."""

import select
from typing import Any, Self

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolClosed

from ptfi.db.backend.availability import Availability, AwayError


class Connection(psycopg.Connection):
    """kept: the cursors of statements of our own (ptfi/db/prepared.py), by their texts."""

    availability: Availability

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = dict[str, psycopg.Cursor]()

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> Self:
        """As psycopg's, with suspicion raised by a failure."""
        try:
            return super().connect(*args, **kwargs)
        except psycopg.OperationalError:
            cls.availability.suspect()
            raise


class Pool(ConnectionPool):
    """Gives whole connections only, without a round trip for each and without a pause after a broken one."""

    def getconn(self, timeout: float | None = None) -> Any:
        """A connection. Raises PoolTimeout, and PoolClosed while the server is away."""
        while True:
            given = super().getconn(timeout)
            if is_whole(given):
                return given
            given.close()
            self.putconn(given)


def is_whole(connection: psycopg.Connection) -> bool:
    """Whether the connection can be used, as far as can be said without asking the server.

    A server that ends says so or closes its side, and keepalives end a connection whose server they find no more:
    either way there is something to read, which an idle one has not. A round trip for each request says no more.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if not waiting.poll(0):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, which has pools with a round trip at each turn, or with no check.

    While the server is away there is no pool: it is closed, which tells all who wait in it, and made again later.
    """

    _connection_pools: dict[str, Pool]
    _availabilities: dict[str, Availability] = {}

    @property
    def pool(self) -> Pool | None:
        if self.alias == NO_DB_ALIAS:
            return None
        if self.alias not in self._connection_pools:
            # Of several threads that come here at once, one makes the pool.
            self._connection_pools.setdefault(self.alias, self._made_pool())
        return self._connection_pools[self.alias]

    def _made_pool(self) -> Pool:
        wanted: dict[str, Any] = self.get_connection_params() | {"autocommit": True}
        availability = self._availabilities.setdefault(self.alias, Availability(self._drop_pool))
        availability.parameters = wanted
        connection_class = type("Connection", (Connection,), {"availability": availability})
        configure = self._configure_connection  # type: ignore[attr-defined]
        options = self.settings_dict["OPTIONS"]["pool"]
        return Pool(kwargs=wanted, open=False, connection_class=connection_class, configure=configure, **options)

    def _drop_pool(self) -> None:
        pool = self._connection_pools.pop(self.alias, None)
        if pool:
            pool.close(timeout=0.2)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """As Django's. Raises AwayError at once while the server is known to be away."""
        availability = self._availabilities.get(self.alias)
        if availability and availability.away:
            raise AwayError("PostgreSQL does not answer.")
        try:
            return super().get_new_connection(conn_params)
        except PoolClosed:
            raise AwayError("PostgreSQL does not answer.") from None

    def chunked_cursor(self) -> Any:
        """A server-side cursor within a transaction only: outside of one, a pooler may give it to another session."""
        return super().chunked_cursor() if self.in_atomic_block else self.cursor()
