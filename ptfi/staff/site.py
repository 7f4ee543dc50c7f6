"""The site of staff, which is the Django admin behind the product's own sign-in and a second step."""

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class StaffSite(admin.AdminSite):
    """Whoever works here signs in with a second step; every page but login goes through has_permission."""

    site_header = site_title = format_lazy(_("{product} staff"), product=settings.PRODUCT_NAME)
    index_title = _("Staff pages")
    enable_nav_sidebar = False

    def get_urls(self) -> Any:
        """Without "view on site": nothing here has a page there, and it takes any text for an id."""
        return [each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """The pages by the names that stand above them, where those are not what their rows are called."""
        apps = super().get_app_list(request, app_label)
        for page in (page for app in apps for page in app["models"]):
            page["name"] = getattr(self._registry[page["model"]], "page_name", "") or page["name"]
        return apps

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and bool(second_steps(request)) and used_second_step(request)

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:  # noqa: ARG002 (Django's)
        """Send people to the product's own sign-in, or to their second step. Raises PermissionDenied."""
        goal = _goal(request)
        if not request.user.is_authenticated:
            return redirect_to_login(goal)
        if not (request.user.is_active and request.user.is_staff):
            raise PermissionDenied
        if self.has_permission(request):
            return redirect(goal)
        steps = second_steps(request)
        use = "mfa_reauthenticate" if Authenticator.Type.TOTP in steps else "mfa_reauthenticate_webauthn"
        context = {"steps": steps, "use": reverse(use), "goal": goal, "hours": settings.STAFF_MFA_MAX_AGE_HOURS}
        return render(request, "account/second_step.html", context, status=403)

    def password_change(self, request: HttpRequest, extra_context: object = None) -> Any:  # noqa: ARG002 (Django's)
        """The product's own page, which asks for the present password and tells the owner."""
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: object = None) -> Any:  # noqa: ARG002
        return redirect("account_change_password")


def second_steps(request: HttpRequest) -> list[str]:
    """The kinds of second step that the account has set up; recovery codes alone are none."""
    found: list[str] | None = getattr(request, "second_steps", None)
    if found is None:
        mine = Authenticator.objects.filter(user=request.user.pk, type__in=SECOND_STEPS)
        # Asked several times a page.
        found = request.second_steps = sorted(set(mine.values_list("type", flat=True)))  # type: ignore[attr-defined]
    return found


def used_second_step(request: HttpRequest) -> bool:
    """Whether the person used a second step in this session within the last STAFF_MFA_MAX_AGE_HOURS."""
    since = time.time() - settings.STAFF_MFA_MAX_AGE_HOURS * 3600
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" and record.get("at", 0) > since for record in records)


def _goal(request: HttpRequest) -> str:
    """Where to go after; an address of somebody else's is none of ours."""
    goal = request.GET.get(REDIRECT_FIELD_NAME, "")
    ours = url_has_allowed_host_and_scheme(goal, {request.get_host()}, require_https=request.is_secure())
    # What begins otherwise could be taken for the name of a page.
    return goal if ours and goal.startswith("/") else reverse("admin:index")
