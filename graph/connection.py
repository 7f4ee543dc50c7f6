"""Access to the graph: one driver per process, and a deadline on everything, because a hung server blocks forever.

Work runs in a thread of its own, which must not touch Django's connection. A hanging thread is abandoned; once there
are SLOTS of them, reads are refused immediately.
"""

import atexit
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import neo4j
from django.conf import settings
from neo4j.exceptions import AuthError, DatabaseError, DriverError, Forbidden, TransientError

from graph import metrics
from graph.errors import GraphUnavailableError
from ptfi.deadlines import run_within

Result = TypeVar("Result")
Item = TypeVar("Item")
Work = Callable[[neo4j.ManagedTransaction], Result]

SLOTS = 8
MAX_ROWS = 500
"""Rows, or ids, per statement."""
AWAY_SECONDS = 3.0
"""Seconds for which readers are told that the graph is away without trying it again."""

_lock = threading.Lock()
_driver: neo4j.Driver | None = None
_slots = threading.BoundedSemaphore(SLOTS)
_away_until = 0.0


def driver() -> neo4j.Driver:
    """Return the process's driver, opening it on first use."""
    global _driver
    with _lock:
        if _driver is None:
            _driver = _new_driver()
        return _driver


def _new_driver() -> neo4j.Driver:
    url = urlsplit(settings.NEO4J_URL)
    address = url.netloc.rpartition("@")[2]
    scheme, trust = _trust(url.scheme)
    return neo4j.GraphDatabase.driver(
        f"{scheme}://{address}",
        auth=(unquote(url.username or ""), unquote(url.password or "")) if url.username else None,
        connection_timeout=settings.GRAPH_TIMEOUT_SECONDS,
        connection_acquisition_timeout=settings.GRAPH_TIMEOUT_SECONDS,
        # A pooled connection whose server restarted fails once; the driver's own retry opens a new one.
        max_transaction_retry_time=1.0,
        initial_retry_delay=0.05,
        # Neo4j warns about labels without nodes, which is the state of every new graph.
        notifications_min_severity="OFF",
        **trust,
    )


def _trust(scheme: str) -> tuple[str, dict[str, Any]]:
    """Return the scheme and the trust settings: the driver accepts a CA only if the scheme does not specify TLS."""
    if not settings.NEO4J_CA_FILE:
        return scheme, {}
    trusted = neo4j.TrustCustomCAs(settings.NEO4J_CA_FILE)
    return scheme.removesuffix("+s"), {"encrypted": True, "trusted_certificates": trusted}


def drop_driver() -> None:
    """Close every connection, including those that threads are waiting on; the next use opens new ones."""
    global _driver
    with _lock:
        old, _driver = _driver, None
    if old is not None:
        hanging_up = threading.Thread(target=old.close, daemon=True)
        hanging_up.start()
        hanging_up.join(0.5)


atexit.register(drop_driver)


@contextlib.contextmanager
def opened_session(access: str = neo4j.WRITE_ACCESS) -> Iterator[neo4j.Session]:
    """Open a session of the process's driver, for use in a thread with a deadline."""
    used = driver()
    try:
        with used.session(default_access_mode=access) as session:
            yield session
    finally:
        if used is not _driver:
            # The driver was replaced while this session ran. Closing it again does nothing, so its pool is closed
            # directly; otherwise these connections would leak.
            used._pool.close()


def read(work: Work[Result]) -> Result:
    """Run a read for a page, within settings.GRAPH_TIMEOUT_SECONDS. Raises GraphUnavailableError.

    After a failure the graph counts as away for a few seconds, so that the next pages answer immediately.
    """
    global _away_until
    if time.monotonic() < _away_until or not _slots.acquire(blocking=False):
        raise GraphUnavailableError
    try:
        with metrics.measured("read"):
            result = with_deadline(lambda: _read(work), settings.GRAPH_TIMEOUT_SECONDS)
    except GraphUnavailableError:
        _away_until = time.monotonic() + AWAY_SECONDS
        raise
    _away_until = 0.0
    return result


def _read(work: Work[Result]) -> Result:
    try:
        with opened_session(neo4j.READ_ACCESS) as session:
            return session.execute_read(work)
    except (TransientError, DatabaseError) as error:
        raise GraphUnavailableError from error
    finally:
        _slots.release()


def write(work: Work[Result], seconds: float | None = None) -> Result:
    """Run a write transaction, retried if the graph says that this helps. Raises GraphUnavailableError, Neo4jError.

    seconds is the deadline; a projector passes none and gives up well within its lease, before another process takes
    over its people. After an error the work may still have been done.
    """

    def attempts() -> Result:
        with opened_session() as session:
            return session.execute_write(work)

    with metrics.measured("write"):
        return with_deadline(attempts, settings.PROJECTOR_LEASE_SECONDS / 2 if seconds is None else seconds)


def parts(rows: list[Item]) -> Iterator[list[Item]]:
    """Split rows into pieces of MAX_ROWS."""
    for start in range(0, len(rows), MAX_ROWS):
        yield rows[start : start + MAX_ROWS]


def with_deadline(work: Callable[[], Result], seconds: float) -> Result:
    """Run this in another thread.

    Raises GraphUnavailableError if it takes too long, the graph is away, or it no longer accepts this user.
    """
    try:
        return run_within(seconds, work, "graph")
    except TimeoutError:
        drop_driver()
        raise GraphUnavailableError from None
    except (DriverError, AuthError, Forbidden, OSError) as error:
        raise GraphUnavailableError from error
