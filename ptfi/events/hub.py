"""Delivers notifications: one connection to PostgreSQL listens on behalf of all streams of the process."""

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Collection

import psycopg
from django.conf import settings
from django.db import Error
from psycopg import sql

from ptfi.db.listening import LISTEN_SECONDS, parameters
from ptfi.events import metrics
from ptfi.events.channels import EVENTS, people_in
from ptfi.events.sessions import signed_in

logger = logging.getLogger(__name__)
PERSON_STREAMS = 10
"""Streams that one person may have open per process: visible tabs and windows."""
CHECK_SECONDS = 5.0
"""Seconds between two checks of the sessions of all open streams."""
LONGEST_WAIT = 5.0
"""Longest pause in seconds between two attempts to reach a database that is away."""


class FullError(Exception):
    """No stream is left: for this person (mine) or in this process."""

    def __init__(self, *, mine: bool) -> None:
        self.mine = mine


class Stream:
    """One client and its pending events; each kind is pending at most once, however slowly the client reads."""

    def __init__(self, session_key: str, user_id: uuid.UUID) -> None:
        self.session_key, self.user_id = session_key, user_id
        self.ended = False
        self._waiting: dict[str, None] = {}
        self._something = asyncio.Event()

    def tell(self, event: str) -> None:
        self._waiting[event] = None
        self._something.set()

    def end(self) -> None:
        self.ended = True
        self._something.set()

    async def events(self, seconds: float) -> list[str]:
        """The pending events, waiting for the first; empty after the wait, or when the stream has ended."""
        try:
            await asyncio.wait_for(self._something.wait(), seconds)
        except TimeoutError:
            return []
        self._something.clear()
        events, self._waiting = list(self._waiting), {}
        return events


class Hub:
    """The open streams of this process."""

    def __init__(self) -> None:
        self.closing = self.listening = False
        self._streams: defaultdict[uuid.UUID, set[Stream]] = defaultdict(set)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._check())]

    async def stop(self) -> None:
        """End every stream and close the connection."""
        self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def close(self) -> None:
        """End every stream and refuse new ones."""
        self.closing = True
        for stream in self.streams():
            stream.end()

    def streams(self) -> list[Stream]:
        return [stream for mine in self._streams.values() for stream in mine]

    def enter(self, stream: Stream) -> None:
        """Deliver events to the stream from now on. Raises FullError."""
        mine = self._streams.get(stream.user_id, ())
        if len(mine) >= PERSON_STREAMS or len(self.streams()) >= settings.EVENTS_MAX_STREAMS:
            raise FullError(mine=len(mine) >= PERSON_STREAMS)
        self._streams[stream.user_id].add(stream)
        metrics.STREAMS.inc()

    def leave(self, stream: Stream) -> None:
        mine = self._streams.get(stream.user_id, set())
        mine.discard(stream)
        metrics.STREAMS.dec()
        if not mine:
            self._streams.pop(stream.user_id, None)

    def tell(self, event: str, people: Collection[uuid.UUID]) -> None:
        for user_id in people:
            for stream in self._streams.get(user_id, ()):
                stream.tell(event)

    async def _listen(self) -> None:
        wait = 0.0
        while True:
            try:
                async with await _connect() as listener:
                    wait = 0.0
                    await self._hear(listener)
            except (psycopg.Error, OSError) as error:
                if self.listening:
                    logger.warning("PostgreSQL is away (%s); waiting for it", type(error).__name__)
                self._is_listening(False)
                wait = min(LONGEST_WAIT, wait * 2 or 0.1)
                await asyncio.sleep(wait)

    def _is_listening(self, listening: bool) -> None:
        self.listening = listening
        metrics.LISTENING.set(listening)

    async def _hear(self, listener: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
        for channel in EVENTS:
            await listener.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        self._is_listening(True)
        # Anything announced before this connection existed was missed.
        for event in EVENTS.values():
            self.tell(event, list(self._streams))
        while True:
            async for said in listener.notifies(timeout=LISTEN_SECONDS):
                self.tell(EVENTS[said.channel], list(people_in(said.payload)))
            # An empty statement: only whether an answer comes.
            await listener.execute("")

    async def _check(self) -> None:
        """End the streams of sessions that have ended and of inactive accounts."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            streams = self.streams()
            if not streams:
                continue
            try:
                known = await asyncio.to_thread(signed_in, {stream.session_key for stream in streams})
            except (Error, OSError) as error:
                logger.warning("Sessions could not be looked at (%s)", type(error).__name__)
                continue
            for stream in streams:
                if known.get(stream.session_key) != stream.user_id:
                    stream.end()


async def _connect() -> "psycopg.AsyncConnection[tuple[object, ...]]":
    return await psycopg.AsyncConnection.connect(**parameters("ptfi events"))
