"""Receivers of the signals by which allauth and Django report what happened to an account."""

from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth
from django.dispatch import Signal
from django.http import HttpRequest

from ptfi.accounts.activity.events import Kind, is_new_place, record
from ptfi.accounts.models import User
from ptfi.accounts.reauthentication import renew_session, ways_of
from ptfi.accounts.second_steps import note_set_up

OF_USER: dict[Kind, Signal] = {
    Kind.SIGNED_OUT: auth.user_logged_out,
    Kind.PASSWORD_SET: account.password_set,
    Kind.PASSWORD_CHANGED: account.password_changed,
    Kind.PASSWORD_RESET: account.password_reset,
    Kind.EMAIL_ADDED: account.email_added,
    Kind.EMAIL_CHANGED: account.email_changed,
    Kind.EMAIL_REMOVED: account.email_removed,
    Kind.RECOVERY_CODES_MADE: mfa.authenticator_reset,
}
"""Signals that carry the request and the person, and need no further handling."""


def connect() -> None:
    """Connect the receivers. Called once, when the app is ready."""
    for kind, signal in OF_USER.items():
        _connect(signal, lambda request, user, kind=kind: _record(kind, request, user))
    _connect(auth.user_logged_in, signed_in)
    _connect(account.authentication_step_completed, proved_again)
    _connect(auth.user_login_failed, sign_in_failed)
    _connect(account.email_confirmed, email_confirmed)
    _connect(mfa.authenticator_added, step_added)
    _connect(mfa.authenticator_removed, step_removed)


def _connect(signal: Signal, receive: Any) -> None:
    names = receive.__code__.co_varnames[: receive.__code__.co_argcount]

    def receiver(sender: Any, **said: Any) -> None:  # noqa: ARG001 (Django's signature)
        receive(**{name: said[name] for name in names if name in said})

    signal.connect(receiver, weak=False)


def _record(kind: Kind, request: HttpRequest | None, user: User | None) -> None:
    # A second sign-out in a row comes without a user.
    record(kind, user_id=user.pk if user else None, request=request)


def signed_in(request: HttpRequest, user: User) -> None:
    """Notify the person of a sign-in with an unknown combination of browser and network."""
    is_new = is_new_place(user, request)
    record(Kind.SIGNED_IN, user_id=user.pk, request=request, ways=ways_of(request, user))
    if is_new:
        get_adapter(request).send_notification_mail("account/email/new_sign_in", user)


def proved_again(request: HttpRequest, reauthenticated: bool = False) -> None:
    """Renew the session key when the person reauthenticates, as signing in does."""
    if reauthenticated:
        renew_session(request)


def sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None) -> None:
    """Record a wrong password; if no account has the address, without a person."""
    email = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    found = filter_users_by_email(email, prefer_verified=True) if email and "\0" not in email else []
    _record(Kind.SIGN_IN_FAILED, request, next(iter(found), None))


def email_confirmed(request: HttpRequest, email_address: EmailAddress) -> None:
    _record(Kind.EMAIL_CONFIRMED, request, email_address.user)


def step_added(request: HttpRequest, user: User, authenticator: Authenticator) -> None:
    is_codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    if not is_codes:
        note_set_up(request, authenticator)
    _record(Kind.RECOVERY_CODES_MADE if is_codes else Kind.STEP_ADDED, request, user)


def step_removed(request: HttpRequest, user: User, authenticator: Authenticator) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        _record(Kind.STEP_REMOVED, request, user)
