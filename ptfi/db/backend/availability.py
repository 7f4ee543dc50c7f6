"""Watches whether the database server answers, so that requests fail fast while it is away."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

logger = logging.getLogger(__name__)
PAUSE = 0.5
"""Seconds between two attempts to reach a server that is away."""
ASK_SECONDS = 2
"""Seconds that one attempt may take; libpq accepts no lower time-out."""
CROWDED = ("too many", "remaining connection slots", "no more connections allowed")
"""Errors of a server that runs but has no connection left."""


class AwayError(psycopg.OperationalError):
    """Raised where no connection can be opened."""


class Availability:
    """Whether the server is away.

    A failed connection raises suspicion. One thread then asks the server until it answers; while `away` is set,
    requests are refused without an attempt of their own. on_away is called once each time the server goes away.
    """

    def __init__(self, on_away: Callable[[], None]) -> None:
        self.away = False
        self.parameters: dict[str, Any] = {}
        """Connection parameters, as psycopg takes them."""
        self._on_away = on_away
        self._watching = threading.Lock()

    def suspect(self) -> None:
        """Start watching the server, unless it is being watched."""
        if self._watching.acquire(blocking=False):
            threading.Thread(target=self._watch, name="database-away", daemon=True).start()

    def _watch(self) -> None:
        started = time.monotonic()
        try:
            while reason := self._ask():
                if not self.away:
                    self.away = True
                    logger.error("PostgreSQL does not answer: %s", reason)
                    self._on_away()
                time.sleep(PAUSE)
            if self.away:
                logger.warning("PostgreSQL answers again after %.1f seconds", time.monotonic() - started)
        finally:
            # However the watch ended, the next failed connection starts it again.
            self.away = False
            self._watching.release()

    def _ask(self) -> str:
        """Why no connection can be opened, in the words of the server or libpq; "" if one can."""
        try:
            psycopg.connect(**self.parameters | {"connect_timeout": ASK_SECONDS}).close()
        except psycopg.Error as error:
            reason = self._said(error)
            if not any(words in reason for words in CROWDED):
                return reason
            logger.warning("PostgreSQL takes no more connections: %s", reason)
        return ""

    def _said(self, error: psycopg.Error) -> str:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        password = self.parameters.get("password")
        return text.replace(str(password), "…") if password else text
