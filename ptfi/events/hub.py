"""Who listens, and what they are to be told: one connection to PostgreSQL listens for all streams of the process."""

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Collection

import psycopg
from django.conf import settings
from django.db import Error, connection
from psycopg import sql

from ptfi.events import metrics
from ptfi.events.channels import EVENTS, people_in
from ptfi.events.sessions import signed_in

logger = logging.getLogger(__name__)
PERSON_STREAMS = 10
"""Streams that one person may have open in a process: visible tabs and windows."""
CHECK_SECONDS = 5.0
"""Seconds between two looks at the sessions of all open streams."""
LISTEN_SECONDS = 15.0
"""Seconds of silence after which the listening connection is tried."""
LONGEST_WAIT = 5.0
"""Seconds between two attempts at a database that is away, at most."""


class FullError(Exception):
    """No more streams, of this person (mine) or of this process."""

    def __init__(self, *, mine: bool) -> None:
        self.mine = mine


class Stream:
    """One client: what it is still to be told, each event once, however slowly it reads."""

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
        """What there is to tell, waited for so long; nothing when there is nothing, or when the stream has ended."""
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
        """End every stream and hang up."""
        self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def close(self) -> None:
        """End every stream; whoever comes now is sent away."""
        self.closing = True
        for stream in self.streams():
            stream.end()

    def streams(self) -> list[Stream]:
        return [stream for mine in self._streams.values() for stream in mine]

    def enter(self, stream: Stream) -> None:
        """Have the stream told from now on. Raises FullError."""
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
        # What was said before this connection was there, nobody heard.
        for event in EVENTS.values():
            self.tell(event, list(self._streams))
        while True:
            async for said in listener.notifies(timeout=LISTEN_SECONDS):
                self.tell(EVENTS[said.channel], list(people_in(said.payload)))
            # Nothing to run: only whether an answer comes.
            await listener.execute("")

    async def _check(self) -> None:
        """End the streams of sessions that ended, and of accounts that are no longer active."""
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
    """A connection beside the pool, as Django would open it."""
    wanted = connection.get_connection_params()
    passed = {name: value for name, value in wanted.items() if name not in ("pool", "context", "cursor_factory")}
    ours = {"autocommit": True, "connect_timeout": 5, "application_name": "ptfi events"}
    return await psycopg.AsyncConnection.connect(**passed | ours)
