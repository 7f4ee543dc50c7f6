"""Validators for settings. Their messages never quote a value, which may be a secret."""

import re
import shlex
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509
from django.core.checks.security.base import SECRET_KEY_MIN_LENGTH, SECRET_KEY_MIN_UNIQUE_CHARACTERS
from environs import ValidationError, validate

from ptfi import encryption, signing
from ptfi.oauth.keys import is_private_key

TOLERANCE = validate.Range(min=0, max=1)
ANY_NUMBER = validate.Range(min=0)
POSITIVE = validate.Range(min=0, min_inclusive=False)
HEAD_SECONDS = validate.Range(min=0, min_inclusive=False, max=60)
"""The web server's own maximum is 60 seconds."""
BOLT = validate.Regexp(r"(bolt|neo4j)(\+s(sc)?)?://.+", error="Not a bolt:// or neo4j:// address.")
EVENTS = validate.Regexp(
    r"((https?://[\w.:\[\]-]+)?/[\w./-]*)?\Z", error="Neither a path nor an http:// or https:// address."
)
WEB_ADDRESS = validate.Regexp(r"(https?://[^\s]+)?\Z", error="Not an http:// or https:// address.")
PRODUCT_NAME = validate.Regexp(r"[^\r\n<>]{1,60}\Z", error="Not a name of one line and 60 characters at most.")
TOKEN = validate.Regexp(r"([\x21-\x7e]{20,})?\Z", error="At least 20 visible ASCII characters.")


def origins(values: list[str]) -> None:
    """Refuse what is no origin: a scheme and a host, without a path."""
    if not all(re.fullmatch(r"https?://[\w.-]+(:\d+)?", value) for value in values):
        raise ValidationError("Not origins such as https://media.example.org, separated by commas.")


def secret_key(text: str) -> None:
    """Refuse guessable keys."""
    if len(text) < SECRET_KEY_MIN_LENGTH or len(set(text)) < SECRET_KEY_MIN_UNIQUE_CHARACTERS:
        raise ValidationError("At least 50 random characters; deploy/make_secrets.py makes them.")


def private_key(text: str) -> None:
    """Refuse anything but an RSA private key."""
    if not is_private_key(text):
        raise ValidationError("Not the PEM of an RSA private key of 2048 bits or more, without a password.")


def signing_key(text: str) -> None:
    """Refuse anything but an Ed25519 private key or an empty text."""
    if text and not signing.is_private_key(text):
        raise ValidationError("Not the PEM of an Ed25519 private key without a password.")


def command(text: str) -> None:
    """Refuse anything but a command with its arguments or an empty text."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if text and not words:
        raise ValidationError("Not a command: are its quotes closed?")


def certificates(path: str) -> None:
    """Refuse a file without certificates; the path may be empty."""
    try:
        if path:
            x509.load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError):
        raise ValidationError("Not a file of certificates (PEM) that can be read.") from None


def networks(texts: list[str]) -> None:
    """Refuse anything but IP networks."""
    try:
        for each in texts:
            ip_network(each)
    except ValueError:
        raise ValidationError("Not IP networks such as 10.1.0.0/16, with commas between them.") from None


def public_keys(keys: list[str]) -> None:
    """Refuse anything but Ed25519 public keys."""
    if not signing.are_public_keys(keys):
        raise ValidationError("Not keys of 32 bytes in base64, with commas between them.")


def encryption_keys(keys: list[str]) -> None:
    """Refuse anything but keys of 32 bytes."""
    try:
        for key in keys:
            encryption.read_key(key)
    except ValueError:
        raise ValidationError("Not keys of 32 bytes in URL-safe base64, with commas between them.") from None
