"""The RSA key that signs ID tokens. ``python -m ptfi.oauth.keys`` prints a new one."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

BITS = 2048


def make_private_key() -> str:
    """A new private key, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()


def read_pem(text: str) -> str:
    r"""The PEM as it was before its line ends became ``\n``, as files of variables have it."""
    return text.replace("\\n", "\n")


def is_private_key(text: str) -> bool:
    """Say whether this is the PEM of an RSA private key of at least BITS bits, without a password."""
    try:
        key = serialization.load_pem_private_key(read_pem(text).encode(), password=None)
    except (ValueError, TypeError):
        return False
    return isinstance(key, rsa.RSAPrivateKey) and key.key_size >= BITS


if __name__ == "__main__":
    print(make_private_key(), end="")
