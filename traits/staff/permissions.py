"""Labels of permissions on the pages that grant them: the database stores their names in one language only."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import ManyToManyField
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ptfi.texts import Text

OWN: Mapping[str, Text] = {
    "view_evidence": _("Read evidence"),
    "archive_candidate": _("Archive suggestions"),
    "requeue_candidate": _("Put suggestions back into the queue"),
    "flag_candidate": _("Hold suggestions back and release them"),
    "reassign_candidate": _("Give suggestions to someone else"),
    "import_candidates": _("Import suggestions"),
    "export_candidates": _("Download suggestions"),
    "check_log": _("Verify logs"),
    "act_for_person": _("Act on behalf of people"),
    "hold_projection": _("Pause and resume the projection"),
    "retry_projection": _("Retry and rebuild the projection"),
    "check_graph": _("Compare log and graph"),
    "view_search_words": _("Read the words of searches"),
    "export_quality": _("Download statistics"),
}
"""Labels of our own permissions, by codename."""
USUAL: Mapping[str, Text] = {
    "view": _("View: %(what)s"),
    "add": _("Add: %(what)s"),
    "change": _("Change: %(what)s"),
    "delete": _("Delete: %(what)s"),
}
"""Labels of the permissions that Django creates for each model."""


ROLES: Mapping[str, Text] = {
    "moderator": _("moderator"),
    "support": _("support"),
    "auditor": _("auditor"),
    "administrator": _("administrator"),
}
"""Labels of the roles that come with the product, by their names in the database."""


class RoleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return role_words(obj)


class PermissionField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return permission_words(obj)


class PermissionsAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base of the pages that grant permissions."""

    # Django's own widget needs inline styles, which the CSP forbids.
    filter_horizontal = ()
    formfield_overrides = {ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}

    def formfield_for_manytomany(self, db_field: Any, *args: Any, **kwargs: Any) -> Any:
        if db_field.related_model is Permission:
            kwargs["form_class"] = PermissionField
            kwargs["queryset"] = Permission.objects.select_related("content_type")
        elif db_field.related_model is Group:
            help_text = _("An account has all permissions of its roles.")
            kwargs |= {"form_class": RoleField, "label": _("Roles"), "help_text": help_text}
        return super().formfield_for_manytomany(db_field, *args, **kwargs)


def role_words(role: Group) -> str:
    """Return the role's label; roles created by operators are shown by name."""
    return str(ROLES.get(role.name, role.name))


def permission_words(permission: Permission) -> str:
    """Return what the permission allows, in the reader's language; unknown ones by their stored name."""
    if permission.codename in OWN:
        return str(OWN[permission.codename])
    usual = USUAL.get(permission.codename.partition("_")[0])
    model = permission.content_type.model_class()
    if usual is None or model is None:
        return permission.name
    return str(usual) % {"what": capfirst(model._meta.verbose_name_plural)}
