"""Forms of the account pages that allauth does not provide."""

from itertools import groupby
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.texts import Text

from .allauth_internals import normalize_user_code
from .code_limits import begin_attempt
from .models import User, time_zone_names

FROM_BROWSER = ""
FOLLOWING = ("language", "time_zone")
"""Fields that follow the browser until the person chooses a value."""
VERBATIM = {"translate": "no"}
"""For choices that read the same in every language."""
PASSKEY_NAME = "Passkey"


def time_zone_choices() -> "list[tuple[str, Text | list[tuple[str, str]]] | tuple[Text, list[tuple[str, str]]]]":
    """Every IANA time zone, grouped by region, after the choice to follow the browser."""
    names = sorted(time_zone_names())
    regions = groupby((name for name in names if "/" in name), lambda name: name.split("/")[0])
    groups = [(region, [(name, name.replace("_", " ")) for name in members]) for region, members in regions]
    others = [(name, name) for name in names if "/" not in name]
    return [(FROM_BROWSER, _("From the browser")), *groups, (_("Other time zones"), others)]


def language_choices() -> list[tuple[str, Text]]:
    """Each language under its own name, after the choice to follow the browser."""
    return [(FROM_BROWSER, _("From the browser")), *settings.LANGUAGES]


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    def try_save(self, request: HttpRequest) -> Any:
        """Hash the password even for a known address, so that the response time does not reveal the account."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    language = forms.ChoiceField(
        choices=language_choices, required=False, label=_("Language"), widget=forms.Select(attrs=VERBATIM)
    )
    time_zone = forms.ChoiceField(
        choices=time_zone_choices,
        required=False,
        label=_("Time zone"),
        widget=forms.Select(attrs=VERBATIM),
    )

    class Meta:
        model = User
        fields = ["display_name", "language", "time_zone", "keys_enabled"]
        labels = {"display_name": _("Name"), "keys_enabled": _("Single-key shortcuts")}
        help_texts = {
            "display_name": _("Shown only to you and staff."),
            "keys_enabled": _("Decide on suggestions with one key, such as C to confirm."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].help_text = gettext("Dates and times are currently shown in %(zone)s.") % {
            "zone": self.instance.time_zone
        }
        for name in FOLLOWING:
            if not getattr(self.instance, f"{name}_chosen"):
                self.initial[name] = FROM_BROWSER

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name in FOLLOWING:
            is_chosen = bool(self.cleaned_data.get(name))
            setattr(self.instance, f"{name}_chosen", is_chosen)
            if not is_chosen and name in self.cleaned_data:
                self.cleaned_data[name] = getattr(self.instance, name)
        return cleaned


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """Adds a passkey that signs in without a password, unless the person wants it as a second step only."""

    passwordless = forms.BooleanField(
        label=_("Sign in with this passkey alone, without a password"),
        help_text=_("Your device will ask for your fingerprint, face or PIN."),
        initial=True,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"name": PASSKEY_NAME} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)

    def clean_name(self) -> str:
        return self.cleaned_data["name"] or PASSKEY_NAME


def _code_seconds() -> int:
    """Seconds for which a code is valid: its own period and the tolerated ones before and after it."""
    return int((2 * app_settings.TOTP_TOLERANCE + 1) * app_settings.TOTP_PERIOD)


class _SingleUseCodeForm(BaseAuthenticateForm):  # type: ignore[misc]
    def clean_code(self) -> str:
        """The code, if it is right and the account may try one at all."""
        attempt = begin_attempt(context.request, self.user)
        if attempt is None:
            raise get_account_adapter().validation_error("too_many_login_attempts")
        try:
            code = self._unused_code()
        except forms.ValidationError:
            attempt.fail()
            raise
        attempt.roll_back()
        return code

    def _unused_code(self) -> str:
        """Refuse a code that was already used (RFC 6238, 5.2); allauth remembers it for one period only."""
        code: str = super().clean_code()
        if not cache.add(f"second step:{self.user.pk}:{normalize_user_code(code)}", True, timeout=_code_seconds()):
            raise get_adapter().validation_error("incorrect_code")
        return code


class MfaForm(_SingleUseCodeForm, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class MfaReauthenticateForm(_SingleUseCodeForm, ReauthenticateForm):  # type: ignore[misc]
    """The second step of confirming who you are within a session."""
