"""The access log as the person sees it: which staff looked, when and why. Written by traits/staff/access.py."""

from django.db.models import QuerySet

from ptfi.accounts.models import User
from ptfi.web import keyset
from ptfi.web.keyset import Page
from traits.models import AccessEntry

ORDER = ("-created_at", "-pk")
HIDDEN = ("people", "words")


def access_log(user: User, after: str = "") -> Page[AccessEntry]:
    """Return a page of the access log, newest first."""
    rows = keyset.by_ids_if_few(looks(user))
    return keyset.page(rows.defer(*HIDDEN), ORDER, after)


def access_count(user: User) -> int:
    return looks(user).count()


def looks(user: User) -> QuerySet[AccessEntry]:
    """Return all entries about the person, without the other people concerned and the words searched for."""
    return AccessEntry.objects.filter(AccessEntry.about(user.pk)).defer(*HIDDEN)
