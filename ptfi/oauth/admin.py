"""Clients in the Django admin, without their secrets; ``manage.py create_oauth_client`` creates them."""

from typing import Any

from allauth.idp.oidc.models import Client, Token
from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.oauth.models import Webhook
from ptfi.oauth.registration import check_client
from ptfi.staff.base import StaffAdmin, code, own_words

for model in (Client, Token):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Client
        fields = ["name", "scopes", "redirect_uris", "cors_origins"]
        labels = {
            "name": _("Name"),
            "scopes": _("Scopes"),
            "redirect_uris": _("Redirect addresses"),
            "cors_origins": _("Origins allowed to send requests (CORS)"),
        }
        help_texts = {
            "scopes": _("What the app may ask for, one per line."),
            "redirect_uris": _("One per line."),
            "cors_origins": _("One per line."),
        }

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        try:
            check_client(self.instance)
        except forms.ValidationError as error:
            self.add_error(None, error)


@admin.register(Client)
class ClientAdmin(StaffAdmin):
    """For superusers only, because the redirect addresses decide where people's codes are sent."""

    page_name = _("Connected apps")
    form = ClientForm
    list_display = ("own_name", "client_id", "kind", "created")
    list_filter = ("type",)
    search_fields = ("=id", "name")
    fields = ("client_id", "kind", "name", "scopes", "redirect_uris", "cors_origins", "webhook", "created")
    readonly_fields = ("client_id", "kind", "webhook", "created")

    @admin.display(description=_("name"), ordering="name")
    def own_name(self, client: Client) -> SafeString:
        return own_words(client.name)

    @admin.display(description=_("client ID"))
    def client_id(self, client: Client) -> SafeString:
        return code(client.pk)

    @admin.display(description=_("type"))
    def kind(self, client: Client) -> str:
        return str(client.get_type_display())

    @admin.display(description=_("told of changes at"))
    def webhook(self, client: Client) -> str | SafeString:
        """The address; only ``manage.py create_oauth_client`` changes it, since it alone can show a new secret."""
        hook = Webhook.objects.filter(client=client).first()
        if hook is None:
            return "–"
        if not hook.failures:
            return code(hook.url)
        failed = gettext("did not acknowledge the last %(number)s messages")
        return format_html("{} ({})", code(hook.url), failed % {"number": hook.failures})

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, client: Client) -> str:
        return date_format(timezone.localtime(client.created_at), "DATETIME_FORMAT")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return request.user.is_active and request.user.is_superuser

    has_view_permission = has_delete_permission = has_change_permission
