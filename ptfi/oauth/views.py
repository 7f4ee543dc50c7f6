"""The page for sessions; that of connected apps is in traits/sharing."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.views import ListUserSessionsView
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext

from ptfi.accounts.models import User
from ptfi.oauth import grants
from ptfi.oauth.forms import SessionsForm


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
