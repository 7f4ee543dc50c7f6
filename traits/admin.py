"""What staff see, in the Django admin; the graph's part is in graph/staff/admin.py."""

import uuid

from django.contrib import admin

from ptfi.staff.base import ReadOnlyAdmin
from traits.models import AccessKind, Erasure
from traits.staff import access_log as access_log
from traits.staff import accounts as accounts
from traits.staff import candidates as candidates
from traits.staff import log as log
from traits.staff import moderation_log as moderation_log
from traits.staff import on_behalf_admin as on_behalf_admin
from traits.staff.access import PersonalAdmin
from traits.staff.quality_admin import QualityAdmin as QualityAdmin


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
