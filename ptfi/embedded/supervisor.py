"""The background process that keeps the embedded services running: one per data folder."""

import json
import logging
import os
import signal
import sys
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import psycopg

from ptfi.embedded import EmbeddedError, try_lock, wait_for_lock
from ptfi.embedded.graph import Graph
from ptfi.embedded.postgres import SOCKET_NAME, PostgreSQL
from ptfi.embedded.service import Service, logger

LOOK_SECONDS = 0.5
LINGER_SECONDS = float(os.environ.get("PTFI_EMBEDDED_LINGER_SECONDS", "5"))
"""Seconds that the services outlive their last user, so that successive commands find them running."""


def main(data: Path) -> None:
    """Move to the background and keep the services of this data folder running, unless another supervisor does."""
    try:
        lock = wait_for_lock(data / "supervisor.lock", 1)
    except EmbeddedError:
        return
    if os.fork():
        # The lock stays with the child, so the caller finds it held as soon as this process has ended.
        os._exit(0)
    os.setsid()
    handler = RotatingFileHandler(data / "supervisor.log", maxBytes=1_000_000, backupCount=1)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO, handlers=[handler])
    logging.getLogger("neo4j").setLevel(logging.CRITICAL)
    Supervisor(data).run()
    os.close(lock)
    # A thread may hang while talking to a server that was killed.
    os._exit(0)


class Supervisor:
    """Starts the services, restarts what dies and stops both after their last user."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.stopping = threading.Event()
        self.write_state(status="starting")
        signal.signal(signal.SIGTERM, lambda *_: self.stopping.set())

    def run(self) -> None:
        """Keep the services running until they had no user for a while, or until SIGTERM."""
        try:
            self.postgres, self.graph = PostgreSQL(self.data), Graph(self.data)
        except (EmbeddedError, OSError) as error:
            self.write_state(status="failed", error=str(error))
            return
        services: list[Service] = [self.postgres, self.graph]
        with ThreadPoolExecutor(len(services) + 1) as pool:
            held = pool.submit(self.wait_for_idleness)
            failures = list(filter(None, pool.map(self.start_first, services)))
            if not self.stopping.is_set():
                self.announce()
                watches = [pool.submit(self.watch, service) for service in services]
                wait(watches, return_when=FIRST_EXCEPTION)
                self.stopping.set()
                failures = [repr(watch.exception()) for watch in watches if watch.exception()]
            list(pool.map(self.stop, services))
            lock = held.result()
        logger.info("ended %s", failures or "as asked")
        if self.data.exists():
            self.write_state(status="failed" if failures else "stopped", error="\n".join(failures))
        if lock is not None:
            os.close(lock)

    def announce(self) -> None:
        """Tell the waiting processes where the services are."""
        socket = str(self.postgres.sockets / SOCKET_NAME)
        self.write_state(
            status="ready",
            socket=socket,
            database_url=self.postgres.url,
            application_url=self.postgres.application_url,
            graph_url=self.graph.url,
        )

    def write_state(self, **state: Any) -> None:
        """Replace the state file, which ``embedded.start()`` reads; it holds the graph's password."""
        draft = self.data / "state.json.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"pid": os.getpid(), "at": time.time(), **state}))
        draft.replace(self.data / "state.json")

    def start_first(self, service: Service) -> str:
        """Start the service like ``start``; if that fails, stop everything."""
        error = self.start(service)
        if error:
            self.stopping.set()
        return error

    def start(self, service: Service) -> str:
        """Start or adopt the service. Returns the error's text, "" if there is none."""
        try:
            service.start(self.stopping.is_set)
        except (EmbeddedError, OSError, psycopg.Error) as error:
            logger.error("%s: %s", service.name, error)
            return str(error)
        return ""

    def watch(self, service: Service) -> None:
        """Restart the service whenever it has died, with growing pauses if that does not help."""
        pause = LOOK_SECONDS
        while not self.stopping.wait(pause):
            if service.alive():
                pause = LOOK_SECONDS
                continue
            logger.error("%s: is gone or hangs; starting it again", service.name)
            pause = min(pause * 2, 10) if self.start(service) else LOOK_SECONDS
            self.announce()

    def stop(self, service: Service) -> None:
        """Stop the service."""
        try:
            service.stop()
        except (EmbeddedError, OSError) as error:
            logger.error("%s: %s", service.name, error)

    def wait_for_idleness(self) -> int | None:
        """Wait until there is no user.

        Returns the users' lock, which keeps new ones waiting until the services have stopped.
        """
        path = self.data / "in-use.lock"
        idle_since = time.monotonic()
        last_use = 0.0
        while not self.stopping.wait(LOOK_SECONDS):
            if not path.exists():
                break
            lock = try_lock(path)
            # A command that came and went between two checks has left its time on the file.
            if lock is None or path.stat().st_mtime != last_use:
                idle_since = time.monotonic()
                last_use = path.stat().st_mtime
            if lock is not None:
                if time.monotonic() - idle_since >= self.linger():
                    self.stopping.set()
                    return lock
                os.close(lock)
        self.stopping.set()
        return None

    def linger(self) -> float:
        """Seconds without a user after which to stop; 0 if the last user asked for that."""
        return 0.0 if (self.data / "no-linger").exists() else LINGER_SECONDS


if __name__ == "__main__":
    main(Path(sys.argv[1]))
