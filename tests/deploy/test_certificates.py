"""``python -m ptfi.certificates``: an installation's authority; and PostgreSQL asked over TLS that is checked."""

import contextlib
import datetime as dt
import os
import re
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ptfi import certificates
from tests.support import other_postgres
from tests.support.data_folder import ROOT, wait_until
from tests.support.images import compose
from tests.support.inner_tls import certified, make_certificates
from tests.support.processes import free_port

WANTED = ("web,web2,127.0.0.1", "postgres")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_certificates_are_made_once(tmp_path: Path) -> None:
    assert make_certificates(tmp_path, *WANTED).count("made; start it again") == 2
    made = contents(tmp_path)
    assert set(made) == {"authority/key.pem", "authority/ca.pem", "trust/ca.pem"} | {
        f"{name}/{part}.pem" for name in ("web", "postgres") for part in ("key", "certificate")
    }
    assert make_certificates(tmp_path, *WANTED).count("stays") == 2
    assert contents(tmp_path) == made


def test_only_one_user_reads_a_key(tmp_path: Path) -> None:
    uid = os.getuid()
    other = 999 if uid == 0 else uid
    make_certificates(tmp_path, *WANTED, f"neo4j:{other}")
    for path in tmp_path.rglob("key.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o400
        assert path.stat().st_uid == (other if path.parent.name == "neo4j" else uid)


def test_the_certificates_are_what_clients_want(tmp_path: Path) -> None:
    make_certificates(tmp_path, *WANTED)
    authority = x509.load_pem_x509_certificate((tmp_path / "trust/ca.pem").read_bytes())
    made = x509.load_pem_x509_certificate((tmp_path / "web/certificate.pem").read_bytes())
    made.verify_directly_issued_by(authority)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web", "web2"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert made.not_valid_after_utc - made.not_valid_before_utc < dt.timedelta(826)
    key = serialization.load_pem_private_key((tmp_path / "web/key.pem").read_bytes(), None)
    assert key.public_key() == made.public_key()
    # The strictest that Python knows: it wants key identifiers and usages that fit.
    context = ssl.create_default_context(cafile=str(tmp_path / "trust/ca.pem"))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "web/certificate.pem", tmp_path / "web/key.pem")
    for name in ("web", "web2", "127.0.0.1"):
        shake_hands(context, server, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(context, server, "postgres")


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> None:
    """A handshake in memory with the server of this name. Raises SSLError if one side refuses the other."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [client.wrap_bio(back, there, server_hostname=name), server.wrap_bio(there, back, server_side=True)]
    # TLS 1.3 takes two flights; the client checks the certificate after the first.
    for side in sides * 2:
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    assert all(side.version() for side in sides)


@pytest.mark.parametrize("change", ["names", "time", "authority"])
def test_a_certificate_that_will_not_do_is_made_again(tmp_path: Path, change: str) -> None:
    make_certificates(tmp_path, *WANTED)
    before = contents(tmp_path)
    wanted = ("web,web2,web3", "postgres") if change == "names" else WANTED
    if change == "authority":
        (tmp_path / "authority/key.pem").unlink()
        said = make_certificates(tmp_path, *wanted)
    elif change == "time":
        # As it will be, in the days that are too few.
        days = certificates.CERTIFICATE_DAYS - certificates.RENEW_DAYS + 1
        script = (
            "import datetime as dt, sys; from pathlib import Path; from ptfi import certificates as c; real = c.now;"
            f"c.now = lambda: real() + dt.timedelta({days}); c.main(Path(sys.argv[1]), sys.argv[2:])"
        )
        command = [sys.executable, "-c", script, str(tmp_path), *wanted]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    else:
        said = make_certificates(tmp_path, *wanted)
    changed = {name for name, content in contents(tmp_path).items() if before[name] != content}
    of_web = {"web/key.pem", "web/certificate.pem"}
    of_postgres = {"postgres/key.pem", "postgres/certificate.pem"}
    of_authority = {"authority/key.pem", "authority/ca.pem", "trust/ca.pem"}
    assert (
        changed
        == {
            "names": of_web,
            "time": of_web | of_postgres,
            "authority": of_web | of_postgres | of_authority,
        }[change]
    )
    assert said.count("made; start it again") == (1 if change == "names" else 2)


@contextmanager
def postgres_as_composed(own: Path) -> Iterator[tuple[int, Path]]:
    """Debian's PostgreSQL with the arguments and the pg_hba.conf of compose.yaml, and this folder's certificate.

    Yields its port and the folder of its socket.
    """
    port, command = free_port(), compose()["services"]["postgres"]["command"]
    ours = {"/run/tls/own": str(own), "/etc/ptfi/pg_hba.conf": str(own / "pg_hba.conf")}
    (own / "pg_hba.conf").write_text((ROOT / "deploy/pg_hba.conf").read_text())
    words = [re.sub("|".join(ours), lambda found: ours[found[0]], word) for word in command]
    user = "postgres" if os.geteuid() == 0 else None
    with other_postgres.folder() as data:
        (data / "password").write_text("secret")
        make = ["initdb", "--username=postgres", "--pwfile", str(data / "password"), "--no-sync"]
        make += ["--encoding=UTF8", "--locale=C.UTF-8"]
        program = other_postgres.BINARIES
        subprocess.run(
            [str(program / make[0]), *make[1:], "-D", str(data / "data")], user=user, check=True, capture_output=True
        )
        places = ["-D", str(data / "data"), "-p", str(port), "-k", str(data), "-cfsync=off"]
        process = subprocess.Popen([str(program / words[0]), *words[1:], *places], user=user, stderr=subprocess.DEVNULL)
        try:
            ready = [str(program / "pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(port)]
            wait_until(lambda: subprocess.run(ready, check=False).returncode == 0)
            yield port, data
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.slow
@pytest.mark.skipif(bool(other_postgres.missing(pgbouncer=False)), reason="postgresql-15 is missing")
def test_postgresql_is_asked_over_tls_that_is_checked_and_lets_in_nobody_without(tmp_path: Path) -> None:
    user = "postgres" if os.geteuid() == 0 else ""
    with other_postgres.folder() as folder:
        own, other = folder / "own", certified(tmp_path / "other")
        uid = int(subprocess.run(["id", "-u", user or os.environ["USER"]], capture_output=True, check=True).stdout)
        make_certificates(own, f"postgres,localhost:{uid}")
        authority = str(own / "trust/ca.pem")
        with postgres_as_composed(own / "postgres") as (port, container):

            def refusal(host: str, mode: str, trusted: str) -> str:
                """What PostgreSQL, or the client, says against it; "" where it goes well."""
                more = f"sslmode={mode}&sslrootcert={quote(trusted)}"
                try:
                    with psycopg.connect(f"postgresql://postgres:secret@{host}:{port}/postgres?{more}") as connection:
                        used = connection.execute("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                        return "" if used.fetchone() == (True, "TLSv1.3") else "not over TLS"
                except psycopg.OperationalError as error:
                    return str(error)

            assert refusal("localhost", "verify-full", authority) == ""
            assert "certificate verify failed" in refusal("localhost", "verify-full", other.authority)
            assert "does not match host name" in refusal("127.0.0.1", "verify-full", authority)
            assert "no encryption" in refusal("localhost", "disable", authority)
            # A base backup, taken in the container.
            command = [str(other_postgres.BINARIES / "pg_basebackup"), "--checkpoint=fast", "--username=postgres"]
            places = ["--host", str(container), "--port", str(port), "--pgdata", str(container / "backup")]
            subprocess.run([*command, *places], user=user or None, check=True)
            assert (container / "backup" / "backup_manifest").exists()
