"""Searches and files across people: they take a reason too, and everybody whose rows they show finds them recorded."""

import uuid
from collections.abc import Collection

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from ptfi.db import sql
from traits.models.staff_access import AccessEntry, AccessKind
from traits.staff.access import ONCE_IN, is_over, looked_at_many, offered, reason_page, sent_reason

SEARCHED = "access_search"
"""In the session: the row of the newest search, which has its reason and words, and when the reason was given."""


def asks_to_search(
    request: HttpRequest, *, words: str, people: Collection[uuid.UUID], number: int
) -> HttpResponse | None:
    """The page that asks why, or None when this session gave a reason for these words; then the search is recorded.

    Call it with the people and the number of the rows that were found, before these are shown. Other words take a
    reason of their own, and the page offers the one before.
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
    """Erase what was searched for longer ago than it is kept."""
    sql.call("erase_search_words")


def _record(
    request: HttpRequest, words: str, people: Collection[uuid.UUID], number: int, reason: str, since: str = ""
) -> None:
    """since: when the reason was given, where that was before."""
    erase_old_words()
    entry = looked_at_many(request, AccessKind.SEARCH, number, people=people, words=words, reason=reason)
    request.session[SEARCHED] = {"entry": entry.pk, "since": since or entry.created_at.isoformat()}
