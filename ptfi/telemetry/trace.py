"""What the process is doing right now: the request or the batch that log lines and statements belong to."""

import os
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper

REQUEST, BATCH = "request", "batch"
# Nothing but an id passes: what a caller sends must not carry a text into the logs.
ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_current: ContextVar[tuple[str, str]] = ContextVar("trace", default=("", ""))


def begin(kind: str, wanted: str = "") -> str:
    """From here on, this thread works on a request or batch; its id is the wanted one where that is a UUID."""
    name = str(uuid.UUID(wanted)) if wanted and ID.fullmatch(wanted) else new_id()
    _current.set((kind, name))
    return name


def new_id() -> str:
    """As str(uuid.uuid4()), in a quarter of its time, which every request takes."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def end() -> None:
    _current.set(("", ""))


def current() -> tuple[str, str]:
    """Kind and id; two empty texts where nothing was begun."""
    return _current.get()


def current_request() -> str:
    """The id of the request; a new one outside of any."""
    kind, name = _current.get()
    return name if kind == REQUEST else new_id()


def comment(execute: Callable[..., Any], text: Any, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
    """Put the id before a statement of the ORM, as a comment that PostgreSQL shows and logs.

    Not before statements of our own, which are prepared by their texts (docs/decisions/0009-ids-in-statements.md).
    """
    kind, name = _current.get()
    if kind and isinstance(text, str) and isinstance(context["cursor"].cursor, psycopg.ClientCursor):
        text = f"/* {kind}={name} */ {text}"
    return execute(text, parameters, many, context)


def comment_statements(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Have the connection's statements commented; called each time that one is opened."""
    if comment not in connection.execute_wrappers:
        connection.execute_wrappers.append(comment)
