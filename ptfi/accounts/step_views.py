"""allauth's second-step pages where ours differ: codes are shown once, and the last step may have to stay."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import quote, urlencode

from allauth.mfa.adapter import get_adapter
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from .recovery_codes import new_codes, prepare_codes
from .second_steps import lacks_second_step, local_address, proved_step, second_steps, way_to_prove

View = Callable[..., HttpResponse]

GOAL = "second_step_goal"
"""Session key: where the person wanted to go when they were asked to set up a second step."""


@login_required
@require_safe
def second_step(request: HttpRequest) -> HttpResponse:
    """The page to which people who still need a second step are redirected."""
    goal = local_address(request, reverse("home"))
    if not lacks_second_step(request):
        return redirect(goal)
    if "next" in request.GET:
        request.session[GOAL] = goal
    return second_step_page(request, goal)


def second_step_page(request: HttpRequest, goal: str, *, hours: int = 0, status: int = 200) -> HttpResponse:
    """Ask to set up a second step or to use an existing one; hours: how long staff's use of it stays valid."""
    context = {"steps": second_steps(request), "use": way_to_prove(request), "goal": goal, "hours": hours}
    return render(request, "account/second_step.html", context, status=status)


def with_proof(view: View) -> View:
    """Have a page that changes second steps ask for the one that the person has, whatever else proved who they are."""

    @wraps(view)
    def asking(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if request.user.is_authenticated and not proved_step(request):
            return redirect(f"{way_to_prove(request)}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}")
        return view(request, *arguments, **named)

    return asking


class _ShowsNewCodes:
    """A page whose form may generate recovery codes; its response is the only one that shows them."""

    request: HttpRequest
    replaces_codes = False

    def form_valid(self, form: Form) -> HttpResponse:
        prepare_codes(self.request, replace=self.replaces_codes)
        done = cast(HttpResponse, super().form_valid(form))  # type: ignore[misc]
        goal = self.request.session.pop(GOAL, "")
        codes = new_codes(self.request)
        if codes:
            return _codes_page(self.request, codes, goal or reverse("mfa_index"))
        return redirect(goal) if goal else done


class ActivateAppView(_ShowsNewCodes, ActivateTOTPView):  # type: ignore[misc]
    pass


class AddPasskeyView(_ShowsNewCodes, AddWebAuthnView):  # type: ignore[misc]
    pass


class GenerateCodesView(_ShowsNewCodes, GenerateRecoveryCodesView):  # type: ignore[misc]
    replaces_codes = True


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc]
    def form_valid(self, form: Form) -> HttpResponse:
        """Refuse to remove the last second step where one is required; allauth checks that only for apps."""
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.object):
            form.add_error(None, adapter.validation_error("cannot_delete_authenticator"))
            return cast(HttpResponse, self.form_invalid(form))
        return cast(HttpResponse, super().form_valid(form))


def _codes_page(request: HttpRequest, codes: list[str], goal: str) -> HttpResponse:
    file = quote("".join(f"{code}\n" for code in codes))
    context = {"codes": codes, "file": f"data:text/plain;charset=utf-8,{file}", "goal": goal}
    return render(request, "mfa/recovery_codes/new.html", context)
