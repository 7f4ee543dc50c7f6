"""How often codes of a second step may be tried: seldom, as only who knows the password can try one.

An account takes five wrong codes in five minutes. Then it takes none for five minutes, after the next five for ten, and
so on up to four hours, until no code was wrong for a day. Its owner is told by mail each time, and passkeys work.
"""

import time
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

from .activity.events import Kind, record
from .allauth_internals import cache_lock, consume
from .models import User

TRIES = 5
WINDOW = 300
"""Seconds in which so many may be wrong."""
LONGEST = 4 * 3600
FORGOTTEN = 86_400
"""Seconds after the newest wrong code after which all is as before."""
NEW: dict[str, Any] = {"tried": [], "wrong_at": 0.0, "pauses": 0, "paused_at": 0.0, "until": 0.0}


@dataclass(frozen=True)
class Attempt:
    """A code that is being tried; it counts as wrong until it is rolled back."""

    request: HttpRequest
    user: User
    at: float
    pause: int
    """Seconds for which no code is taken after this one, if it is wrong."""
    wrong_before: float
    """When a code was wrong before this one."""
    address: Any
    """What the attempt counts for against its network address."""

    def fail(self) -> None:
        """Note the wrong code, and tell the person where it was one too many."""
        record(Kind.CODE_WRONG, user_id=self.user.pk, request=self.request)
        if self.pause:
            told = {"tries": TRIES, "minutes": self.pause // 60}
            get_adapter().send_notification_mail("account/email/wrong_codes", self.user, told)

    def roll_back(self) -> None:
        """The code was right: it counts for nothing, and what others tried still counts."""
        self.address.rollback()
        with cache_lock(_key(self.user)) as locked:
            state = cache.get(_key(self.user))
            # Without the lock the limit is only stricter.
            if not locked or state is None:
                return
            state["tried"] = [at for at in state["tried"] if at != self.at]
            state["wrong_at"] = max([self.wrong_before, *state["tried"]])
            if state["paused_at"] == self.at:
                state |= {"pauses": state["pauses"] - 1, "paused_at": 0.0, "until": 0.0}
            cache.set(_key(self.user), state, FORGOTTEN)


def count_failure(request: HttpRequest) -> Any:
    """Count a failure to sign in against the network address; None if it had too many. A success rolls it back."""
    return consume(request, app="allauth.account", action="failed_by_address")


def begin_attempt(request: HttpRequest, user: User) -> Attempt | None:
    """Count a code as wrong before it is looked at, so that many at once are no more; None if none is taken now."""
    with cache_lock(_key(user)) as locked:
        now, state = time.time(), NEW | (cache.get(_key(user)) or {})
        if now - state["wrong_at"] > FORGOTTEN:
            state = dict(NEW)
        if not locked or now < state["until"] or not (address := count_failure(request)):
            record(Kind.CODE_REFUSED, user_id=user.pk, request=request)
            return None
        before = state["wrong_at"]
        state |= {"tried": [*(at for at in state["tried"] if at > now - WINDOW), now], "wrong_at": now}
        pause = 0
        if len(state["tried"]) >= TRIES:
            pause = min(WINDOW * 2 ** state["pauses"], LONGEST)
            state |= {"pauses": state["pauses"] + 1, "paused_at": now, "until": now + pause}
        cache.set(_key(user), state, FORGOTTEN)
    return Attempt(request, user, now, pause, before, address)


def _key(user: User) -> str:
    return f"codes of a second step:{user.pk}"
