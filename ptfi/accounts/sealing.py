"""Encryption of the stored secrets of second steps, each bound to its person and kind.

The first key of MFA_ENCRYPTION_KEYS encrypts; all of them decrypt. Secrets that an earlier release encrypted with
Fernet and the same keys can be read, too, and so can those stored before there were keys.
"""

import uuid

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from ptfi.encryption import Cipher, NotDecryptedError, read_key

PURPOSE = "ptfi: secrets of second steps"
PREFIX, OF_FERNET = "gcm:", "fernet:"


def seal(text: str, *, user_id: uuid.UUID, kind: str) -> str:
    """The text as it is stored; unencrypted if there is no key."""
    keys: list[str] = settings.MFA_ENCRYPTION_KEYS
    return PREFIX + _cipher(keys[0]).encrypt(text.encode(), about=_about(user_id, kind)) if keys else text


def unseal(sealed: str, *, user_id: uuid.UUID, kind: str) -> str:
    """The secret's plain text. Raises ImproperlyConfigured if no key decrypts it for this person and kind."""
    if not sealed.startswith(PREFIX):
        return read_old(sealed)
    for key in settings.MFA_ENCRYPTION_KEYS:
        try:
            return _cipher(key).decrypt(sealed.removeprefix(PREFIX), about=_about(user_id, kind)).decode()
        except NotDecryptedError:
            continue
    raise _no_key()


def is_old(sealed: str) -> bool:
    """Whether an earlier release stored the secret, and it could be sealed now."""
    return bool(settings.MFA_ENCRYPTION_KEYS) and not sealed.startswith(PREFIX)


def read_old(stored: str) -> str:
    """Read a secret that an earlier release stored. Raises ImproperlyConfigured if no key decrypts it."""
    if not stored.startswith(OF_FERNET):
        return stored
    try:
        fernet = MultiFernet([Fernet(key) for key in settings.MFA_ENCRYPTION_KEYS])
        return fernet.decrypt(stored.removeprefix(OF_FERNET)).decode()
    except (InvalidToken, ValueError):
        raise _no_key() from None


@transaction.atomic
def replace(row: Authenticator, data: dict[str, object]) -> bool:
    """Store other data; False if the stored data has changed since the row was read."""
    now = Authenticator.objects.select_for_update().filter(pk=row.pk).first()
    if now is None or now.data != row.data:
        return False
    row.data = data
    row.save(update_fields=["data"])
    return True


def _cipher(key: str) -> Cipher:
    return Cipher(read_key(key), PURPOSE)


def _about(user_id: uuid.UUID, kind: str) -> str:
    return f"{user_id}:{kind}"


def _no_key() -> ImproperlyConfigured:
    return ImproperlyConfigured("MFA_ENCRYPTION_KEYS lacks the key of a stored second step.")
