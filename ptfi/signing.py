"""Signing with a key outside the database. ``python -m ptfi.signing`` prints a new one.

Signatures are Ed25519. The key is a setting, or stays in a key service whose command signs its standard input. Keys are
identified by an id; former keys stay listed, so that their signatures can be checked forever.
"""

import base64
import binascii
import dataclasses
import hashlib
import logging
import shlex
import subprocess
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from ptfi.oauth.keys import read_pem

KEY_BYTES, SIGNATURE_BYTES = 32, 64
COMMAND_SECONDS = 10.0
"""Seconds that a command may take to sign."""

logger = logging.getLogger(__name__)


class NotSignedError(Exception):
    """The signing command failed, or there is no key; the argument says which, and holds nothing secret."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Signature:
    """A signature and the id of its key."""

    key_id: str
    value: bytes


def is_configured() -> bool:
    """Whether this process can sign."""
    return bool(settings.LOG_SIGNING_KEY or settings.LOG_SIGNING_COMMAND)


def sign(data: bytes) -> Signature:
    """Sign the data. Raises NotSignedError."""
    if settings.LOG_SIGNING_KEY:
        key = _private(settings.LOG_SIGNING_KEY)
        return Signature(key_id=id_of(_raw(key.public_key())), value=key.sign(data))
    if not settings.LOG_SIGNING_COMMAND:
        raise NotSignedError("there is no key")
    signature = Signature(key_id=id_of(decoded(settings.LOG_PUBLIC_KEYS[0])), value=_ask(data))
    if not is_signed(data, signature.key_id, signature.value):
        raise NotSignedError("the command's signature is not of the first of LOG_PUBLIC_KEYS")
    return signature


def try_to_sign(data: bytes) -> Signature | None:
    """Like sign, but returns None if signing fails, which is logged: the caller's work must not depend on it."""
    try:
        return sign(data) if is_configured() else None
    except NotSignedError as error:
        logger.error("Nothing was signed: %s", error)
        return None


def public_keys() -> dict[str, bytes]:
    """All current and former keys by id; the one that signs now comes first."""
    own = [_raw(_private(settings.LOG_SIGNING_KEY).public_key())] if settings.LOG_SIGNING_KEY else []
    return {id_of(key): key for key in [*own, *map(decoded, settings.LOG_PUBLIC_KEYS)]}


def is_signed(data: bytes, key_id: str, signature: bytes, keys: dict[str, bytes] | None = None) -> bool:
    """Whether the key with this id, one of ours or of those given, signed the data."""
    key = (public_keys() if keys is None else keys).get(key_id)
    if key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def id_of(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()[:16]


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decoded(text: str) -> bytes:
    """The bytes of a base64 text. Raises ValueError."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def make_private_key() -> str:
    """A new private key, as PEM."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()


def is_private_key(text: str) -> bool:
    """Whether this is the PEM of an Ed25519 private key without a password."""
    try:
        _private(text)
    except (ValueError, TypeError):
        return False
    return True


def are_public_keys(texts: Iterable[str]) -> bool:
    """Whether each of these is the 32 bytes of an Ed25519 public key, in base64."""
    try:
        return all(len(decoded(text)) == KEY_BYTES for text in texts)
    except ValueError:
        return False


def _private(text: str) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(read_pem(text).encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("another kind of key")
    return key


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _ask(data: bytes) -> bytes:
    """The signature that the command writes: 64 bytes, raw or in base64."""
    command = shlex.split(settings.LOG_SIGNING_COMMAND)
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=COMMAND_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotSignedError(f"the command failed ({type(error).__name__})") from error
    if len(done.stdout) == SIGNATURE_BYTES:
        return done.stdout
    try:
        return decoded(done.stdout.decode("ascii").strip())
    except ValueError as error:
        raise NotSignedError("the command wrote no signature") from error


if __name__ == "__main__":
    print(make_private_key(), end="")
