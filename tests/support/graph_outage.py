"""A graph that does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graph import connection as graph


@contextmanager
def away(settings: Any) -> Iterator[None]:
    """Make the graph unreachable while the block runs."""
    there, settings.NEO4J_URL = settings.NEO4J_URL, "bolt://127.0.0.1:1"
    graph.drop_driver()
    yield
    settings.NEO4J_URL = there
    graph.drop_driver()
    graph._away_until = 0.0
