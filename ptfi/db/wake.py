"""Wake-ups: who commits something for the projectors tells them, so that they need not keep asking.

A notification carries nothing, and may be lost: whoever waits for it also looks again after a time of its own.
"""

import contextlib
import logging
import threading
import time
from types import TracebackType

import psycopg
from django.db import Error, connection, transaction
from psycopg import sql as texts

from ptfi.db import sql
from ptfi.db.listening import LISTEN_SECONDS, parameters

logger = logging.getLogger(__name__)
CHANNEL = "ptfi_changed"
LEAST_SECONDS = 0.05
"""Seconds between two notifications of a process. Who was woken looks again within this time, so no more are needed."""
STOP_SECONDS = 1.0
"""Seconds within which a waiting thread notices that it shall stop."""
RETRY_SECONDS = 1.0
"""Seconds between two attempts to listen while PostgreSQL is away."""
TRIAL_SECONDS = 2.0
"""Seconds within which the first notification, which is its own, has to arrive."""
DEAF_SECONDS = 60.0
"""Seconds between two attempts to listen where notifications do not arrive."""
_told = [0.0]
"""When this process told last, by the monotonic clock."""


def after_commit() -> None:
    """Wake the projectors once the open transaction is committed, in a statement of its own."""
    transaction.on_commit(_tell)


def _tell() -> None:
    now = time.monotonic()
    if now < _told[0] + LEAST_SECONDS:
        return
    _told[0] = now
    with contextlib.suppress(Error):
        sql.call("pg_notify", CHANNEL, "")


class Bell:
    """Rings when somebody tells; a context manager that listens with a connection of its own.

    listening: whether notifications arrive; as long as they do not, the caller has to look often.
    """

    def __init__(self) -> None:
        self.listening = False
        self._rung, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._listen, name="bell", daemon=True)

    def __enter__(self) -> "Bell":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait until it rings, at most these seconds, and not once stop is set; returns whether it rang."""
        latest = time.monotonic() + seconds
        while not stop.is_set() and (left := latest - time.monotonic()) > 0:
            if self._rung.wait(min(left, STOP_SECONDS)):
                self._rung.clear()
                return True
        return False

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                with psycopg.connect(**parameters("ptfi projector")) as listener:
                    self._hear(listener)
            except (psycopg.Error, Error, OSError) as error:
                if self.listening:
                    logger.warning("Wake-ups do not arrive (%s); asking often instead", type(error).__name__)
                self.listening = False
                self._ended.wait(RETRY_SECONDS)

    def _hear(self, listener: "psycopg.Connection[tuple[object, ...]]") -> None:
        listener.execute(texts.SQL("LISTEN {}").format(texts.Identifier(CHANNEL)))
        self.listening = self._hears_itself(listener)
        # Anything told before this connection existed was missed.
        self._rung.set()
        if not self.listening:
            logger.warning("Wake-ups do not pass the connection's pooler; asking often instead")
            self._ended.wait(DEAF_SECONDS)
            return
        tested = time.monotonic()
        while not self._ended.is_set():
            for _ in listener.notifies(timeout=STOP_SECONDS, stop_after=1):
                self._rung.set()
            if time.monotonic() > tested + LISTEN_SECONDS:
                # An empty statement: only whether an answer comes.
                listener.execute("")
                tested = time.monotonic()

    def _hears_itself(self, listener: "psycopg.Connection[tuple[object, ...]]") -> bool:
        """Whether notifications arrive: poolers that switch sessions between transactions lose them."""
        try:
            sql.call("pg_notify", CHANNEL, "")
        finally:
            connection.close()
        return any(True for _ in listener.notifies(timeout=TRIAL_SECONDS, stop_after=1))
