"""How second steps are stored; replaces allauth's own storage."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from . import recovery_codes
from .allauth_internals import TOTP, use_classes, validate_totp_code
from .models import User
from .sealing import is_old, read_old, replace, seal, unseal
from .second_steps import SECOND_STEPS

KIND, SECRET = Authenticator.Type.TOTP, "secret"
WITH_SECRETS = (KIND, recovery_codes.KIND)
"""Passkeys store no secret."""


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _(
            "Everyone needs a second step here. Add another one before you remove this one."
        )
    }

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last second step where everyone needs one."""
        others = Authenticator.objects.filter(user=authenticator.user_id, type__in=SECOND_STEPS)
        return not settings.REQUIRE_SECOND_STEP or others.exclude(pk=authenticator.pk).exists()

    def encrypt(self, text: str) -> str:  # noqa: ARG002 (allauth's signature)
        """Raises TypeError. Secrets are sealed for their person, whom this method does not know; nothing calls it."""
        raise TypeError("Seal it for its person (ptfi/accounts/sealing.py).")

    def decrypt(self, encrypted_text: str) -> str:
        """Read a secret that allauth stored before its classes were replaced.

        Raises ImproperlyConfigured if no key decrypts it.
        """
        return read_old(encrypted_text)


class SealedTOTP(TOTP):  # type: ignore[misc]
    """An authenticator app whose secret is encrypted for its person."""

    @classmethod
    def activate(cls, user: User, secret: str) -> "SealedTOTP":
        return cls(Authenticator.objects.create(user=user, type=KIND, data=_sealed(user.pk, secret)))

    def validate_code(self, code: str) -> bool:
        """Whether the code is valid and unused. Raises ImproperlyConfigured if no key decrypts the secret."""
        if not validate_totp_code(_secret(self.instance), code) or not self._mark_code_used(code):
            return False
        if is_old(self.instance.data[SECRET]):
            replace(self.instance, _renewed(self.instance))
        return True


def install() -> None:
    """Replace allauth's classes. Called once, when the app is ready."""
    use_classes(totp=SealedTOTP, recovery_codes=recovery_codes.HashedRecoveryCodes)


def reencrypt_secrets() -> int:
    """Encrypt every stored secret with the first key and hash unhashed recovery codes; returns how many were handled.

    Codes that are used in the meantime stay used. Raises ImproperlyConfigured for a secret that no key decrypts.
    """
    keys = Authenticator.objects.filter(type__in=WITH_SECRETS).order_by("pk").values_list("pk", flat=True)
    return sum(_renew(pk) for pk in keys.iterator(500))


def _renew(pk: int) -> bool:
    """Store the row's secret again, and retry if it was changed meanwhile; False if the row is gone."""
    while row := Authenticator.objects.filter(pk=pk).select_related("user").first():
        if replace(row, _renewed(row)):
            return True
    return False


def _renewed(row: Authenticator) -> dict[str, Any]:
    return _sealed(row.user_id, _secret(row)) if row.type == KIND else recovery_codes.renewed(row)


def _secret(row: Authenticator) -> str:
    return unseal(row.data[SECRET], user_id=row.user_id, kind=KIND)


def _sealed(user_id: Any, secret: str) -> dict[str, Any]:
    return {SECRET: seal(secret, user_id=user_id, kind=KIND)}
