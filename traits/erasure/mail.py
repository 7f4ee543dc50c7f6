"""The e-mail after an erasure of a persona or an account, which cannot be undone: the person should know of it."""

import logging
from functools import partial

from allauth.account.models import EmailAddress
from django.db import transaction

from ptfi.accounts.mail import send_text
from ptfi.accounts.models import User
from traits.models import Erasure

logger = logging.getLogger(__name__)


def tell_after_commit(user: User, erasure: Erasure) -> None:
    """Mail the number of the receipt once the transaction has committed; call it while the account is still there."""
    address = EmailAddress.objects.filter(user=user, primary=True, verified=True).first()
    if address:
        transaction.on_commit(partial(_tell, address.email, user.language, erasure), robust=True)


def _tell(address: str, language: str, erasure: Erasure) -> None:
    try:
        send_text(f"{erasure.kind}_deleted", address, language, {"receipt": erasure.pk})
    except OSError:
        logger.exception("The e-mail about the erasure %s could not be sent", erasure.pk)
