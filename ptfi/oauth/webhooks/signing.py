"""The secrets of webhooks, encrypted with keys outside the database, and signatures by Standard Webhooks.

The first key of WEBHOOK_ENCRYPTION_KEYS encrypts; all of them decrypt.
"""

import base64
import hashlib
import hmac

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from ptfi.encryption import Cipher, NotDecryptedError, read_key
from ptfi.oauth.models import Webhook

PURPOSE = "ptfi: secrets of webhooks"
PREFIX = "whsec_"
"""What the text of a secret begins with, before its bytes in base64."""


def seal(secret: str, client_id: str) -> str:
    """The secret as it is stored: it can be decrypted for this client alone."""
    return Cipher(read_key(settings.WEBHOOK_ENCRYPTION_KEYS[0]), PURPOSE).encrypt(secret.encode(), about=client_id)


def unseal(sealed: str, client_id: str) -> str:
    """The secret's text. Raises ImproperlyConfigured if no key decrypts it."""
    for key in settings.WEBHOOK_ENCRYPTION_KEYS:
        try:
            return Cipher(read_key(key), PURPOSE).decrypt(sealed, about=client_id).decode()
        except NotDecryptedError:
            continue
    raise ImproperlyConfigured("WEBHOOK_ENCRYPTION_KEYS lacks the key of a stored webhook.")


def signed_headers(hook: Webhook, message_id: str, body: bytes) -> dict[str, str]:
    """The headers of a message: its id, the time of this attempt, and a signature for each secret that holds now."""
    at = int(timezone.now().timestamp())
    signatures = [_signature(secret, message_id, at, body) for secret in _secrets(hook)]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
        "user-agent": "PTFI-Webhooks",
    }


def _secrets(hook: Webhook) -> list[str]:
    held = [hook.secret]
    if hook.former_secret and hook.former_until and hook.former_until > timezone.now():
        held.append(hook.former_secret)
    return [unseal(each, hook.client_id) for each in held]


def _signature(secret: str, message_id: str, at: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{at}.".encode() + body
    return f"v1,{encoded(hmac.new(key, signed, hashlib.sha256).digest())}"


def encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
