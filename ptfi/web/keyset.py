"""Paging by key: a row's place in a list, as an address carries it."""

import datetime as dt
import uuid


def place_key(moment: dt.datetime, pk: uuid.UUID) -> str:
    """A row's place in a list by time, as an address carries it."""
    return f"{moment.isoformat()}_{pk}"


def read_place(key: str) -> tuple[dt.datetime, uuid.UUID] | None:
    """The place again; None for what is no key."""
    time, _, pk = key.partition("_")
    try:
        return dt.datetime.fromisoformat(time).astimezone(dt.UTC), uuid.UUID(pk)
    except (ValueError, OverflowError):
        return None
