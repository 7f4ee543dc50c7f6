"""The graph from the supervisor's side: starting graph_server.py and checking that it answers."""

import json
import os
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

from ptfi.embedded import PROJECT, is_free, is_locked, stored_secret
from ptfi.embedded.service import Service, logger, runs

GRAPH_DEADLINE = float(os.environ.get("PTFI_EMBEDDED_GRAPH_DEADLINE", "60"))
"""Seconds without an answer after which the graph's process is replaced."""


class Graph(Service):
    """ArcadeDB in a process of its own. Its address stays the same unless another program takes the port."""

    name = "graph"
    stop_signals = [(signal.SIGTERM, 5.0), (signal.SIGKILL, 10.0)]

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.folder = data / "graph"
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.lock = self.folder / "server.lock"
        self.password = stored_secret(self.folder / "password", 24)
        self.ports = self._ports()
        self.answered = threading.Event()
        self.silence = 0.0
        self.looked = time.monotonic()
        threading.Thread(target=self._ask_for_ever, daemon=True).start()

    @property
    def url(self) -> str:
        """The graph's address, with user and password."""
        return f"bolt://root:{quote(self.password, safe='')}@127.0.0.1:{self.ports['bolt']}"

    def pid(self) -> int | None:
        if not is_locked(self.lock):
            return None
        pid = int(self.lock.read_text() or 0)
        return pid if runs(pid, "ptfi.embedded.graph_server") else None

    def alive(self) -> bool:
        now = time.monotonic()
        # While this process was suspended it could not receive an answer, so that time counts as one second at most.
        self.silence += min(now - self.looked, 1.0)
        self.looked = now
        if self.answered.is_set():
            self.answered.clear()
            self.silence = 0.0
        if self.silence > GRAPH_DEADLINE:
            logger.error("graph: no answer for %.0f s; it is replaced", self.silence)
        return self.silence <= GRAPH_DEADLINE and self.pid() is not None

    def launch(self) -> None:
        if not all(map(is_free, self.ports.values())):
            logger.error("graph: its port has been taken by another program; it gets a new address")
            (self.folder / "ports.json").unlink()
            self.ports = self._ports()
        self.answered.clear()
        self.silence = 0.0
        # Java decodes file names by the locale.
        environment = os.environ | {"PYTHONPATH": str(PROJECT), "LC_ALL": "C.UTF-8"}
        self._spawn([sys.executable, "-m", "ptfi.embedded.graph_server", str(self.data)],
                    cwd=self.folder, env=environment)  # fmt: skip

    def ready(self) -> bool:
        return self.answered.is_set()

    def _ports(self) -> dict[str, int]:
        path = self.folder / "ports.json"
        if not path.exists():
            path.write_text(json.dumps({"bolt": _free_port(), "http": _free_port()}))
        ports: dict[str, int] = json.loads(path.read_text())
        return ports

    def _ask_for_ever(self) -> None:
        # In a thread of its own: a hung server blocks the driver despite its time-outs.
        while True:
            try:
                self._ask()
            except (DriverError, Neo4jError, OSError) as error:
                self.complaint = str(error)
                time.sleep(0.1)

    def _ask(self) -> None:
        address = f"bolt://127.0.0.1:{self.ports['bolt']}"
        login = ("root", self.password)
        driver = neo4j.GraphDatabase.driver(address, auth=login, connection_timeout=5, connection_acquisition_timeout=5)
        with driver, driver.session() as session:
            while True:
                session.run("RETURN 1").consume()
                self.answered.set()
                time.sleep(1)


def _free_port() -> int:
    # Below the ephemeral port range, from which another program could take the port while the graph restarts.
    while not is_free(port := 17_000 + secrets.randbelow(14_000)):
        pass
    return port
