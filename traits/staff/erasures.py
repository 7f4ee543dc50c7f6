"""Receipts of erasures, for staff."""

import json
import uuid

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ptfi.staff.base import ReadOnlyAdmin, code
from traits.models import AccessKind, Erasure
from traits.staff.access import PersonalAdmin


@admin.register(Erasure)
class ErasureAdmin(PersonalAdmin, ReadOnlyAdmin):
    access_kind = AccessKind.ERASURE
    page_name = _("Erasures")
    list_display = (
        "erasure",
        "person",
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
    # Left out on purpose: what is being erased.
    fields = (
        *("erasure", "person", "kind", "state", "requested_at", "confirmed_at", "erased_at", "graph_cleared_at"),
        *("rows_erased", "kept_rows", "generation", "revision", "ids", "asked_by", "app", "reference"),
        *("attempts", "next_attempt_at", "last_error"),
    )
    readonly_fields = ("erasure", "person", "rows_erased", "kept_rows", "ids", "asked_by", "app")

    @admin.display(description=_("erasure"))
    def erasure(self, row: Erasure) -> SafeString:
        return code(row.pk)

    @admin.display(description=_("person"))
    def person(self, row: Erasure) -> SafeString:
        return code(row.subject_id)

    @admin.display(description=_("rows erased"))
    def rows_erased(self, row: Erasure) -> SafeString:
        return code(json.dumps(row.counts))

    @admin.display(description=_("kept"))
    def kept_rows(self, row: Erasure) -> SafeString:
        return code(json.dumps(row.kept))

    @admin.display(description=_("IDs to clear from the graph"))
    def ids(self, row: Erasure) -> SafeString:
        return code(", ".join(map(str, row.things)) or "–")

    @admin.display(description=_("requested by"))
    def asked_by(self, row: Erasure) -> SafeString:
        return code(row.actor_kind)

    @admin.display(description=_("app"))
    def app(self, row: Erasure) -> SafeString:
        return code(row.client_id or "–")

    def person_of(self, row: Erasure) -> uuid.UUID:
        """Return the subject's id, which the receipt keeps after the account is gone."""
        return row.subject_id
