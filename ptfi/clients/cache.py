"""How the shared cache names its rows."""

import hashlib


def hashed_key(key: str, key_prefix: str, version: int) -> str:
    """Of one length whatever a request sent, and without the codes and addresses that keys are made of."""
    return hashlib.sha256(f"{key_prefix}:{version}:{key}".encode()).hexdigest()
