"""Who of the staff looked at the person's pages, when and why; traits/staff/access.py writes it."""

import dataclasses

from django.db.models import Q

from ptfi.accounts.models import User
from traits.models import AccessEntry

PAGE = 30


@dataclasses.dataclass(frozen=True, kw_only=True)
class Looks:
    """Some of the looks, and the key to go on from; next is "" at the end."""

    rows: list[AccessEntry]
    next: str


def looks(user: User, after: str = "") -> Looks:
    """A page of them, newest first; a key that is not one of theirs starts at the beginning."""
    rows = AccessEntry.objects.filter(subject_id=user.pk)
    last = rows.filter(pk=int(after)).first() if after.isascii() and after.isdigit() and len(after) < 19 else None
    if last:
        older = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk)
        rows = rows.filter(older, created_at__lte=last.created_at)
    found = list(rows.order_by("-created_at", "-pk")[: PAGE + 1])
    return Looks(rows=found[:PAGE], next=str(found[PAGE - 1].pk) if len(found) > PAGE else "")


def look_count(user: User) -> int:
    return AccessEntry.objects.filter(subject_id=user.pk).count()
