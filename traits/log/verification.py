"""Checking a person's hash chain, in pieces that each take a moment, and saying what was found."""

import dataclasses
import datetime as dt
import itertools

from django.db.models import Count, Max, Min, Q

from ptfi.accounts.models import User
from ptfi.db.snapshot import snapshot
from traits import selectors
from traits.log import entries as log
from traits.models import UserRefinedTrait

PIECE = 5_000
"""Entries that are checked at once."""
MOST_FAULTS = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checked:
    """What a piece of the check found. done of total entries are checked; faults in words, none while it is unbroken.

    since and until are the times of the first and the newest entry, redacted counts those that lost a text.
    """

    done: int
    total: int
    since: dt.datetime | None
    until: dt.datetime | None
    redacted: int
    faults: list[str]

    @property
    def is_finished(self) -> bool:
        return self.done >= self.total or bool(self.faults)


def check(user: User, after: int = 0) -> Checked:
    """Check a piece of entries after the one of that number, as of one moment; the caller is in no transaction."""
    with snapshot():
        persona = selectors.persona(user)
        faults = list(itertools.islice(log.verify(persona, after=after, count=PIECE), MOST_FAULTS))
        found = UserRefinedTrait.objects.filter(user=user).aggregate(
            since=Min("created_at"), until=Max("created_at"), redacted=Count("pk", filter=Q(salt=b""))
        )
    return Checked(done=min(after + PIECE, persona.revision), total=persona.revision, faults=faults, **found)
