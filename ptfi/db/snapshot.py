"""Reading several things as of the same moment."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from ptfi.db import sql

LONGEST_PAUSE = "60s"
"""After this long without a statement PostgreSQL ends the transaction, because it holds up vacuuming."""
ROWS = 100
"""Rows of a long read that are held in memory together; a single one may have several megabytes."""


@contextmanager
def snapshot() -> Iterator[dt.datetime]:
    """Everything read inside is as of one moment, which it yields; later decisions are not seen."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{LONGEST_PAUSE}'")
        yield sql.call("transaction_timestamp")
