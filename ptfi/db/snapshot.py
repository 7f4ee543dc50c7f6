"""Reading as of one moment."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from ptfi.db import sql

LONGEST_PAUSE = "60s"
"""After so long without a word from the reader PostgreSQL ends the transaction, which holds up its cleaning."""
ROWS = 100
"""Rows of a long read that are in memory at once; a single one may be some megabytes."""


@contextmanager
def snapshot() -> Iterator[dt.datetime]:
    """One moment for all that is read inside, which it yields; what is decided meanwhile is not seen."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{LONGEST_PAUSE}'")
        yield sql.call("transaction_timestamp")
