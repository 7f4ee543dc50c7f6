"""The project itself as an app: it carries the command that runs everything."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from ptfi.environment import warn_of_old_names
from ptfi.telemetry.trace import comment_statements

HEADINGS = {"auth": _("Roles"), "allauth_idp_oidc": _("Apps")}
"""Of pages in the admin, by the label of their app."""


class PtfiConfig(AppConfig):
    """The app that belongs to no subject: ``manage.py run``."""

    name = "ptfi"

    def ready(self) -> None:
        """Statements carry the id of their request or batch; our own checks are registered; old settings are named."""
        connection_created.connect(comment_statements, dispatch_uid="telemetry")
        import_module("ptfi.checks")
        warn_of_old_names()


class StaffPages(AdminConfig):
    """The Django admin, entered with a second step."""

    default_site = "ptfi.staff.site.StaffSite"

    def ready(self) -> None:
        """Pages stand under headings of ours, also those of libraries."""
        super().ready()
        for label, heading in HEADINGS.items():
            apps.get_app_config(label).verbose_name = heading


class StaticFiles(StaticFilesConfig):
    """Leaves out the variants of packages' files that no page uses; collecting and compressing them took seconds."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "*.rtl.*",
        "bootstrap-*.css*",
        "bootstrap.css*",
        "bootstrap.js*",
        "bootstrap.esm*",
        "bootstrap.bundle.js*",
        "bootstrap.min.js*",
        "redoc",
        "swagger-ui-standalone-preset*",
        "oauth2-redirect*",
        "htmax*",
        "htmx-4*",
    ]
