"""Django's PostgreSQL backend with a connection pool of our own, which checks only connections that may be broken."""

import select
from typing import Any, Self

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolClosed

from ptfi.db.backend.availability import Availability, AwayError


class Connection(psycopg.Connection):
    """kept: cursors of prepared statements (ptfi/db/prepared.py), by SQL text."""

    availability: Availability

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = dict[str, psycopg.Cursor]()

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> Self:
        """Like psycopg's, but a failure raises suspicion."""
        try:
            return super().connect(*args, **kwargs)
        except psycopg.OperationalError:
            cls.availability.suspect()
            raise


class Pool(ConnectionPool):
    """Hands out working connections without a round trip for each, and without a pause after a broken one."""

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
    """Like Django's, whose pool either checks each connection with a round trip or never does.

    While the server is away there is no pool: closing it releases all waiting threads, and it is opened again
    afterwards.
    """

    _connection_pools: dict[str, Pool]
    _availabilities: dict[str, Availability] = {}

    @property
    def pool(self) -> Pool | None:
        if self.alias == NO_DB_ALIAS:
            return None
        if self.alias not in self._connection_pools:
            # Only one of several concurrent threads may open the pool.
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
        """Like Django's. Raises AwayError immediately while the server is known to be away."""
        availability = self._availabilities.get(self.alias)
        if availability and availability.away:
            raise AwayError("PostgreSQL does not answer.")
        try:
            return super().get_new_connection(conn_params)
        except PoolClosed:
            raise AwayError("PostgreSQL does not answer.") from None

    def chunked_cursor(self) -> Any:
        """A server-side cursor, only inside a transaction: otherwise a pooler may hand it to another session."""
        return super().chunked_cursor() if self.in_atomic_block else self.cursor()
