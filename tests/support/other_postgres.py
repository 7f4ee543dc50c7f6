"""``python -m tests.support.other_postgres [--pgbouncer] [COMMAND …]``: run a command on Debian's PostgreSQL 15.

With --pgbouncer, through Debian's PgBouncer in transaction mode, without prepared statements. Without a command, it
runs the tests that query the database. The graph is the embedded one, kept in PTFI_DATA_DIR, or .data/postgres15.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ptfi import embedded
from tests.support.data_folder import wait_until
from tests.support.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
BINARIES = Path("/usr/lib/postgresql/15/bin")
FOLDERS = ("accounts", "api", "decisions", "erasure", "history", "ingest", "log", "moderation", "oauth", "persona")
MORE = ("privacy", "review", "search", "staff", "deploy/test_migrations.py", "deploy/test_privileges.py")
TESTS = [sys.executable, "-m", "pytest", "-m", "not slow", *(f"tests/{each}" for each in (*FOLDERS, *MORE))]
ROLES = (
    "CREATE ROLE ptfi LOGIN CREATEDB",
    f"CREATE ROLE {embedded.APPLICATION} LOGIN",
    f"GRANT {embedded.APPLICATION} TO ptfi",
    "CREATE DATABASE ptfi OWNER ptfi",
)
"""The same roles as in the embedded PostgreSQL."""
POOLER = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = 12
max_client_conn = 200
server_idle_timeout = 2
ignore_startup_parameters = options
"""


def missing(*, pgbouncer: bool) -> list[str]:
    """The Debian packages that are missing."""
    wanted = {"postgresql-15": (BINARIES / "initdb").exists()}
    wanted |= {"pgbouncer": bool(shutil.which("pgbouncer", path="/usr/sbin:/usr/bin"))} if pgbouncer else {}
    return [name for name, is_there in wanted.items() if not is_there]


def main(*command: str) -> int:
    """Run the command; returns its exit status."""
    pgbouncer = command[:1] == ("--pgbouncer",)
    if lacking := missing(pgbouncer=pgbouncer):
        sys.stderr.write(f"SKIPPING the tests on PostgreSQL 15: {' and '.join(lacking)} is missing.\n")
        return 0
    data = Path(os.environ.get("PTFI_DATA_DIR") or ROOT / ".data" / "postgres15").resolve()
    os.environ["PTFI_DATA_DIR"] = str(data)
    embedded.start()
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(postgres())
        if pgbouncer:
            port = stack.enter_context(pooler(port))
        environment = {name: value for name, value in os.environ.items() if name != "PTFI_EMBEDDED"}
        environment |= {"DATABASE_URL": f"postgresql://ptfi@127.0.0.1:{port}/ptfi", "HTTPS": "0"}
        environment |= {"DB_PREPARED_STATEMENTS": "0" if pgbouncer else "1", "EMAIL_URL": f"file:///{data}/mail"}
        return subprocess.run(command[pgbouncer:] or TESTS, env=environment, check=False).returncode


@contextlib.contextmanager
def postgres() -> Iterator[int]:
    """Run a new, empty PostgreSQL 15; yields its port."""
    port = free_port()
    with folder() as data:
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(
            [str(BINARIES / "initdb"), *options, "--pgdata", str(data / "data")],
            user=_user(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        settings = (f"port={port}", "unix_socket_directories=", "max_connections=150", "fsync=off")
        options = [word for setting in settings for word in ("-c", setting)]
        with started([str(BINARIES / "postgres"), "-D", str(data / "data"), *options], port):
            for statement in ROLES:
                _asked(port, statement)
            yield port


@contextlib.contextmanager
def pooler(server: int) -> Iterator[int]:
    """Run a PgBouncer in front of it; yields its port."""
    port = free_port()
    with folder() as data:
        (data / "users").write_text("".join(f'"{each}" ""\n' for each in ("postgres", "ptfi", embedded.APPLICATION)))
        (data / "pgbouncer.ini").write_text(POOLER.format(server=server, port=port, users=data / "users"))
        with started(["/usr/sbin/pgbouncer", "--quiet", str(data / "pgbouncer.ini")], port):
            yield port


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder for a program that does not run as root."""
    with tempfile.TemporaryDirectory() as path:
        if user := _user():
            shutil.chown(path, user)
        yield Path(path)


@contextlib.contextmanager
def started(command: list[str], port: int) -> Iterator[None]:
    """Run a server while the block runs, which begins once the server answers on this port."""
    process = subprocess.Popen(command, user=_user(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: not _asked(port, "SELECT 1"))
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _asked(port: int, statement: str) -> int:
    command = [str(BINARIES / "psql"), "-qAt", "-U", "postgres", "-h", "127.0.0.1", "-p", str(port), "-c", statement]
    return subprocess.run(command, capture_output=True, check=False).returncode


def _user() -> str | None:
    """The user for both programs, which refuse to run as root."""
    return "postgres" if os.geteuid() == 0 else None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
