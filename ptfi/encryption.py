"""Encryption with a key outside the database. ``python -m ptfi.encryption`` prints a new one.

AES-256-GCM, with a random nonce of 96 bits for each text. Each purpose has its own key, derived (HKDF, SHA-256) from a
secret. What a text is about is authenticated with it, so it can't be decrypted in another place.
"""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES, NONCE_BYTES = 32, 12


class NotDecryptedError(Exception):
    """The text was encrypted with another key, was changed, or is about something else."""


class Cipher:
    """Encrypts and decrypts for one purpose, with a secret of at least 128 bits."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._gcm = AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(secret))

    def encrypt(self, text: bytes, *, about: str) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._gcm.encrypt(nonce, text, about.encode())).decode()

    def decrypt(self, encrypted: str, *, about: str) -> bytes:
        """Raises NotDecryptedError."""
        try:
            raw = base64.urlsafe_b64decode(encrypted)
            return self._gcm.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError):
            raise NotDecryptedError from None


def make_key() -> str:
    """A new key in the format of the setting: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def read_key(text: str) -> bytes:
    """The bytes of a key. Raises ValueError if it is not one."""
    key = base64.urlsafe_b64decode(text)
    if len(key) != KEY_BYTES:
        raise ValueError("Not 32 bytes.")
    return key


if __name__ == "__main__":
    print(make_key())
