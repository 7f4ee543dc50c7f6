"""Who of the staff looked at the person's pages, when and why; traits/staff/access.py writes it."""

from django.db.models import QuerySet

from ptfi.accounts.models import User
from ptfi.web import keyset
from ptfi.web.keyset import Page
from traits.models import AccessEntry

ORDER = ("-created_at", "-pk")
HIDDEN = ("people", "words")


def access_log(user: User, after: str = "") -> Page[AccessEntry]:
    """A page of the times that staff looked, newest first."""
    rows = keyset.by_ids_if_few(looks(user))
    return keyset.page(rows.defer(*HIDDEN), ORDER, after)


def access_count(user: User) -> int:
    return looks(user).count()


def looks(user: User) -> QuerySet[AccessEntry]:
    """All looks that concern the person, without whom else they concern and what was searched for."""
    return AccessEntry.objects.filter(AccessEntry.about(user.pk)).defer(*HIDDEN)
