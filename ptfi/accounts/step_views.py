"""allauth's second-step pages where ours differ: codes are shown once, and the last step may have to stay."""

from typing import Any, cast
from urllib.parse import quote

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from .recovery_codes import new_codes
from .second_steps import lacks_second_step, local_address, second_steps

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
    steps = second_steps(request)
    use = "mfa_reauthenticate" if Authenticator.Type.TOTP in steps else "mfa_reauthenticate_webauthn"
    context = {"steps": steps, "use": reverse(use), "goal": goal, "hours": hours}
    return render(request, "account/second_step.html", context, status=status)


class _ShowsNewCodes:
    """A page whose form may generate recovery codes; its response is the only one that shows them."""

    request: HttpRequest

    def form_valid(self, form: Form) -> HttpResponse:
        done = cast(HttpResponse, super().form_valid(form))  # type: ignore[misc]
        codes = new_codes(self.request)
        return _codes_page(self.request, codes) if codes else done


class ActivateAppView(_ShowsNewCodes, ActivateTOTPView):  # type: ignore[misc]
    pass


class AddPasskeyView(_ShowsNewCodes, AddWebAuthnView):  # type: ignore[misc]
    pass


class GenerateCodesView(_ShowsNewCodes, GenerateRecoveryCodesView):  # type: ignore[misc]
    pass


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc]
    def form_valid(self, form: Form) -> HttpResponse:
        """Refuse to remove the last second step where one is required; allauth checks that only for apps."""
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.object):
            form.add_error(None, adapter.validation_error("cannot_delete_authenticator"))
            return cast(HttpResponse, self.form_invalid(form))
        return cast(HttpResponse, super().form_valid(form))


def _codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    file = quote("".join(f"{code}\n" for code in codes))
    context: dict[str, Any] = {"codes": codes, "file": f"data:text/plain;charset=utf-8,{file}"}
    context["goal"] = request.session.pop(GOAL, reverse("mfa_index"))
    return render(request, "mfa/recovery_codes/new.html", context)
