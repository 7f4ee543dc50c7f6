"""What sign-up and e-mail addresses mean here, where allauth leaves it open."""

import logging
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import get_language, gettext

from ptfi.web.language import product, spoken_to

from .activity.events import Kind, record
from .allauth_internals import clean_client_ip
from .code_limits import count_failure
from .models import User
from .reauthentication import recently_authenticated

log = logging.getLogger(__name__)


def release_unverified(email: str, owner: User) -> None:
    """Take an address from accounts that never proved it was theirs, now that its owner has."""
    EmailAddress.objects.filter(email=email, verified=False).exclude(user=owner).delete()
    proven = EmailAddress.objects.filter(email=email, verified=True).values("user")
    User.objects.filter(email=email).exclude(id=owner.id).exclude(id__in=proven).update(email=None)


def with_site_links(context: dict[str, Any]) -> dict[str, Any]:
    """The context of a mail with its links under SITE_URL: allauth takes the Host header, which callers choose."""
    links = {name: urlsplit(value) for name, value in context.items() if name.endswith("_url")}
    return context | {name: settings.SITE_URL + urlunsplit(("", "", *link[2:])) for name, link in links.items()}


def _language_of(context: dict[str, Any]) -> str:
    """That of the person whom the mail concerns; the page's where there is none, or theirs is not known."""
    user: User | None = context.get("user")
    return (user.language if user else "") or get_language() or ""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """The new user; of two sign-ups at once with one address, the later is answered like any repeat."""
        try:
            with transaction.atomic():
                saved: User = super().save_user(request, user, form, commit)
        except IntegrityError:
            raise ImmediateHttpResponse(self.respond_email_verification_sent(request, None)) from None
        return saved

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        with transaction.atomic():
            release_unverified(email_address.email, email_address.user)
            confirmed: bool = super().confirm_email(request, email_address)
        return confirmed

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """As allauth does, with the person among what the mail is made of: it is in their language."""
        super().send_notification_mail(template_prefix, user, (context or {}) | {"user": user}, email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """What was done stands though the mail server is away; the person is told, and the log without the address."""
        try:
            with spoken_to(_language_of(context)):
                super().send_mail(template_prefix, email, with_site_links(context) | product())
        except OSError as error:
            log.error("A mail (%s) could not be sent: %s", template_prefix, type(error).__name__)
            messages.error(
                self.request, gettext("We couldn’t send the e-mail just now. Please try again in a few minutes.")
            )

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person with this password; failures count against the address, and a success clears no other's."""
        usage = count_failure(request)
        if usage is None:
            record(Kind.SIGN_IN_REFUSED, user_id=None, request=request)
            raise self.validation_error("too_many_login_attempts")
        user: User | None = super().authenticate(request, **credentials)
        if user:
            usage.rollback()
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that the outermost of TRUSTED_PROXY_COUNT proxies saw. Raises PermissionDenied for none.

        A request that passed fewer of them (a look past the outer one) is its first sender's.
        """
        passed = request.headers.get("X-Forwarded-For", "") if settings.TRUSTED_PROXY_COUNT else ""
        address = passed.split(",")[-settings.TRUSTED_PROXY_COUNT :][0] or request.META.get("REMOTE_ADDR", "")
        known: str | None = clean_client_ip(address)
        if known is None:
            raise PermissionDenied("The client has no address.")
        return known

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """For addresses and passwords, signing in is proof enough; for second steps it is not."""
        required: bool = super().is_reauthentication_required(app=app, **kwargs)
        return required and not (app == "allauth.account" and recently_authenticated(self.request))

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        methods = super().get_reauthentication_methods(user)
        passkey = "mfa_reauthenticate:webauthn"
        return [{**way, "description": gettext("Use a passkey")} if way["id"] == passkey else way for way in methods]
