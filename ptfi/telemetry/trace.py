"""The request or batch that the current thread works on, for log lines and statements."""

import os
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper

REQUEST, BATCH = "request", "batch"
# Only ids pass: a caller must not be able to write text into the logs.
ID = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_current: ContextVar[tuple[str, str]] = ContextVar("trace", default=("", ""))


def begin(kind: str, wanted: str = "") -> str:
    """From now on, this thread works on a request or batch. Its id is the given one if that is a UUID."""
    name = str(uuid.UUID(wanted)) if wanted and ID.fullmatch(wanted) else new_id()
    _current.set((kind, name))
    return name


def new_id() -> str:
    """Like str(uuid.uuid4()) in a quarter of the time; each request calls it."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def end() -> None:
    _current.set(("", ""))


def current() -> tuple[str, str]:
    """Kind and id; two empty texts if nothing was begun."""
    return _current.get()


def current_request() -> str:
    """The id of the request; a new one outside of requests."""
    kind, name = _current.get()
    return name if kind == REQUEST else new_id()


def comment(execute: Callable[..., Any], text: Any, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
    """Put the id in front of an ORM statement, as a comment that PostgreSQL shows and logs.

    Not in front of prepared statements, which are found by their texts (docs/decisions/0009-ids-in-statements.md).
    """
    kind, name = _current.get()
    if kind and isinstance(text, str) and isinstance(context["cursor"].cursor, psycopg.ClientCursor):
        text = f"/* {kind}={name} */ {text}"
    return execute(text, parameters, many, context)


def comment_statements(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Add the comment to the connection's statements; called whenever a connection is opened."""
    if comment not in connection.execute_wrappers:
        connection.execute_wrappers.append(comment)
