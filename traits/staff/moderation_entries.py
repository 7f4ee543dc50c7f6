"""What staff did with candidates, for those who watch over it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from traits.models import ModerationEntry
from traits.staff.base import ReadOnlyAdmin


@admin.register(ModerationEntry)
class ModerationEntryAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "action", "candidate", "person", "actor", "reason")
    list_filter = ("action",)
    list_select_related = ("actor",)
    list_per_page = 50
    search_fields = ("=candidate_id", "=user__id")
    search_help_text = "The whole id of a candidate or a person"
    ordering = ("-created_at", "entry_id")
    sortable_by = ()
    fields = ("created_at", "action", "candidate_id", "person", "actor", "reason", "before", "after", "batch_id")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Lists are not filtered by states: no link does, and not every text is one that JSON holds."""
        is_state = lookup.partition("__")[0] in ("before", "after")
        return not is_state and bool(super().lookup_allowed(lookup, value, request))

    readonly_fields = ("person",)

    @admin.display(description="person")
    def person(self, entry: ModerationEntry) -> str:
        return str(entry.user_id)

    @admin.display(description="candidate")
    def candidate(self, entry: ModerationEntry) -> SafeString:
        return format_html('<span class="id">{}</span>', entry.candidate_id)
