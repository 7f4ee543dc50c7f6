"""Pages on the way to an app's consent page, which the app may have opened in a window of its own."""

from collections.abc import Callable

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from ptfi.accounts.allauth_internals import sign_in_goal

SIGN_IN_PAGES = frozenset(
    {
        "account_login",
        "account_reauthenticate",
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_login_webauthn",
        "mfa_reauthenticate_webauthn",
    }
)
"""Names of the pages on which people prove who they are."""


class OpenerMiddleware:
    """Keeps the tie between a sign-in window and the app that opened it, so that the app hears of the end.

    Cross-Origin-Opener-Policy: same-origin would cut it on the first page. The policy is lifted on the consent page,
    and on the pages for signing in while they lead there; everywhere else it stays.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if _leads_to_an_app(request):
            response["Cross-Origin-Opener-Policy"] = "unsafe-none"
        return response


def _leads_to_an_app(request: HttpRequest) -> bool:
    consent = reverse("idp:oidc:authorization")
    if request.path == consent:
        return True
    match = request.resolver_match
    if match is None or match.url_name not in SIGN_IN_PAGES:
        return False
    named = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or sign_in_goal(request)
    return named.partition("?")[0] == consent
