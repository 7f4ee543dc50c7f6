"""The page of connected apps."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ptfi.accounts.models import User
from ptfi.oauth import grants


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def connected_apps(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if request.method == "POST":
        # PostgreSQL refuses NUL in a text.
        name = grants.disconnect(user=user, client_id=request.POST.get("client", "").replace("\0", ""))
        messages.success(request, f"{name} is disconnected. It can no longer see or change anything.")
        return redirect("connected_apps")
    return render(request, "oauth/connected_apps.html", {"clients": grants.connected_clients(user)})


def not_offered(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (a view's signature)
    """Hides those of allauth's addresses that are not used here."""
    raise Http404
