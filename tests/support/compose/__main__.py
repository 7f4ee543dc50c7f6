"""``python -m tests.support.compose``: run tests/deploy/composed.py, which brings up all of deploy/compose.yaml.

It needs root, the packages named in this package's NEEDED, and ports 8000 to 8002. Images are kept in PTFI_DATA_DIR, or
.data/compose, for the next run; containers and volumes are not.
"""

import os
import socket
import subprocess
import sys

from tests.support.compose import PORTS, ROOT, missing

# Without the other tests' services and Django, because everything under test runs in the containers.
OPTIONS = ["-c", os.devnull, "--rootdir", str(ROOT), "--noconftest", "-p", "no:django", "-p", "no:schemathesis"]
TESTS = [sys.executable, "-m", "pytest", *OPTIONS, "-p", "no:cacheprovider", "-p", "no:anyio", "-x", "-v", "-s"]


def main(*arguments: str) -> int:
    """Run the tests; returns their exit status."""
    lacking = missing()
    if os.geteuid() != 0:
        lacking = ["root", *lacking]
    if lacking:
        sys.stderr.write(f"SKIPPING the containers: {', '.join(lacking)} is missing (Debian: apt install …).\n")
        return 0
    if busy := [str(port) for port in PORTS.values() if is_busy(port)]:
        sys.stderr.write(f"Something listens on port {' and '.join(busy)}; deploy/compose.yaml needs it.\n")
        return 1
    return subprocess.run([*TESTS, *arguments, "tests/deploy/composed.py"], cwd=ROOT, check=False).returncode


def is_busy(port: int) -> bool:
    """Whether a program is listening on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
