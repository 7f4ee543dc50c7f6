"""The receipts of erasures, for staff."""

import uuid

from django.contrib import admin

from ptfi.staff.base import ReadOnlyAdmin
from traits.models import AccessKind, Erasure
from traits.staff.access import PersonalAdmin


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
