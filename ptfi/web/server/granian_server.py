"""``python -m ptfi.web.server.granian_server``: granian's command line with support for encrypted private keys.

granian can't open encrypted keys in OpenSSL's format. It gets the decrypted key here, in memory that no other user can
read.
"""

import os
from pathlib import Path
from typing import Any

import granian
from cryptography.hazmat.primitives import serialization
from granian import cli
from granian.server import MPServer

WRITTEN_FOR = "2.8.7"
"""The granian whose private parts this uses: ``cli.Server``, ``build_ssl_context()``, and the order of ``ssl_ctx``."""


class Server(MPServer):
    """A server whose key may be protected by TLS_KEY_PASSWORD."""

    def build_ssl_context(self, cert: Path | None, key: Path | None, password: str | None, *more: Any) -> None:
        """Let the workers, which are separate processes, read the decrypted key from this one."""
        locked = bool(key) and b"ENCRYPTED" in Path(str(key)).read_bytes()
        if locked and granian.__version__ != WRITTEN_FOR:
            raise SystemExit(f"TLS_KEY_FILE: Encrypted keys need granian {WRITTEN_FOR}, not {granian.__version__}.")
        password = os.environ.get("TLS_KEY_PASSWORD") if locked else password
        super().build_ssl_context(cert, key, password, *more)
        if locked:
            told: tuple[Any, ...] = self.ssl_ctx
            self.ssl_ctx: Any = (*told[:2], opened(Path(told[2]), str(password)), None, *told[4:])


def opened(path: Path, password: str) -> str:
    """A path to the decrypted key, readable by this user's processes as long as this process lives."""
    key = serialization.load_pem_private_key(path.read_bytes(), password.encode())
    descriptor = os.memfd_create("key")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    os.write(descriptor, pem)
    return f"/proc/{os.getpid()}/fd/{descriptor}"


if __name__ == "__main__":
    command: Any = cli
    command.Server = Server
    command.entrypoint()
