"""Accounts in the Django admin."""

import json
import uuid
from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User, known_as
from ptfi.oauth.grants import disconnect_all
from ptfi.staff.base import StaffAdmin, own_words
from traits.models import AccessKind
from traits.staff.access import PersonalAdmin
from traits.staff.permissions import PermissionsAdmin, role_words

# Write access to these means control over any account: e-mail addresses, second factors and sessions.
for model in (EmailAddress, Authenticator, UserSession, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Group)
class RoleAdmin(PermissionsAdmin, StaffAdmin, GroupAdmin):
    """Roles. For superusers only, since they determine what staff may see."""

    page_name = _("Roles and permissions")
    list_display = ("role",)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        title: dict[str, Any] = {"title": _("Change role") if object_id else _("Add role")}
        if role := self.get_object(request, object_id or ""):
            title["subtitle"] = role_words(role)
        page: HttpResponse = super().changeform_view(request, object_id, form_url, title | (extra_context or {}))
        return page

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """List the roles by their labels; the rows that give them permissions say nothing to a reader."""
        _listed, _counted, *refused = super().get_deleted_objects(objs, request)
        names = [own_words(role_words(role)) for role in objs]
        return names, {self.opts.verbose_name_plural: len(names)}, *refused

    @admin.display(description=_("role"), ordering="name")
    def role(self, row: Group) -> SafeString:
        return own_words(role_words(row))


class AddUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    email = forms.EmailField(label=_("E-mail address"), max_length=254)

    class Meta:
        model = User
        fields = ["email"]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        return email


@admin.register(User)
class UserAdmin(PermissionsAdmin, PersonalAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """Accounts of people and staff. E-mail addresses are changed only by their owners, who must verify them."""

    access_kind = AccessKind.ACCOUNT
    page_name = _("Accounts")
    list_display = ["person", "address", "pipeline_id", "active", "staff"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["email__exact", "external_id__exact"]
    search_help_text = _("Full e-mail address or external ID")
    ordering = ["-date_joined", "id"]
    readonly_fields = ["address", "pipeline_id", "invited_email", "invited_at", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["address", "password", "pipeline_id", "invited_email", "display_name"]}),
        (
            _("Preferences"),
            {"fields": ["language", "language_chosen", "time_zone", "time_zone_chosen", "keys_enabled"]},
        ),
        (_("Permissions"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_form = AddUserForm
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})]

    @admin.display(description=_("account"))
    def person(self, row: User) -> SafeString:
        return own_words(row)

    @admin.display(description=_("email address"))
    def address(self, row: User) -> SafeString:
        return own_words(row.email or "–")

    @admin.display(description=_("external ID"))
    def pipeline_id(self, row: User) -> SafeString:
        return own_words(row.external_id or "–")

    @admin.display(description=_("active"))
    def active(self, row: User) -> str:
        return gettext("Yes") if row.is_active else gettext("No")

    @admin.display(description=_("staff"))
    def staff(self, row: User) -> str:
        return gettext("Yes") if row.is_staff else gettext("No")

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002 (Django's)
        queryset: models.QuerySet[User],
        search_term: str,
    ) -> tuple[models.QuerySet[User], bool]:
        """Find accounts by exact address or external id, both indexed; addresses are stored in lower case."""
        term = search_term.strip()
        found = queryset.filter(models.Q(email=term.lower()) | known_as(term)) if term else queryset
        return found, False

    def person_of(self, row: User) -> uuid.UUID:
        return row.pk

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Let only superusers grant permissions; other staff could otherwise grant themselves everything."""
        # The account with the external id receives that person's suggestions, so only the pipeline sets it.
        fields = ["external_id"] if obj is None else [*self.readonly_fields, "external_id"]
        if not request.user.is_superuser:
            fields += ["is_staff", "is_superuser", "groups", "user_permissions"]
        return fields

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # noqa: ARG002 (Django's)
        """Refuse deletion: a person's log must not depend on one click. Accounts are deactivated instead."""
        return False

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Let only superusers set passwords, because a password gives access to the account."""
        if not request.user.is_superuser:
            raise PermissionDenied
        if asked := self.asks(request, id):
            return asked
        response: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            disconnect_all(User.objects.get(pk=id))
        return response

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        return _log(request, obj, ADDITION, message)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        return _log(request, obj, CHANGE, message)


def _log(request: HttpRequest, user: User, flag: int, message: Any) -> LogEntry:
    """Log as Django does, but with the account's id where Django would write a name or an address."""
    return LogEntry.objects.create(
        user_id=cast(User, request.user).pk,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr=str(user.pk),
        action_flag=flag,
        change_message=json.dumps(message) if isinstance(message, list) else message,
    )
