"""The transaction that a front door opens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

BEFORE: ContextVar[Callable[[], None] | None] = ContextVar("before", default=None)
"""What a front door of the current request does first, inside its transaction: ptfi/web/submissions.py claims the key
of the form that was sent. If it raises an error, nothing is done."""


@contextmanager
def front_door() -> Iterator[None]:
    """The one durable transaction of a page, an operation of the API or a command: `with front_door(): …`.

    Services are atomic themselves, and become part of it. When the block ends, all that they did is committed, and an
    answer that is sent after it is never lost; after an exception nothing of it was done. So errors are handled
    outside the block, and nothing in it asks the graph or the network. It never stands inside another transaction:
    Django raises RuntimeError there.
    """
    with transaction.atomic(durable=True):
        if before := BEFORE.get():
            before()
        yield
