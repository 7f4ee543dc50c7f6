"""Who of the staff looked at the person's pages, when and why; traits/staff/access.py writes it."""

from ptfi.accounts.models import User
from ptfi.web import keyset
from ptfi.web.keyset import Page
from traits.models import AccessEntry

ORDER = ("-created_at", "-pk")


def access_log(user: User, after: str = "") -> Page[AccessEntry]:
    """A page of the times that staff looked, newest first."""
    return keyset.page(AccessEntry.objects.filter(subject_id=user.pk), ORDER, after)


def access_count(user: User) -> int:
    return AccessEntry.objects.filter(subject_id=user.pk).count()
