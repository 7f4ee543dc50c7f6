"""Limits on second-step codes. They are strict, because only people who know the password get this far.

After five wrong codes in five minutes an account accepts none for five minutes, after the next five for ten, and so on
up to four hours, until a day has passed without a wrong code. The owner gets an e-mail each time. Passkeys keep
working.
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
"""Seconds in which TRIES codes may be wrong."""
LONGEST = 4 * 3600
FORGOTTEN = 86_400
"""Seconds after the last wrong code after which everything is reset."""
NEW: dict[str, Any] = {"tried": [], "wrong_at": 0.0, "pauses": 0, "paused_at": 0.0, "until": 0.0}


@dataclass(frozen=True)
class Attempt:
    """A code that is being checked; it counts as wrong until it is rolled back."""

    request: HttpRequest
    user: User
    at: float
    pause: int
    """Seconds for which no code is accepted after this one, if it is wrong."""
    wrong_before: float
    """When the previous wrong code was entered, in seconds since the epoch."""
    address: Any
    """The attempt's entry in the limit of its network address."""

    def fail(self) -> None:
        """Record the wrong code, and notify the person if it was one too many."""
        record(Kind.CODE_WRONG, user_id=self.user.pk, request=self.request)
        if self.pause:
            told = {"tries": TRIES, "minutes": self.pause // 60}
            get_adapter().send_notification_mail("account/email/wrong_codes", self.user, told)

    def roll_back(self) -> None:
        """Remove this attempt because its code was right; other attempts still count."""
        self.address.rollback()
        with cache_lock(_key(self.user)) as locked:
            state = cache.get(_key(self.user))
            # Without the lock the attempt stays counted, which only makes the limit stricter.
            if not locked or state is None:
                return
            state["tried"] = [at for at in state["tried"] if at != self.at]
            state["wrong_at"] = max([self.wrong_before, *state["tried"]])
            if state["paused_at"] == self.at:
                state |= {"pauses": state["pauses"] - 1, "paused_at": 0.0, "until": 0.0}
            cache.set(_key(self.user), state, FORGOTTEN)


def count_failure(request: HttpRequest) -> Any:
    """Count a failed sign-in against the network address; None if it had too many. A success rolls it back."""
    return consume(request, app="allauth.account", action="failed_by_address")


def begin_attempt(request: HttpRequest, user: User) -> Attempt | None:
    """Count a code as wrong before it is checked, so that parallel attempts gain nothing.

    Returns None if the account or its network accepts no code now.
    """
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
