"""``python -m ptfi.certificates FOLDER NAME[,NAME…][:UID] …``: a certificate authority for an installation.

FOLDER/authority holds the authority's key, FOLDER/trust/ca.pem is the certificate to trust, and FOLDER/NAME gets
certificate.pem and key.pem for the names, readable by user UID only. Existing ones are kept unless they expire within
RENEW_DAYS or are for other names. Servers read new ones at their next start.
"""

import datetime as dt
import ipaddress
import os
import sys
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS, CERTIFICATE_DAYS, RENEW_DAYS = 7_300, 825, 400
"""Validity in days of the authority and of certificates; certificates with fewer than RENEW_DAYS left are replaced."""

Key = ec.EllipticCurvePrivateKey


class Authority:
    """Signs certificates. Its own certificate and key are kept in a folder and created on first use."""

    def __init__(self, folder: Path, trust: Path) -> None:
        key, own = folder / "key.pem", folder / "ca.pem"
        if not key.exists():
            made = ec.generate_private_key(ec.SECP256R1())
            write(own, pem_of(_self_signed(made)), 0o444)
            write(key, pem_of_key(made), 0o400)
        self._key = cast(Key, serialization.load_pem_private_key(key.read_bytes(), password=None))
        self.certificate = x509.load_pem_x509_certificate(own.read_bytes())
        write(trust / "ca.pem", own.read_bytes(), 0o444)

    def renew(self, folder: Path, names: list[str], user: int | None) -> bool:
        """Create certificate and key for the names unless the existing ones are still good; returns whether it did."""
        path = folder / "certificate.pem"
        if path.exists() and self._will_do(x509.load_pem_x509_certificate(path.read_bytes()), names):
            return False
        key = ec.generate_private_key(ec.SECP256R1())
        # The key first: a certificate without its key would look complete next time.
        write(folder / "key.pem", pem_of_key(key), 0o400, user)
        write(path, pem_of(self._signed(key, names)), 0o444, user)
        return True

    def _will_do(self, certificate: x509.Certificate, names: list[str]) -> bool:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        is_ours = certificate.issuer == self.certificate.subject
        is_for_them = list(alternatives) == list(alternatives_of(names))
        return is_ours and is_for_them and certificate.not_valid_after_utc > now() + dt.timedelta(RENEW_DAYS)

    def _signed(self, key: Key, names: list[str]) -> x509.Certificate:
        made = _builder(names[0], self.certificate.subject, key, CERTIFICATE_DAYS)
        made = made.add_extension(alternatives_of(names), critical=False)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        by = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return made.add_extension(by, critical=False).sign(self._key, hashes.SHA256())


def _self_signed(key: Key) -> x509.Certificate:
    # A random name, so that clients that trust the authorities of two installations can tell them apart.
    name = f"PTFI {os.urandom(4).hex()}"
    made = _builder(name, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key, AUTHORITY_DAYS)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return made.add_extension(_only_signs_certificates(), critical=True).sign(key, hashes.SHA256())


def _only_signs_certificates() -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    return x509.KeyUsage(
        **dict.fromkeys(names, False), key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False
    )


def _builder(name: str, issuer: x509.Name, key: Key, days: int) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    # Other machines' clocks may be slow.
    begin, end = now() - dt.timedelta(hours=1), now() + dt.timedelta(days)
    return x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), begin, end)


def alternatives_of(names: list[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general(name) for name in names])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def pem_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def pem_of_key(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write(path: Path, text: bytes, mode: int, user: int | None = None) -> None:
    """Replace the file as a whole, owned by the user."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    os.write(descriptor, text)
    if user is not None:
        os.fchown(descriptor, user, user)
    os.close(descriptor)
    beside.replace(path)


def main(folder: Path, wanted: list[str]) -> None:
    authority = Authority(folder / "authority", folder / "trust")
    for each in wanted:
        joined, _, user = each.partition(":")
        names = joined.split(",")
        made = authority.renew(folder / names[0], names, int(user) if user else None)
        print(f"{joined}: {'made; start it again' if made else 'stays'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
