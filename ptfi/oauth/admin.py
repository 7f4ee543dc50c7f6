"""Clients in the Django admin, without their secrets; ``manage.py create_oauth_client`` makes them."""

from typing import Any

from allauth.idp.oidc.models import Client, Token
from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ptfi.oauth.registration import check_client
from ptfi.staff.base import StaffAdmin

for model in (Client, Token):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Client
        fields = ["name", "scopes", "redirect_uris", "cors_origins"]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        try:
            check_client(self.instance)
        except forms.ValidationError as error:
            self.add_error(None, error)


@admin.register(Client)
class ClientAdmin(StaffAdmin):
    """Superusers only: the redirect addresses decide where people's codes are sent."""

    page_name = _("Connected apps")
    form = ClientForm
    list_display = ("name", "id", "type", "created_at")
    list_filter = ("type",)
    search_fields = ("=id", "name")
    fields = ("id", "type", "name", "scopes", "redirect_uris", "cors_origins", "created_at")
    readonly_fields = ("id", "type", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return request.user.is_active and request.user.is_superuser

    has_view_permission = has_delete_permission = has_change_permission
