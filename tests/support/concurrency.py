"""Threads with database connections of their own, and waiting for locks."""

import operator
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connection

from tests.support.data_folder import wait_until

T = TypeVar("T")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
"""The number of sessions of the database that are waiting for a lock."""


def at_once(act: Callable[[int], T], number: int = 8) -> list[T]:
    """The results of act(0) … act(number - 1), started together, each in a thread with a connection of its own."""
    barrier = threading.Barrier(number)

    def one(index: int) -> T:
        barrier.wait()
        try:
            return act(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def on_own_connection(act: Callable[[], T]) -> T:
    """The act's result, run in a thread with a connection of its own."""
    return at_once(lambda _index: act(), 1)[0]


def wait_for_a_lock() -> None:
    """Return once a session is waiting for a lock."""
    wait_until(lambda: waiting() > 0, 10)


@contextmanager
def beside(act: Callable[[], Any]) -> Iterator["Future[Any]"]:
    """Run the act in a thread with a connection of its own; the block begins once it is waiting for a lock."""

    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    before = waiting()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        wait_until(lambda: waiting() != before or future.done(), 10)
        assert not future.done()
        yield future


def waiting() -> int:
    """The number of sessions that are waiting for a lock now."""
    with connection.cursor() as cursor:
        # Otherwise a transaction that has looked before would not see sessions that have connected since.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


def in_transaction() -> bool:
    return connection.in_atomic_block


class Rounds:
    """Counts how often each of several acts has completed."""

    def __init__(self, number: int) -> None:
        self.stop = threading.Event()
        self.done = [0] * number

    def repeat(self, index: int, act: Callable[[], object]) -> None:
        """Repeat the act until all have to stop, with a connection of this thread's own."""
        try:
            while not self.stop.is_set():
                act()
                self.done[index] += 1
        finally:
            # An error is raised only when the block ends, so the others should not go on until then.
            self.stop.set()
            connection.close()

    def go_on(self, number: int, seconds: float = 60) -> None:
        """Return once each act has completed this many more times, or one has failed."""
        wanted = [done + number for done in self.done]
        wait_until(lambda: self.stop.is_set() or all(map(operator.ge, self.done, wanted)), seconds)


@contextmanager
def over_and_over(*acts: Callable[[], object]) -> Iterator[Rounds]:
    """Repeat the acts, each in a thread of its own, while the block runs; re-raises their errors."""
    rounds = Rounds(len(acts))
    with ThreadPoolExecutor(len(acts)) as pool:
        workers = [pool.submit(rounds.repeat, index, act) for index, act in enumerate(acts)]
        try:
            yield rounds
        finally:
            rounds.stop.set()
        for worker in workers:
            worker.result()
