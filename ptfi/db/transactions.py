"""The transaction that a front door opens."""

from django.db import transaction
from django.db.transaction import Atomic


def front_door() -> Atomic:
    """The one durable transaction of a page, an operation of the API or a command: `with front_door(): …`.

    Services are atomic themselves, and become part of it. When the block ends, all that they did is committed, and an
    answer that is sent after it is never lost; after an exception nothing of it was done. So errors are handled
    outside the block, and nothing in it asks the graph or the network. It never stands inside another transaction:
    Django raises RuntimeError there.
    """
    return transaction.atomic(durable=True)
