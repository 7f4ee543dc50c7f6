"""Account forms that also disconnect apps, so that an intruder does not keep access through one."""

from typing import Any, cast

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import ResetPasswordKeyForm as AllauthResetPasswordKeyForm
from allauth.account.forms import SetPasswordForm as AllauthSetPasswordForm
from allauth.core import context
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.forms import ManageUserSessionsForm
from allauth.usersessions.models import UserSession
from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.activity.events import Kind, record
from ptfi.accounts.models import User
from ptfi.oauth.grants import disconnect_all

MOST_ID = 2**31 - 1


class OffersDisconnecting(forms.Form):
    """A form for signed-in people to set a password; it disconnects apps unless the person opts out."""

    user: Any
    disconnect_apps = forms.BooleanField(
        label=_("Disconnect all apps"),
        help_text=_("Each app will ask you again. Leave this on if someone else may have used your account."),
        initial=True,
        required=False,
    )

    @transaction.atomic
    def save(self) -> None:
        super().save()  # type: ignore[misc]
        if self.cleaned_data["disconnect_apps"]:
            disconnect_all(self.user)
            record(Kind.APPS_DISCONNECTED, user_id=self.user.pk, request=context.request)


class ChangePasswordForm(OffersDisconnecting, AllauthChangePasswordForm):  # type: ignore[misc]
    """Changes the password."""


class SetPasswordForm(OffersDisconnecting, AllauthSetPasswordForm):  # type: ignore[misc]
    """Sets a first password."""


class ResetPasswordForm(AllauthResetPasswordKeyForm):  # type: ignore[misc]
    """Resets a forgotten password; someone else may know it, so all apps are disconnected."""

    @transaction.atomic
    def save(self) -> None:
        super().save()
        disconnect_all(self.user)


class SessionsForm(ManageUserSessionsForm):  # type: ignore[misc]
    """Signs out everywhere else, browsers and apps; or, with a session's id, of that browser alone."""

    session = forms.IntegerField(required=False, min_value=1, max_value=MOST_ID)

    def save(self, request: HttpRequest) -> None:
        user = cast(User, request.user)
        if chosen := self.cleaned_data["session"]:
            # It may have ended meanwhile.
            get_adapter().end_sessions(UserSession.objects.filter(user=user, pk=chosen))
            record(Kind.SESSION_ENDED, user_id=user.pk, request=request)
            return
        super().save(request)
        disconnect_all(user)
        record(Kind.SESSIONS_ENDED, user_id=user.pk, request=request)
