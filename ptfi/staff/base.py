"""Base classes and helpers of staff's pages."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from ptfi.accounts.models import User
from ptfi.texts import Text


class StaffAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A model's pages for staff. An address may request rows by id, and lists by the filters shown next to them.

    page_name: the name in menus and above the list, if it differs from the model's.
    """

    page_name: Text = ""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse filters by other fields, which would reveal hidden values one letter at a time."""
        if any("\0" in each for each in value):
            return False
        name, _, how = lookup.partition("__")
        shown = {getattr(each, "parameter_name", each) for each in self.get_list_filter(request)}
        return name in shown and how in ("", "exact", "isnull")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return None for ids that no row can have as well; an empty field name counts as none."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field or None)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Give the list the title that the menu shows."""
        title = {"title": self.page_name or capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))


class ReadOnlyAdmin(StaffAdmin):
    """A model whose rows are changed only by decisions, services and the projector."""

    # Both would count the whole table.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    has_change_permission = has_delete_permission = has_add_permission


def code(value: object) -> SafeString:
    """An id or another text that is the same in every language, as it is shown in lists and pages."""
    return format_html("<code>{}</code>", value)


def own_words(value: object) -> SafeString:
    """A text by a person or the pipeline, isolated because of its writing direction."""
    return format_html("<bdi>{}</bdi>", value)


def named(request: HttpRequest, people: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """A label for each person: the name if this staff member may see accounts, else the id."""
    ids = set(people)
    if not ids or not request.user.has_perm("accounts.view_user"):
        return {pk: str(pk) for pk in ids}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=ids)}
