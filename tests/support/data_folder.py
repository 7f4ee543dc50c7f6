"""Data folders with real services, processes that use them, and queries to the services."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import neo4j
import psutil
import psycopg

ROOT = Path(__file__).resolve().parents[2]
SET_HERE = (
    *("PTFI_EMBEDDED", "PTFI_DATA_DIR", "DATABASE_URL", "NEO4J_URL"),
    *("SECRET_KEY", "MFA_ENCRYPTION_KEYS", "OIDC_PRIVATE_KEY", "LOG_SIGNING_KEY"),
)
USER = """
import json, os, sys
from ptfi import embedded
try:
    embedded.start()
except embedded.EmbeddedError as error:
    sys.exit(str(error))
names = ("PTFI_EMBEDDED", "DATABASE_URL", "NEO4J_URL", "SECRET_KEY", "MFA_ENCRYPTION_KEYS", "OIDC_PRIVATE_KEY")
print(json.dumps({name: os.environ.get(name) for name in names}), flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the services until it is told to leave."""

    def __init__(self, folder: "Folder", **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER],
            cwd=ROOT,
            env=folder.environment(**environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def settings(self) -> dict[str, str]:
        """Wait until it has started; returns what it put into the environment."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        settings: dict[str, str] = json.loads(line)
        return settings

    def leave(self) -> str:
        """Let the process end; returns its standard error."""
        return self.process.communicate(timeout=60)[1]

    def kill(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.communicate()


class Folder:
    """A data folder and the processes that use it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.users: list[User] = []

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in SET_HERE}
        return kept | {"PTFI_DATA_DIR": str(self.path), "PTFI_EMBEDDED_LINGER_SECONDS": "1"} | more

    def use(self, **environment: str) -> User:
        user = User(self, **environment)
        self.users.append(user)
        return user

    def control(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ptfi.embedded", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=90, check=False
        )

    def processes(self) -> dict[str, psutil.Process]:
        """The running supervisor, graph and PostgreSQL of this folder, by name."""
        found = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                command = process.cmdline()
                if "ptfi.embedded.supervisor" in command and str(self.path) in command:
                    found["supervisor"] = process
                elif "ptfi.embedded.graph_server" in command and str(self.path) in command:
                    found["graph"] = process
                elif command[:1] and command[0].endswith("/postgres") and str(self.path / "postgres") in command:
                    found["postgres"] = process
        return found

    def close(self) -> None:
        for user in self.users:
            if user.process.poll() is None:
                user.leave()
        if self.path.is_dir():
            self.control("stop", "--force")
        for process in self.processes().values():
            process.kill()


def wait_until(condition: Callable[[], Any], seconds: float = 30) -> None:
    """Return as soon as the condition holds; raises AssertionError after this many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def ask_postgres(settings: dict[str, str], statement: str) -> Any:
    with psycopg.connect(settings["DATABASE_URL"], connect_timeout=5) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def ask_graph(settings: dict[str, str], statement: str) -> Any:
    url = urlsplit(settings["NEO4J_URL"])
    driver = neo4j.GraphDatabase.driver(
        f"bolt://{url.hostname}:{url.port}", auth=(url.username or "", url.password or "")
    )
    with driver, driver.session() as session:
        record = session.run(statement).single()
        return record[0] if record else None


def answers(ask: Callable[[dict[str, str], str], Any], settings: dict[str, str], statement: str) -> Any:
    try:
        return ask(settings, statement)
    except (psycopg.OperationalError, neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError):
        return None
