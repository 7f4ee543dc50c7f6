"""The page that shows people what happened to their account."""

from typing import cast

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ptfi.accounts.activity.events import kept_events
from ptfi.accounts.models import User
from ptfi.web import keyset

NEWEST_FIRST = ("-created_at", "-id")


@login_required
@require_safe
def security_activity(request: HttpRequest) -> HttpResponse:
    """The newest events first."""
    after = request.GET.get("after", "")
    events = kept_events().filter(user=cast(User, request.user))
    page = keyset.page(events, NEWEST_FIRST, after, keyset.LONG_PAGE)
    names = dict(Client.objects.filter(pk__in={row.client_id for row in page.rows}).values_list("pk", "name"))
    rows = [(row, names.get(row.client_id, row.client_id)) for row in page.rows]
    context = {"rows": rows, "page": page, "is_first": not after, "days": settings.SECURITY_EVENT_DAYS}
    return render(request, "account/security_activity.html", context)
