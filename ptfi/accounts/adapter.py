"""Our rules for sign-up and e-mail addresses where allauth lets an adapter decide."""

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
    """Remove an address from accounts that never verified it, once its owner has."""
    EmailAddress.objects.filter(email=email, verified=False).exclude(user=owner).delete()
    proven = EmailAddress.objects.filter(email=email, verified=True).values("user")
    User.objects.filter(email=email).exclude(id=owner.id).exclude(id__in=proven).update(email=None)


def with_site_links(context: dict[str, Any]) -> dict[str, Any]:
    """The context of an e-mail with links under SITE_URL: allauth uses the Host header, which the caller chooses."""
    links = {name: urlsplit(value) for name, value in context.items() if name.endswith("_url")}
    return context | {name: settings.SITE_URL + urlunsplit(("", "", *link[2:])) for name, link in links.items()}


def _language_of(context: dict[str, Any]) -> str:
    """The language of the person in the context, or the page's if there is none or theirs is unknown."""
    user: User | None = context.get("user")
    return (user.language if user else "") or get_language() or ""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Save the new user.

        If two people sign up with one address at the same time, the later gets the usual answer.
        """
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
        """Like allauth's, with the person in the context, so that the e-mail is in their language."""
        super().send_notification_mail(template_prefix, user, (context or {}) | {"user": user}, email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send the mail.

        If the mail server fails, what was done stays done; the person is told, and the error is logged.
        """
        try:
            with spoken_to(_language_of(context)):
                super().send_mail(template_prefix, email, with_site_links(context) | product())
        except OSError as error:
            log.error("A mail (%s) could not be sent: %s", template_prefix, type(error).__name__)
            messages.error(
                self.request, gettext("We couldn’t send the e-mail just now. Please try again in a few minutes.")
            )

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person with this password. Failures count against the network address; a success resets only its own."""
        usage = count_failure(request)
        if usage is None:
            record(Kind.SIGN_IN_REFUSED, user_id=None, request=request)
            raise self.validation_error("too_many_login_attempts")
        user: User | None = super().authenticate(request, **credentials)
        if user:
            usage.rollback()
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client address as the outermost of TRUSTED_PROXY_COUNT proxies saw it.

        For a request that passed fewer proxies it is the first address in the header. Raises PermissionDenied without
        an address.
        """
        passed = request.headers.get("X-Forwarded-For", "") if settings.TRUSTED_PROXY_COUNT else ""
        address = passed.split(",")[-settings.TRUSTED_PROXY_COUNT :][0] or request.META.get("REMOTE_ADDR", "")
        known: str | None = clean_client_ip(address)
        if known is None:
            raise PermissionDenied("The client has no address.")
        return known

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Accept a recent sign-in as proof for changes of addresses and passwords, but not of second steps."""
        required: bool = super().is_reauthentication_required(app=app, **kwargs)
        return required and not (app == "allauth.account" and recently_authenticated(self.request))

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        methods = super().get_reauthentication_methods(user)
        passkey = "mfa_reauthenticate:webauthn"
        return [{**way, "description": gettext("Use a passkey")} if way["id"] == passkey else way for way in methods]
