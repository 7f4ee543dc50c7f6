"""A real Neo4j 5 from Maven Central, in a process of its own; requires Java 17 and Maven."""

import contextlib
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

HERE = Path(__file__).resolve().parent
START_SECONDS = 90.0
NEEDED = {"java": "Java 17 (Debian: apt install openjdk-17-jdk-headless)", "mvn": "Maven (Debian: apt install maven)"}
# The process is short-lived and small: no second compiler, and as little memory as the tests need.
JAVA = ["java", "-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


def missing() -> list[str]:
    """The programs that this machine lacks to run it."""
    return [what for program, what in NEEDED.items() if shutil.which(program) is None]


def version() -> str:
    """The version that pom.xml pins."""
    found = re.search(r"<neo4j.version>(.+)</neo4j.version>", (HERE / "pom.xml").read_text())
    assert found
    return found[1]


def jars(folder: Path) -> Path:
    """The folder with Neo4j's jars (116 MB), downloaded on first use. Raises CalledProcessError."""
    there = folder / f"jars-{version()}"
    if not there.exists():
        draft = folder / "jars.new"
        shutil.rmtree(draft, ignore_errors=True)
        options = [
            "-q",
            "-B",
            "-f",
            str(HERE / "pom.xml"),
            "dependency:copy-dependencies",
            f"-DoutputDirectory={draft}",
        ]
        subprocess.run(["mvn", *options], check=True)
        draft.rename(there)
    return there


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run Neo4j with an empty graph; yields its address with user and password."""
    there, store, port, password = jars(folder), folder / "store", _free_port(), secrets.token_urlsafe(16)
    shutil.rmtree(store, ignore_errors=True)
    with (folder / "neo4j.log").open("w") as log:
        command = [*JAVA, "-cp", f"{there}/*", str(HERE / "Server.java"), str(store), str(port)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
    try:
        _set_password(f"bolt://127.0.0.1:{port}", password, process)
        yield f"bolt://neo4j:{password}@127.0.0.1:{port}"
    finally:
        process.communicate()
        shutil.rmtree(store, ignore_errors=True)


def _set_password(address: str, password: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until Neo4j answers with its initial password, then set its own."""
    statement, deadline = "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password", time.monotonic() + START_SECONDS
    while True:
        try:
            driver = neo4j.GraphDatabase.driver(address, auth=("neo4j", "neo4j"), connection_timeout=5)
            with driver, driver.session(database="system") as session:
                session.run(statement, password=password).consume()
            return
        except (DriverError, Neo4jError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
