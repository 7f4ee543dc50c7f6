"""The pages for connected apps and for sessions."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from ptfi.accounts.activity.events import Kind, record
from ptfi.accounts.models import User
from ptfi.oauth import grants
from ptfi.oauth.forms import SessionsForm
from ptfi.texts import isolated


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def connected_apps(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if request.method == "POST":
        # PostgreSQL does not accept NUL in texts.
        client_id = request.POST.get("client", "").replace("\0", "")
        name = grants.disconnect(user=user, client_id=client_id)
        record(Kind.APP_DISCONNECTED, user_id=user.pk, request=request, client_id=client_id)
        text = gettext("Disconnected “%(app)s”. It can no longer see or change anything.")
        messages.success(request, text % {"app": isolated(name)})
        return redirect("connected_apps")
    return render(request, "oauth/connected_apps.html", {"clients": grants.connected_clients(user)})


@method_decorator(reauthentication_required(app="allauth.account"), name="post")
class SessionsView(ListUserSessionsView):  # type: ignore[misc]
    """The page of the person's sessions; ending all of them also disconnects apps."""

    form_class = SessionsForm

    def form_valid(self, form: SessionsForm) -> HttpResponse:
        if not form.cleaned_data["session"]:
            return cast(HttpResponse, super().form_valid(form))
        form.save(self.request)
        messages.info(self.request, gettext("That browser is signed out."))
        return redirect("usersessions_list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"has_apps": bool(grants.connected_clients(cast(User, self.request.user)))}


def not_offered(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (a view's signature)
    """Answer 404 for allauth's addresses that are not used here."""
    raise Http404
