"""Mails about changes of an account to those whom allauth's own would not reach."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.signals import email_added, email_removed


def tell_removed_address(sender: Any, email_address: EmailAddress, **_kwargs: Any) -> None:  # noqa: ARG001 (a receiver)
    """Tell the address that was removed: the primary one, which allauth tells, may be a thief's by now.

    One that was never verified may be a stranger's, who is not to be troubled.
    """
    if email_address.verified:
        context = {"deleted_email": email_address.email}
        prefix = "account/email/email_deleted"
        get_adapter().send_notification_mail(prefix, email_address.user, context, email=email_address.email)


def tell_of_new_address(sender: Any, user: Any, email_address: EmailAddress, **_kwargs: Any) -> None:  # noqa: ARG001
    """Tell the primary address of one that was added: it is the first step of taking an account over."""
    get_adapter().send_notification_mail("account/email/email_added", user, {"added_email": email_address.email})


def connect() -> None:
    """Called once, when the app is ready."""
    email_added.connect(tell_of_new_address, dispatch_uid="ptfi.accounts.activity.notices.added")
    email_removed.connect(tell_removed_address, dispatch_uid="ptfi.accounts.activity.notices")
