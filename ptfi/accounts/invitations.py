"""One-time links by which people whom the pipeline created claim their account."""

import uuid
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.errors import RuleError

from .adapter import release_unverified
from .mail import send_text
from .models import User, known_as

SALT = "ptfi.invitation"
VALID_FOR = timedelta(days=7)


class InvitationError(RuleError):
    """The link is used, expired, replaced or forged; the answer tells neither which, nor whose it was."""

    status = 410
    code = "invitation_void"
    message = _("This invitation no longer works. It was already used, has expired, or was replaced by a newer one.")


def invite(*, external_id: str, email: str) -> User:
    """Mail a link to the person with that external id; earlier links become invalid.

    Raises RuleError for an unknown or claimed person and for an invalid or taken address, OSError if the mail can't be
    sent (inviting again is harmless).
    """
    email = email.strip().lower()
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).filter(known_as(external_id)).first()
        if user is None:
            raise RuleError(gettext("Nobody has the external id “%(id)s”.") % {"id": external_id})
        if user.email is not None:
            raise RuleError(gettext("The account of “%(id)s” is already claimed.") % {"id": external_id})
        if not user.is_active:
            raise RuleError(gettext("The account of “%(id)s” is not active.") % {"id": external_id})
        check_email(email)
        user.invited_email, user.invited_at = email, timezone.now()
        user.save(update_fields=["invited_email", "invited_at"])
    send_invitation(user)
    return user


def check_email(email: str) -> None:
    """Raises RuleError if the address is invalid, too long, or used by an account."""
    try:
        validate_email(email)
        User._meta.get_field("invited_email").run_validators(email)
    except ValidationError:
        raise RuleError(gettext("“%(email)s” is not an e-mail address.") % {"email": email}) from None
    # An address that was entered at sign-up but never verified does not count as taken.
    unclaimed = EmailAddress.objects.filter(email=email, verified=False).values("user")
    holders = User.objects.filter(Q(email=email) | Q(emailaddress__email=email, emailaddress__verified=True))
    if holders.exclude(pk__in=unclaimed).exists():
        raise RuleError(gettext("An account already has the address %(email)s.") % {"email": email})


def send_invitation(user: User) -> None:
    # The token leaves out the e-mail address, because paths are logged.
    token = signing.dumps([str(user.id), user.invited_at.isoformat() if user.invited_at else ""], salt=SALT)
    context = {
        "url": settings.SITE_URL + reverse("account_open_invitation", args=[token]),
        "valid_until": timezone.now() + VALID_FOR,
    }
    send_text("invitation", user.invited_email, user.language, context)


def find_invited(token: str) -> User:
    """The unclaimed person that a link was sent to. Raises InvitationError."""
    try:
        user_id, invited_at = signing.loads(token, salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        raise InvitationError from None
    user = User.objects.filter(id=uuid.UUID(user_id), invited_at=invited_at, email=None, is_active=True).first()
    if user is None:
        raise InvitationError
    return user


def claim(*, token: str, password: str) -> User:
    """Set the invited person's password and their e-mail address as verified. Raises InvitationError."""
    invited = find_invited(token)
    hashed = make_password(password)
    try:
        with transaction.atomic():
            return _claim(invited, hashed)
    except IntegrityError:
        # The address was verified for another account in the meantime.
        raise InvitationError from None


def _claim(invited: User, hashed: str) -> User:
    unclaimed = User.objects.select_for_update().filter(id=invited.id, email=None, is_active=True)
    user = unclaimed.filter(invited_at=invited.invited_at).first()
    if user is None or EmailAddress.objects.filter(email=invited.invited_email, verified=True).exists():
        raise InvitationError
    release_unverified(invited.invited_email, user)
    user.email, user.password, user.invited_email, user.invited_at = invited.invited_email, hashed, "", None
    user.save(update_fields=["email", "password", "invited_email", "invited_at"])
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user
