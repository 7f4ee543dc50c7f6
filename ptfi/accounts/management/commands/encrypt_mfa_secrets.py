"""Encrypt the secrets of second steps with the newest key."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from ptfi.accounts.mfa import reencrypt_secrets


class Command(BaseCommand):
    help = "Encrypt all stored secrets of second steps with the first of MFA_ENCRYPTION_KEYS. A repeat is harmless."

    def handle(self, **options: Any) -> None:  # noqa: ARG002
        """Raises CommandError if there is no key, or if no key decrypts a stored secret."""
        if not settings.MFA_ENCRYPTION_KEYS:
            raise CommandError("MFA_ENCRYPTION_KEYS is not set.")
        try:
            number = reencrypt_secrets()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{number:,} secrets are encrypted with the first key.")
