"""What the pages of staff have in common."""

import uuid
from collections.abc import Iterable
from typing import Any, Protocol

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ptfi.accounts.models import User
from ptfi.web.language import Text


class OfPerson(Protocol):
    """A row that belongs to a person."""

    @property
    def user(self) -> User: ...

    @property
    def user_id(self) -> uuid.UUID: ...


class StaffAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What an address may ask for: rows by their ids, and lists by the filters that stand beside them.

    page_name: what menus and the list are called, where that is not what its rows are called.
    """

    page_name: Text = ""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """No filters by other fields: they would tell, a letter at a time, what no page shows."""
        if any("\0" in each for each in value):
            return False
        name, _, how = lookup.partition("__")
        shown = {getattr(each, "parameter_name", each) for each in self.get_list_filter(request)}
        return name in shown and how in ("", "exact", "isnull")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """None also for ids that no row can have; a field's name that was sent empty is none."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field or None)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, called what its menu calls it."""
        title = {"title": self.page_name or capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))


class ReadOnlyAdmin(StaffAdmin):
    """Rows change by decisions, by services and by the projector alone."""

    # Both would count the whole table.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    has_change_permission = has_delete_permission = has_add_permission


def code(value: object) -> SafeString:
    """An id or what else is the same in every language, as lists and pages show it."""
    return format_html("<code>{}</code>", value)


def own_words(value: object) -> SafeString:
    """What people or the pipeline wrote themselves, in whatever direction it runs."""
    return format_html("<bdi>{}</bdi>", value)


def named(request: HttpRequest, people: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What to call each person: by name for those who may see accounts, else by id."""
    ids = set(people)
    if not ids or not request.user.has_perm("accounts.view_user"):
        return {pk: str(pk) for pk in ids}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=ids)}


def people_of(request: HttpRequest, rows: Iterable[OfPerson]) -> dict[uuid.UUID, str]:
    """As named(), of rows that came with their people for those who may see accounts."""
    by_name = request.user.has_perm("accounts.view_user")
    return {row.user_id: str(row.user) if by_name else str(row.user_id) for row in rows}
