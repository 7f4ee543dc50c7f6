"""Downloads of all of a person's data. Each holds a PostgreSQL connection until it ends, so their number is limited."""

import threading
import uuid
import weakref
from collections import Counter
from collections.abc import Generator, Iterator

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ptfi.errors import RuleError

MOST_OF_ONE = 2
"""Downloads per person that may run in a process at a time; see _most() for all people together."""

# Reentrant, because the garbage collector may end a download in a thread that holds the lock.
_lock = threading.RLock()
_under_way: Counter[uuid.UUID] = Counter()


class BusyError(RuleError):
    status = 429
    code = "throttled"
    message = _("Other downloads are still running. Please try again in a minute.")
    retry_after = 60


class Download(Iterator[bytes]):
    """The pieces of a download. It counts as running until the last piece is taken or it is closed."""

    def __init__(self, user_id: uuid.UUID, pieces: Generator[bytes, None, None]) -> None:
        """Raises BusyError before anything is read."""
        _begin(user_id)
        self._pieces = pieces
        self._end = weakref.finalize(self, _end, user_id)

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self._end()
            raise

    def close(self) -> None:
        try:
            self._pieces.close()
        finally:
            self._end()


def _most() -> int:
    """The limit for all people: half of the connections, and always fewer than the threads."""
    return max(1, min(settings.DB_POOL_SIZE // 2, settings.WEB_THREADS - 1))


def _begin(user_id: uuid.UUID) -> None:
    with _lock:
        if _under_way[user_id] >= MOST_OF_ONE or _under_way.total() >= _most():
            raise BusyError
        _under_way[user_id] += 1


def _end(user_id: uuid.UUID) -> None:
    with _lock:
        _under_way[user_id] -= 1
        if not _under_way[user_id]:
            del _under_way[user_id]
