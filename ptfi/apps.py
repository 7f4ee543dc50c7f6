"""The project's own app, and its configurations of Django's admin and static files."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from ptfi.environment import warn_of_old_names
from ptfi.telemetry.trace import comment_statements

HEADINGS = {"auth": _("Roles"), "allauth_idp_oidc": _("Apps")}
"""Headings in the admin, by app label."""


class PtfiConfig(AppConfig):
    """The app for what belongs to no subject, such as ``manage.py run``."""

    name = "ptfi"

    def ready(self) -> None:
        """Tag SQL statements with their request or batch id, register checks, and warn of old setting names."""
        connection_created.connect(comment_statements, dispatch_uid="telemetry")
        import_module("ptfi.checks")
        warn_of_old_names()


class StaffPages(AdminConfig):
    """The Django admin on our own site, which requires a second step."""

    default_site = "ptfi.staff.site.StaffSite"

    def ready(self) -> None:
        """Put pages under our own headings, including those of libraries."""
        super().ready()
        for label, heading in HEADINGS.items():
            apps.get_app_config(label).verbose_name = heading


class StaticFiles(StaticFilesConfig):
    """Ignores variants of packages' files that no page uses; collecting and compressing them took seconds."""

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
