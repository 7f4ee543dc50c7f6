"""The graph's process: ArcadeDB in a Java VM, reached over Bolt from this machine only."""

import json
import os
import select
import signal
import sys
from pathlib import Path

from arcadedb_embedded.server import ArcadeDBServer

from ptfi.embedded import is_locked, launch_supervisor, wait_for_lock

CHECK_SECONDS = 5.0


def main(data: Path) -> None:
    """Serve the graph of this data folder until SIGTERM, with the ports and the password kept there."""
    folder = data / "graph"
    lock = wait_for_lock(folder / "server.lock", 5)
    os.truncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    server = _server(folder)
    server.start()
    # Only Bolt is used, but ArcadeDB starts its HTTP server whatever its settings say.
    server._java_server.getHttpServer().stopService()
    _wait_for_signal(data)
    server.stop()
    # Python's normal exit joins Java's threads, which may wait for a client that never disconnects.
    os._exit(0)


def _server(folder: Path) -> ArcadeDBServer:
    ports = json.loads((folder / "ports.json").read_text())
    return ArcadeDBServer(
        str(folder),
        (folder / "password").read_text(),
        config={
            "host": "127.0.0.1",
            "mode": "production",
            "http_port": ports["http"],
            "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
            "bolt_port": ports["bolt"],
            "bolt_defaultDatabase": "pkg",
            "server_defaultDatabases": "pkg[root]",
        },
        jvm_kwargs={
            "heap_size": "256m",
            # No txWalFlush: it would survive a power cut at 2-4 times the cost of a write, and the graph can be rebuilt
            # from the log at any time.
            "jvm_args": ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Darcadedb.command.timeout=5000"],
        },
    )


def _wait_for_signal(data: Path) -> None:
    # The signal may arrive in one of Java's threads, which would not wake a sleeping main thread; a pipe does.
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGTERM, lambda *_: None)
    while not select.select([reader], [], [], CHECK_SECONDS)[0]:
        if not data.exists():
            return
        # Without a supervisor the services would keep running after their last user.
        if not is_locked(data / "supervisor.lock"):
            launch_supervisor(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
