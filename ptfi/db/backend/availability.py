"""Whether the database server answers, so that nobody waits for one that does not."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

logger = logging.getLogger(__name__)
PAUSE = 0.5
"""Seconds between two questions to a server that is away."""
ASK_SECONDS = 2
"""How long one question waits; libpq takes no less."""
CROWDED = ("too many", "remaining connection slots", "no more connections allowed")
"""What a server says that is there, but has as many connections as it takes."""


class AwayError(psycopg.OperationalError):
    """No connection can be made."""


class Availability:
    """on_away is called once each time the server goes away.

    A connection that cannot be made raises suspicion. Then one thread asks until the server answers, and for as long
    as away is set, requests can be refused without a try of their own.
    """

    def __init__(self, on_away: Callable[[], None]) -> None:
        self.away = False
        self.parameters: dict[str, Any] = {}
        """What a connection is made with, as psycopg takes it."""
        self._on_away = on_away
        self._watching = threading.Lock()

    def suspect(self) -> None:
        """Have the server watched, if it is not yet."""
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
            # Whatever ended the watch, the next connection is tried, and watched again if it fails.
            self.away = False
            self._watching.release()

    def _ask(self) -> str:
        """Why no connection can be made, in the server's or libpq's words; "" if one can."""
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
