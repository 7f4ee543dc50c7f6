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
"""How many sessions of the database wait for a lock."""


def at_once(act: Callable[[int], T], number: int = 8) -> list[T]:
    """The results of act(0) … act(number - 1), each in a thread with a connection of its own, started together."""
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
    """The result of the act, done in a thread with a connection of its own."""
    return at_once(lambda _index: act(), 1)[0]


def wait_for_a_lock() -> None:
    """Return when some session waits for a lock."""
    wait_until(lambda: waiting() > 0, 10)


@contextmanager
def beside(act: Callable[[], Any]) -> Iterator["Future[Any]"]:
    """What it does runs in a thread with a connection of its own, and has come to wait for a lock."""

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
    """How many sessions wait for a lock now."""
    with connection.cursor() as cursor:
        # A transaction that looks again would not see who has connected since.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


def in_transaction() -> bool:
    return connection.in_atomic_block


class Rounds:
    """How often each of several acts was done so far."""

    def __init__(self, number: int) -> None:
        self.stop = threading.Event()
        self.done = [0] * number

    def repeat(self, index: int, act: Callable[[], object]) -> None:
        """Do it until all are to stop, on a connection of this thread's own."""
        try:
            while not self.stop.is_set():
                act()
                self.done[index] += 1
        finally:
            # What failed does so when the block ends, and nobody waits for it until then.
            self.stop.set()
            connection.close()

    def go_on(self, number: int, seconds: float = 60) -> None:
        """Return when each was done so many times more, or one failed."""
        wanted = [done + number for done in self.done]
        wait_until(lambda: self.stop.is_set() or all(map(operator.ge, self.done, wanted)), seconds)


@contextmanager
def over_and_over(*acts: Callable[[], object]) -> Iterator[Rounds]:
    """The acts are repeated, each in a thread of its own, as long as the block lasts; what they raise, this raises."""
    rounds = Rounds(len(acts))
    with ThreadPoolExecutor(len(acts)) as pool:
        workers = [pool.submit(rounds.repeat, index, act) for index, act in enumerate(acts)]
        try:
            yield rounds
        finally:
            rounds.stop.set()
        for worker in workers:
            worker.result()
