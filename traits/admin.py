"""What staff see of the personas: how far the graph is, and no word of anybody's."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from traits.models import Erasure, Persona

admin.site.site_header = admin.site.site_title = admin.site.index_title = "PTFI staff"


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows change by decisions and by the projector alone."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(Persona)
class PersonaAdmin(ReadOnlyAdmin):
    list_display = ("user_id", "revision", "behind", "projected_at", "attempts", "next_attempt_at", "last_error")
    list_filter = ("attempts",)
    search_fields = ("=user__id",)
    ordering = ("-attempts", "user_id")
    exclude = ("user", "hash")
    readonly_fields = ("user_id", "behind")


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
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
