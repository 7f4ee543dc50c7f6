"""The moderation log, for auditors: what staff did with candidates."""

import json

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ptfi.staff.base import ReadOnlyAdmin, code, own_words
from traits.models import AccessKind, ModerationEntry
from traits.staff.access import PersonalAdmin


@admin.register(ModerationEntry)
class ModerationEntryAdmin(PersonalAdmin, ReadOnlyAdmin):
    access_kind = AccessKind.MODERATION
    page_name = _("Moderation log")
    list_display = ("created_at", "action", "candidate", "person", "member", "why")
    list_filter = ("action",)
    list_select_related = ("actor",)
    list_per_page = 50
    search_fields = ("=candidate_id", "=user__id")
    search_help_text = _("Full ID of a suggestion or person")
    ordering = ("-created_at", "entry_id")
    sortable_by = ()
    fields = (
        "created_at",
        "action",
        "candidate",
        "person",
        "member",
        "why",
        "state_before",
        "state_after",
        "batch",
        "whole_import",
    )
    readonly_fields = ("candidate", "person", "member", "why", "state_before", "state_after", "batch", "whole_import")

    @admin.display(description=_("person"))
    def person(self, entry: ModerationEntry) -> SafeString:
        return code(entry.user_id)

    @admin.display(description=_("suggestion"))
    def candidate(self, entry: ModerationEntry) -> SafeString:
        return code(entry.candidate_id)

    @admin.display(description=_("staff member"))
    def member(self, entry: ModerationEntry) -> SafeString:
        return own_words(entry.actor)

    @admin.display(description=_("reason"))
    def why(self, entry: ModerationEntry) -> SafeString:
        return own_words(entry.reason or "–")

    @admin.display(description=_("before"))
    def state_before(self, entry: ModerationEntry) -> SafeString:
        return code(json.dumps(entry.before))

    @admin.display(description=_("after"))
    def state_after(self, entry: ModerationEntry) -> SafeString:
        return code(json.dumps(entry.after))

    @admin.display(description=_("batch"))
    def batch(self, entry: ModerationEntry) -> SafeString:
        return code(entry.batch_id)

    @admin.display(description=_("import"))
    def whole_import(self, entry: ModerationEntry) -> SafeString:
        return code(entry.ingest_batch or "–")
