"""Staff's site: the Django admin behind the product's own sign-in and a second step."""

import time
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.accounts.second_steps import local_address, second_steps, used_second_step
from ptfi.accounts.step_views import second_step_page


class StaffSite(admin.AdminSite):
    """An admin site that requires a second step; every page except login goes through has_permission."""

    site_header = site_title = format_lazy(_("{product} staff"), product=settings.PRODUCT_NAME)
    index_title = _("Staff pages")
    enable_nav_sidebar = False

    def get_urls(self) -> Any:
        """Leave out "view on site": our models have no such pages, and it accepts any text as an id."""
        return [each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Name the pages in the list of apps as their headings do, if that differs from the model's name."""
        apps = super().get_app_list(request, app_label)
        for page in (page for app in apps for page in app["models"]):
            page["name"] = getattr(self._registry[page["model"]], "page_name", "") or page["name"]
        return apps

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and bool(second_steps(request)) and _used_second_step(request)

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:  # noqa: ARG002 (Django's)
        """Send people to the product's own sign-in, or to their second step. Raises PermissionDenied."""
        goal = local_address(request, reverse("admin:index"))
        if not request.user.is_authenticated:
            return redirect_to_login(goal)
        if not (request.user.is_active and request.user.is_staff):
            raise PermissionDenied
        if self.has_permission(request):
            return redirect(goal)
        return second_step_page(request, goal, hours=settings.STAFF_MFA_MAX_AGE_HOURS, status=403)

    def password_change(self, request: HttpRequest, extra_context: object = None) -> Any:  # noqa: ARG002 (Django's)
        """Redirect to the product's own page, which asks for the current password and notifies the owner."""
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: object = None) -> Any:  # noqa: ARG002
        return redirect("account_change_password")


def _used_second_step(request: HttpRequest) -> bool:
    """Whether the person used a second step in this session within the last STAFF_MFA_MAX_AGE_HOURS."""
    since = time.time() - settings.STAFF_MFA_MAX_AGE_HOURS * 3600
    return used_second_step(request.session, cast(User, request.user), since=since)
