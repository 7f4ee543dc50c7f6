"""Downloads of all that somebody has: each holds a connection to PostgreSQL until it ends, so few may be under way."""

import threading
import uuid
import weakref
from collections import Counter
from collections.abc import Generator, Iterator

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ptfi.errors import RuleError

MOST_OF_ONE = 2
"""Downloads of one person that may be made in a process at a time; see _most() for all people."""

# Of many turns: the collector may end a download in the thread that counts.
_lock = threading.RLock()
_under_way: Counter[uuid.UUID] = Counter()


class BusyError(RuleError):
    status = 429
    code = "throttled"
    message = _("Other downloads are still running. Please try again in a minute.")
    retry_after = 60


class Download(Iterator[bytes]):
    """What a person downloads, in pieces; under way until the last is taken, or until it is closed."""

    def __init__(self, user_id: uuid.UUID, pieces: Generator[bytes, None, None]) -> None:
        """Raises BusyError; then nothing was read."""
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
    """Of all people: half of the connections, and never all threads."""
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
