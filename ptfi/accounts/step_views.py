"""allauth's pages of second steps, where they differ here: new recovery codes are shown once."""

from typing import cast
from urllib.parse import quote

from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from .recovery_codes import new_codes


class _ShowsNewCodes:
    """A page whose form may make recovery codes: its answer is the only one that has them."""

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


def _codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    file = quote("".join(f"{code}\n" for code in codes))
    context = {"codes": codes, "file": f"data:text/plain;charset=utf-8,{file}", "goal": reverse("mfa_index")}
    return render(request, "mfa/recovery_codes/new.html", context)
