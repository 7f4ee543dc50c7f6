from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class OAuthConfig(AppConfig):
    """OAuth clients: apps that act for people, and the pipeline, which brings suggestions."""

    name = "ptfi.oauth"
    label = "clients"

    def ready(self) -> None:
        from ptfi.oauth import cors

        cors.connect()
        # The library calls it by its protocol.
        apps.get_app_config("allauth_idp_oidc").verbose_name = _("Apps")
