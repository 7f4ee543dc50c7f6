"""Connections that listen for PostgreSQL's notifications, outside the pool."""

from typing import Any

from django.db import connection

LISTEN_SECONDS = 15.0
"""Seconds of silence after which a listening connection is tested."""


def parameters(name: str) -> dict[str, Any]:
    """What to connect with, as Django would; name: what PostgreSQL shows of the connection."""
    wanted = connection.get_connection_params()
    passed = {name: value for name, value in wanted.items() if name not in ("pool", "context", "cursor_factory")}
    return passed | {"autocommit": True, "connect_timeout": 5, "application_name": name}
