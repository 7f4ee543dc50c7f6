"""What happens to a person that their pages want to know, told to the streams by PostgreSQL's notifications.

A notification names people by their ids and says nothing else of them.
"""

import uuid
from collections.abc import Collection, Iterator

from ptfi.db import sql

PROJECTED = "ptfi_projected"
"""The graph shows more of these people's decisions; the projector says so itself (graph/projection/outbox.py)."""
SUGGESTED = "ptfi_suggested"
"""These people have new suggestions."""
EVENTS = {PROJECTED: "projected", SUGGESTED: "suggested"}
"""Channel → the name of the event in the stream."""
PEOPLE = 200
"""The most that one notification names: PostgreSQL takes less than 8,000 bytes, and an id and its comma are 37."""


def tell_suggested(people: Collection[uuid.UUID]) -> None:
    """Say that these people have new suggestions; to be called after the commit.

    Within a transaction it would be part of the commit, for which notifications make one wait for the other.
    """
    for names in _names(people):
        sql.call("pg_notify", SUGGESTED, names)


def _names(people: Collection[uuid.UUID]) -> Iterator[str]:
    ids = sorted(map(str, people))
    for start in range(0, len(ids), PEOPLE):
        yield ",".join(ids[start : start + PEOPLE])


def people_in(payload: str) -> Iterator[uuid.UUID]:
    """The people whom a notification names; what is no id is passed over."""
    for text in payload.split(","):
        try:
            yield uuid.UUID(text)
        except ValueError:
            continue
