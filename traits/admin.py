"""What staff see of the personas: how far the graph is, and no word of anybody's."""

import uuid

from django.contrib import admin

from traits.models import AccessKind, Erasure, Persona
from traits.staff import candidates as candidates
from traits.staff import moderation_entries as moderation_entries
from traits.staff.access import PersonalAdmin
from traits.staff.base import ReadOnlyAdmin


@admin.register(Persona)
class PersonaAdmin(PersonalAdmin, ReadOnlyAdmin):
    access_kind = AccessKind.PERSONA
    list_display = ("user_id", "revision", "behind", "projected_at", "attempts", "next_attempt_at", "last_error")
    list_filter = ("attempts",)
    search_fields = ("=user__id",)
    ordering = ("-attempts", "user_id")
    exclude = ("user", "hash")
    readonly_fields = ("user_id", "behind")


@admin.register(Erasure)
class ErasureAdmin(PersonalAdmin, ReadOnlyAdmin):
    access_kind = AccessKind.ERASURE
    list_display = (
        "erasure_id",
        "subject_id",
        "kind",
        "state",
        "requested_at",
        "erased_at",
        "graph_cleared_at",
        "last_error",
    )
    list_filter = ("kind", "state")
    search_fields = ("=subject_id",)
    ordering = ("-requested_at",)
    # What is being erased is nobody's to read.
    exclude = ("user", "target", "bar")

    def person_of(self, row: Erasure) -> uuid.UUID:
        """Receipts outlive the account."""
        return row.subject_id
