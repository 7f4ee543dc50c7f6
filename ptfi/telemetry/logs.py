"""Formats log lines as JSON or text, without anything that may be a person's words.

Our own messages contain only ids and names of errors. Messages of packages may quote anything, so their values are left
out; of an exception only its class and location are logged, never its text.
"""

import datetime as dt
import logging
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
from django.utils.functional import SimpleLazyObject

from ptfi.telemetry import trace

OURS = ("ptfi", "traits", "graph")
ANSWERS = ("django.request", "django.security")
FRAMES = 6
"""Frames of a traceback that are named, from the innermost."""
Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of a record; `extra={"said": {…}}` adds our own."""
    moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
    kind, name = trace.current()
    said = {
        "time": moment.isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": _message(record),
    }
    more: dict[str, Any] = getattr(record, "said", {})
    return said | more | ({kind: name} if kind else {}) | _answer(record) | _error(record.exc_info)


def _message(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] in OURS:
        return record.getMessage()
    if record.name.startswith(ANSWERS):
        # The package's own text quotes addresses, hosts and referrers.
        return "The request was not answered as asked"
    return str(record.msg).partition("\n")[0]


def _answer(record: logging.LogRecord) -> dict[str, Any]:
    """The request of a record, by the name of its view: addresses can contain words."""
    status, request = getattr(record, "status_code", None), getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    known = {"status": status, "method": getattr(request, "method", None), "view": getattr(match, "view_name", None)}
    return {name: value for name, value in (known | {"user": _who(request)}).items() if value is not None}


def _who(request: Any) -> str | None:
    """The id of the account behind the request, if it is known already; logging never queries the database."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)
    pk = getattr(user, "pk", None)
    return str(pk) if pk else None


def _error(raised: Raised | None) -> dict[str, Any]:
    if not raised or raised[1] is None:
        return {}
    kinds = list[str]()
    error: BaseException | None = raised[1]
    while error is not None and len(kinds) < FRAMES:
        kinds.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    frames = traceback.extract_tb(raised[2])[-FRAMES:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    return {"error": " from ".join(kinds), "at": places}


class JsonFormatter(logging.Formatter):
    """One JSON line per record."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps(fields(record), default=str).decode()


class LineFormatter(logging.Formatter):
    """One text line per record, for terminals."""

    def format(self, record: logging.LogRecord) -> str:
        said = fields(record)
        first = " ".join(said.pop(name) for name in ("time", "level", "logger", "message"))
        places = said.pop("at", [])
        return " ".join([first, *(f"{name}={value}" for name, value in said.items()), *(f"at {it}" for it in places)])
