"""Events for a person's open pages, sent to the streams by PostgreSQL's notifications.

A notification names people by their ids and contains nothing else about them.
"""

import uuid
from collections.abc import Collection, Iterator

from ptfi.db import sql

PROJECTED = "ptfi_projected"
"""The graph shows more of these people's decisions; sent by the projector (graph/projection/outbox.py)."""
SUGGESTED = "ptfi_suggested"
"""These people have new suggestions."""
EVENTS = {PROJECTED: "projected", SUGGESTED: "suggested"}
"""Channel → name of the event in the stream."""
PEOPLE = 200
"""The most people in one notification: PostgreSQL allows less than 8,000 bytes; an id and a comma take 37."""


def tell_suggested(people: Collection[uuid.UUID]) -> None:
    """Announce that these people have new suggestions.

    Call it after the commit: notifications inside transactions make commits wait for each other.
    """
    for names in _names(people):
        sql.call("pg_notify", SUGGESTED, names)


def _names(people: Collection[uuid.UUID]) -> Iterator[str]:
    ids = sorted(map(str, people))
    for start in range(0, len(ids), PEOPLE):
        yield ",".join(ids[start : start + PEOPLE])


def people_in(payload: str) -> Iterator[uuid.UUID]:
    """The people that a notification names; anything that is no id is skipped."""
    for text in payload.split(","):
        try:
            yield uuid.UUID(text)
        except ValueError:
            continue
