"""The RSA key that signs ID tokens. ``python -m ptfi.oauth.keys`` prints a new one."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

BITS = 3072
"""Size of a new key, as strong as a symmetric key of 128 bits (NIST SP 800-57)."""
LEAST_BITS = 2048


def make_private_key() -> str:
    """A new private key, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()


def read_pem(text: str) -> str:
    """The PEM with real line breaks, which files of environment variables hold as ``
    ``."""
    return text.replace("\\n", "\n")


def is_private_key(text: str) -> bool:
    """Whether this is the PEM of an RSA private key of at least LEAST_BITS bits, without a password."""
    return bits(text) >= LEAST_BITS


def bits(text: str) -> int:
    """The size of the PEM's RSA key in bits; 0 if it is not one."""
    try:
        key = serialization.load_pem_private_key(read_pem(text).encode(), password=None)
    except (ValueError, TypeError):
        return 0
    return key.key_size if isinstance(key, rsa.RSAPrivateKey) else 0


if __name__ == "__main__":
    print(make_private_key(), end="")
