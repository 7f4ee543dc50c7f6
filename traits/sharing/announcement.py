"""The mail to people whose consents of an earlier release became grants."""

import logging
import uuid
from smtplib import SMTPException

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from ptfi.accounts.mail import send_text
from ptfi.accounts.models import User
from traits.models import Grant

logger = logging.getLogger(__name__)


def announce() -> tuple[int, int]:
    """Mail each person concerned once; returns how many were told, and how many mails failed."""
    told = failed = 0
    waiting = Grant.objects.filter(carried_over=True, told_at=None).order_by("user").values_list("user", flat=True)
    for user_id in waiting.distinct():
        try:
            told += _tell(user_id)
        except (OSError, SMTPException) as error:
            failed += 1
            logger.warning("A person could not be told of their grants: %s", type(error).__name__)
    return told, failed


@transaction.atomic
def _tell(user_id: uuid.UUID) -> bool:
    """Mail the person, if they have not been told and their account has a verified address."""
    mine = Grant.objects.filter(user=user_id, carried_over=True, told_at=None).select_for_update(of=("self",))
    apps = [grant.client.name for grant in mine.select_related("client").order_by("client__name")]
    address = EmailAddress.objects.filter(user=user_id, primary=True, verified=True).first()
    if apps and address:
        user = User.objects.get(pk=user_id)
        context = {"apps": apps, "url": settings.SITE_URL + reverse("connected_apps")}
        send_text("apps_see_less", address.email, user.language, context)
    mine.update(told_at=timezone.now())
    return bool(apps and address)
