"""E-mails about changes of an account to addresses that allauth's own e-mails would not reach."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.account.signals import email_added, email_removed


def tell_removed_address(sender: Any, email_address: EmailAddress, **_kwargs: Any) -> None:  # noqa: ARG001 (a receiver)
    """Notify the removed address: allauth notifies the primary one, which may be an attacker's by now.

    An address that was never verified gets no e-mail, because it may belong to someone else.
    """
    if email_address.verified:
        context = {"deleted_email": email_address.email}
        prefix = "account/email/email_deleted"
        get_adapter().send_notification_mail(prefix, email_address.user, context, email=email_address.email)


def tell_of_new_address(sender: Any, user: Any, email_address: EmailAddress, **_kwargs: Any) -> None:  # noqa: ARG001
    """Notify the primary address when another one is added: it is the first step of taking over an account."""
    get_adapter().send_notification_mail("account/email/email_added", user, {"added_email": email_address.email})


def connect() -> None:
    """Connect the receivers. Called once, when the app is ready."""
    email_added.connect(tell_of_new_address, dispatch_uid="ptfi.accounts.activity.notices.added")
    email_removed.connect(tell_removed_address, dispatch_uid="ptfi.accounts.activity.notices")
