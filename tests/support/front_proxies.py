"""nginx and HAProxy with the configurations of deploy/proxy, on local ports."""

import datetime as dt
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.data_folder import ROOT

HOST = "localhost"


def certificate(folder: Path) -> None:
    """Write a certificate for localhost and its key, in the formats of both programs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(1)
    )
    signed = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "certificate.pem").write_bytes(signed)
    (folder / "key.pem").write_bytes(private)
    (folder / "all.pem").write_bytes(signed + private)


def command_of(program: str, folder: Path, *, tls: int, plain: int, changes: dict[str, str]) -> list[str]:
    """Write the committed configuration with these ports, this folder and more changes; returns the command to run it.

    The folder holds the proxy's own certificate, and inside.pem, the inner authority.
    """
    name = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}[program]
    text = (ROOT / "deploy" / "proxy" / name).read_text()
    ours = {
        "listen 443 ": f"listen 127.0.0.1:{tls} ",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "bind :443 ": f"bind 127.0.0.1:{tls} ",
        "bind :80\n": f"bind 127.0.0.1:{plain}\n",
        "/etc/ssl/ptfi": str(folder),
        "/var/log/nginx": str(folder),
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "server_name ptfi.example.com": f"server_name {HOST}",
    }
    for old, new in (ours | changes).items():
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text)
    if program == "nginx":
        return ["nginx", "-c", str(path), "-p", str(folder), "-g", "daemon off;"]
    return ["haproxy", "-db", "-f", str(path)]
