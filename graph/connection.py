"""The way to the graph: one driver a process, and a deadline on everything, since a hung server blocks for ever.

Work runs in a thread of its own, which must not touch Django's connection. A thread that hangs is left behind; only
SLOTS of them can pile up before reads are refused at once.
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
"""Rows, or ids, that one statement takes."""
AWAY_SECONDS = 3.0
"""How long readers are told that the graph is away, without asking it again."""

_lock = threading.Lock()
_driver: neo4j.Driver | None = None
_slots = threading.BoundedSemaphore(SLOTS)
_away_until = 0.0


def driver() -> neo4j.Driver:
    """The process's driver, made on first use."""
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
        # A pooled connection whose server restarted fails once: the driver's own retry takes a new one.
        max_transaction_retry_time=1.0,
        initial_retry_delay=0.05,
        # Neo4j warns about labels that nothing has yet, which is how every graph begins.
        notifications_min_severity="OFF",
        **trust,
    )


def _trust(scheme: str) -> tuple[str, dict[str, Any]]:
    """The scheme, and whom the driver trusts: it takes an authority only where the scheme says nothing of TLS."""
    if not settings.NEO4J_CA_FILE:
        return scheme, {}
    trusted = neo4j.TrustCustomCAs(settings.NEO4J_CA_FILE)
    return scheme.removesuffix("+s"), {"encrypted": True, "trusted_certificates": trusted}


def drop_driver() -> None:
    """Hang up every connection, also one that a thread still waits on; the next use makes new ones."""
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
    """A session with the process's driver, for a thread that has a deadline."""
    used = driver()
    try:
        with used.session(default_access_mode=access) as session:
            yield session
    finally:
        if used is not _driver:
            # It was dropped meanwhile, and a second close() of it does nothing: what this thread opened since then
            # would stay open for ever.
            used._pool.close()


def read(work: Work[Result]) -> Result:
    """Run a read for a page, within settings.GRAPH_TIMEOUT_SECONDS seconds. Raises GraphUnavailableError.

    After a failure the graph counts as away for a few seconds, so that the pages after it answer at once.
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
    """Run a write transaction, repeated where the graph says that this helps. Raises GraphUnavailableError, Neo4jError.

    Within so many seconds; a projector's, without a number, is given up well within its lease, before others take its
    people over. The work may have been done although an error is raised.
    """

    def attempts() -> Result:
        with opened_session() as session:
            return session.execute_write(work)

    with metrics.measured("write"):
        return with_deadline(attempts, settings.PROJECTOR_LEASE_SECONDS / 2 if seconds is None else seconds)


def parts(rows: list[Item]) -> Iterator[list[Item]]:
    """The rows in pieces of MAX_ROWS."""
    for start in range(0, len(rows), MAX_ROWS):
        yield rows[start : start + MAX_ROWS]


def with_deadline(work: Callable[[], Result], seconds: float) -> Result:
    """Run this in another thread.

    Raises GraphUnavailableError when it takes too long, or the graph is away or lets this user in no more.
    """
    try:
        return run_within(seconds, work, "graph")
    except TimeoutError:
        drop_driver()
        raise GraphUnavailableError from None
    except (DriverError, AuthError, Forbidden, OSError) as error:
        raise GraphUnavailableError from error
