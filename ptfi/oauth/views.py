"""The page for sessions; that of connected apps is in traits/sharing."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.views import ListUserSessionsView
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator

from ptfi.accounts.models import User
from ptfi.oauth import grants
from ptfi.oauth.forms import SessionsForm


@method_decorator(reauthentication_required(app="allauth.account"), name="post")
class SessionsView(ListUserSessionsView):  # type: ignore[misc]
    """The page of the person's sessions; ending them also disconnects apps."""

    form_class = SessionsForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"has_apps": bool(grants.connected_clients(cast(User, self.request.user)))}


def not_offered(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (a view's signature)
    """Answer 404 for allauth's addresses that are not used here."""
    raise Http404
