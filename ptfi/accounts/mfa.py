"""Encryption of the stored secrets of second steps (authenticator apps and recovery codes).

The first key of MFA_ENCRYPTION_KEYS encrypts, all of them decrypt. Secrets stored before there were keys are read too.
"""

from collections.abc import Iterator

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

PREFIX = "fernet:"
SECRETS = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}
"""The secret field of an authenticator's data, by type; passkeys store no secret."""


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        keys = settings.MFA_ENCRYPTION_KEYS
        return PREFIX + _cipher(keys).encrypt(text.encode()).decode() if keys else text

    def decrypt(self, encrypted_text: str) -> str:
        """Raises ImproperlyConfigured if no key decrypts it."""
        if not encrypted_text.startswith(PREFIX):
            return encrypted_text
        try:
            return _cipher(settings.MFA_ENCRYPTION_KEYS).decrypt(encrypted_text.removeprefix(PREFIX)).decode()
        except (InvalidToken, ValueError):
            raise ImproperlyConfigured("MFA_ENCRYPTION_KEYS lacks the key of a stored second step.") from None


def reencrypt_secrets() -> int:
    """Encrypt every stored secret with the first key; returns how many.

    Only the secret is written, so codes that are used in the meantime stay used. Raises ImproperlyConfigured for a
    secret that no key decrypts.
    """
    adapter, number = MfaAdapter(), 0
    for pk, name, old in _stored():
        number += _replace(pk, name, old, adapter.encrypt(adapter.decrypt(old)))
    return number


@transaction.atomic
def _replace(pk: int, name: str, old: str, new: str) -> bool:
    """Put the new secret in the place of the old one; False where it is no longer the old one."""
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if row is None or row.data.get(name) != old:
        return False
    row.data[name] = new
    row.save(update_fields=["data"])
    return True


def _stored() -> Iterator[tuple[int, str, str]]:
    rows = Authenticator.objects.filter(type__in=SECRETS).order_by("pk").values_list("pk", "type", "data")
    for pk, kind, data in rows.iterator(500):
        name = SECRETS[Authenticator.Type(kind)]
        yield pk, name, data[name]


def _cipher(keys: list[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
