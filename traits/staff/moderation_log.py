"""What staff did with candidates, for those who watch over it."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ptfi.staff.base import ReadOnlyAdmin
from traits.models import AccessKind, ModerationEntry
from traits.staff.access import PersonalAdmin


@admin.register(ModerationEntry)
class ModerationEntryAdmin(PersonalAdmin, ReadOnlyAdmin):
    access_kind = AccessKind.MODERATION
    list_display = ("created_at", "action", "candidate", "person", "actor", "reason")
    list_filter = ("action",)
    list_select_related = ("actor",)
    list_per_page = 50
    search_fields = ("=candidate_id", "=user__id")
    search_help_text = "The whole id of a candidate or a person"
    ordering = ("-created_at", "entry_id")
    sortable_by = ()
    fields = ("created_at", "action", "candidate_id", "person", "actor", "reason", "before", "after", "batch_id")
    readonly_fields = ("person",)

    @admin.display(description="person")
    def person(self, entry: ModerationEntry) -> str:
        return str(entry.user_id)

    @admin.display(description="candidate")
    def candidate(self, entry: ModerationEntry) -> SafeString:
        return format_html('<span class="id">{}</span>', entry.candidate_id)
