"""The page of the programs that may act for a person."""

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
        # PostgreSQL's texts hold no NUL.
        name = grants.disconnect(user=user, client_id=request.POST.get("client", "").replace("\0", ""))
        messages.success(request, f"{name} is disconnected. It can no longer see or change anything.")
        return redirect("connected_apps")
    return render(request, "clients/connected_apps.html", {"connections": grants.connections(user)})


def not_offered(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (a view's signature)
    """Stands before addresses of allauth that are not used here."""
    raise Http404
