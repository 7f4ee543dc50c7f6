"""What is found by its name from every page: actions, pages, filters of the queue, and traits."""

import dataclasses
from collections.abc import Iterable
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.texts import Text
from traits.confidence import BAND_CHOICES
from traits.models import Category, SavedView
from traits.review.keys.actions import ACTIONS
from traits.review.order.sorts import SORTS
from traits.review.order.sorts import TABS as SORTS_OF
from traits.review.selectors import TABS, QueueFilters
from traits.search.traits import traits_to_merge_into

PAGES: dict[str, Text] = {
    "review": _("Review"),
    "overview": _("Your persona at a glance"),
    "traits": _("My traits"),
    "graph": _("Graph"),
    "trait_new": _("Add a trait"),
    "trait_duplicates": _("Find duplicates"),
    "history": _("History"),
    "persona_past": _("At a past date"),
    "styles": _("Communication style"),
    "review_views": _("Saved views"),
    "review_keys": _("Keyboard shortcuts"),
    "my_data": _("My data"),
    "suppressions": _("Blocked suggestions"),
    "sources": _("Sources"),
    "staff_access": _("Access log"),
    "connected_apps": _("Connected apps"),
    "what_apps_read": _("What apps read"),
    "account_preferences": _("Preferences"),
    "account_email": _("E-mail addresses"),
    "account_change_password": _("Password"),
    "mfa_index": _("Security"),
    "usersessions_list": _("Sessions"),
    "account_activity": _("Security activity"),
}
"""By the name of their address."""
MOST_TRAITS = 12


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """Something that was found, and where it leads; action: what a key does, which a page may do itself."""

    words: str
    href: str
    action: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    name: str
    found: list[Found]


def find(user: User, q: str) -> list[Group]:
    """Return what has all typed words in its name, by kind; everything but traits if nothing was typed."""
    typed = q.casefold().split()
    groups = [
        Group(name=gettext("Actions"), found=_having(typed, _actions())),
        Group(name=gettext("Pages"), found=_having(typed, _pages())),
        Group(name=gettext("Filters"), found=_having(typed, [*_filters(), *_views(user)])),
        Group(name=gettext("Traits"), found=_traits(user, q) if typed else []),
        Group(name=gettext("Suggestions"), found=[_search(q)] if typed else []),
    ]
    return [group for group in groups if group.found]


def _having(typed: list[str], entries: Iterable[Found]) -> list[Found]:
    return [each for each in entries if all(word in each.words.casefold() for word in typed)]


def _actions() -> Iterable[Found]:
    elsewhere = {"add": reverse("trait_new")}
    for name, action in ACTIONS.items():
        yield Found(words=capfirst(str(action.words)), href=elsewhere.get(name, reverse("review")), action=name)


def _pages() -> Iterable[Found]:
    return (Found(words=str(words), href=reverse(name)) for name, words in PAGES.items())


def _filters() -> Iterable[Found]:
    for tab, words in TABS.items():
        yield _filter(gettext("Suggestions"), words, QueueFilters(tab=tab))
    for category, words in Category.choices:
        yield _filter(gettext("Category"), words, QueueFilters(category=category))
    for band, words in BAND_CHOICES:
        yield _filter(gettext("Confidence"), words, QueueFilters(band=band))
    for sort in SORTS_OF["review"]:
        yield _filter(gettext("Order"), SORTS[sort], QueueFilters(sort=sort))


def _filter(kind: str, words: Text, filters: QueueFilters) -> Found:
    query = filters.query()
    return Found(words=f"{kind}: {words}", href=reverse("review") + (f"?{query}" if query else ""))


def _views(user: User) -> Iterable[Found]:
    rows = SavedView.objects.filter(user=user).order_by("sort_key", "pk").values_list("name", "query")
    for name, query in rows:
        yield Found(words=f"{gettext('Saved view')}: {name}", href=f"{reverse('review')}?{query}")


def _traits(user: User, q: str) -> list[Found]:
    traits = traits_to_merge_into(user, q, limit=MOST_TRAITS)
    return [Found(words=trait.name, href=reverse("trait", args=[trait.pk])) for trait in traits]


def _search(q: str) -> Found:
    words = gettext("Search suggestions for “%(typed)s”") % {"typed": q}
    return Found(words=words, href=f"{reverse('review')}?{urlencode({'q': q})}")
