"""Searches and exports across people: they require a reason, and are recorded for everyone whose rows they show."""

import uuid
from collections.abc import Collection

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from ptfi.db import sql
from traits.models.staff_access import AccessEntry, AccessKind
from traits.staff.access import ONCE_IN, is_over, looked_at_many, offered, reason_page, sent_reason

SEARCHED = "access_search"
"""Session key: the row of the latest search, with its reason and words, and when the reason was given."""


def asks_to_search(
    request: HttpRequest, *, words: str, people: Collection[uuid.UUID], number: int
) -> HttpResponse | None:
    """Return the page that asks for a reason; None, after recording the search, if these words have one.

    Call it with the people and the number of rows found, before showing these. Other words require a reason of their
    own; the page suggests the previous one.
    """
    given = request.session.get(SEARCHED)
    if form := sent_reason(request):
        if not form.is_valid():
            return reason_page(request, form, words=words)
        _record(request, words, people, number, form.cleaned_data["access_reason"])
        return HttpResponseRedirect(request.get_full_path())
    last = AccessEntry.objects.filter(pk=given["entry"]).first() if given else None
    if given is None or last is None or last.words != words or not last.reason or is_over(given):
        return reason_page(request, offered(given), words=words)
    if timezone.now() - last.created_at > ONCE_IN or not set(people) <= set(last.people):
        _record(request, words, people, number, last.reason, given["since"])
    return None


def erase_old_words() -> None:
    """Erase the words of searches whose retention period is over."""
    sql.call("erase_search_words")


def _record(
    request: HttpRequest, words: str, people: Collection[uuid.UUID], number: int, reason: str, since: str = ""
) -> None:
    """Record the search. since: when the reason was given, if that was earlier."""
    erase_old_words()
    entry = looked_at_many(request, AccessKind.SEARCH, number, people=people, words=words, reason=reason)
    request.session[SEARCHED] = {"entry": entry.pk, "since": since or entry.created_at.isoformat()}
