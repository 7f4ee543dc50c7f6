"""The sender: makes messages of what happened, and sends them. Any number may run at once."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

from django.db import Error, connection

from traits.sharing.notices.delivery import deliver, give_up
from traits.sharing.notices.outbox import collect

POLL_SECONDS = 1.0
"""Pause of a thread that found nothing to do."""
LONGEST_PAUSE = 10.0
"""Pause while the database is away, at most."""

logger = logging.getLogger(__name__)


def run(stop: threading.Event, *, threads: int, beat: Callable[[], None]) -> None:
    """Make and send messages until told to stop; one thread makes them, the others send."""
    jobs = [lambda: _repeat(stop, make, beat), *([lambda: _repeat(stop, deliver, lambda: None)] * threads)]
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(job) for job in jobs]
        # With a time-out, because a signal that another thread catches does not wake this one, which handles it.
        while wait(futures, POLL_SECONDS).not_done:
            if any(future.done() for future in futures):
                stop.set()
        for future in futures:
            future.result()


def send_all() -> None:
    """Make and send what is due now, in this thread."""
    while make():
        pass
    while deliver():
        pass


def make() -> bool:
    """Make messages and give up old ones; returns whether there was anything to do."""
    return bool(collect() + give_up())


def _repeat(stop: threading.Event, work: Callable[[], bool], beat: Callable[[], None]) -> None:
    pause = POLL_SECONDS
    try:
        while not stop.is_set():
            beat()
            try:
                found = work()
                connection.close()
                if not found:
                    stop.wait(POLL_SECONDS)
                pause = POLL_SECONDS
            except Error as error:
                logger.warning("PostgreSQL does not do what a sender needs (%s); trying again", type(error).__name__)
                connection.close()
                stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
    finally:
        connection.close()
