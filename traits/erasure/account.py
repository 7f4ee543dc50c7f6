"""Erase an account: the persona, and everything with which the person signs in. Receipts of erasures stay."""

import logging
from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Token
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.oauth.models import ClientAccess, SpentToken
from traits.erasure.persona import carry_out, check_email, counts, expire_awaiting, lock_all, new_erasure
from traits.errors import InvalidError
from traits.ingest import blocklist
from traits.log import entries as log
from traits.models import Erasure, IngestBatch, ModerationEntry, Persona, UserRefinedTrait
from traits.models.erasure import ErasureKind
from traits.sharing.grants import end_grants

logger = logging.getLogger(__name__)

STAFF = _("Your account has staff rights. Ask another administrator to remove them first.")


@transaction.atomic
def erase_account(*, user: User, actor: log.Actor, confirm_email: str | None) -> Erasure:
    """Erase the person's persona and account; nobody can sign in to it afterwards. confirm_email is None for operators.

    Raises InvalidError (confirm) if the e-mail is not the account's, or if it is a staff account.
    """
    if confirm_email is not None:
        check_email(user, confirm_email)
    persona = lock_all(user)
    # What staff did for others is in those people's logs, so such an account must stay.
    acted = UserRefinedTrait.objects.filter(actor=user).exclude(user=user).exists()
    sent = IngestBatch.objects.filter(staff=user).exists()
    if user.is_staff or acted or sent or ModerationEntry.objects.filter(actor=user).exists():
        raise InvalidError(details={"confirm": [str(STAFF)]})
    expire_awaiting(user)
    erasure = new_erasure(user, actor, ErasureKind.ACCOUNT)
    if user.external_id:
        erasure.bar = blocklist.account_bar(user.external_id)
    erasure.save(force_insert=True)
    carry_out(user, persona, erasure)
    erasure.counts |= _erase_account(user)
    Erasure.objects.filter(pk=erasure.pk).update(counts=erasure.counts)
    erasure.refresh_from_db()
    logger.info("The account of %s was erased, by %s: %s", erasure.subject_id, erasure.actor_kind, erasure.pk)
    return erasure


def account_counts(user: User) -> dict[str, int]:
    """How much an erasure of the account would delete, by kind."""
    return counts(user) | {
        "emails": EmailAddress.objects.filter(user=user).count(),
        "sessions": UserSession.objects.filter(user=user).count(),
        "apps": ClientAccess.objects.filter(user=user).count(),
    }


def _erase_account(user: User) -> dict[str, int]:
    """Delete the account and what belongs to it; returns the numbers by kind."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    sessions = list(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    for key in sessions:
        store(key).delete()
    found = {"sessions": len(sessions), "emails": EmailAddress.objects.filter(user=user).count()}
    # A token exchange locks the row that it exchanges: after waiting for it, its new tokens are visible below.
    list(Token.objects.filter(user=user).select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    Token.objects.filter(user=user).delete()
    SpentToken.objects.filter(user=user).delete()
    end_grants(user.pk)
    found["apps"] = ClientAccess.objects.filter(user=user).delete()[0]
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    about.update(object_repr=str(user.pk), change_message="")
    Persona.objects.filter(user=user).delete()
    user.delete()
    return found
