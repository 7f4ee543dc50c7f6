"""``python -m ptfi.embedded status|stop``: look at the embedded services, or stop them."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from ptfi.embedded import PROJECT, STOP_SECONDS, is_locked, is_used, read_state
from ptfi.embedded.service import runs


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m ptfi.embedded", description=__doc__)
    parser.add_argument("command", choices=["status", "stop"])
    parser.add_argument("--force", action="store_true", help="stop the services even while they are used")
    options = parser.parse_args()
    data = Path(os.environ.get("PTFI_DATA_DIR") or PROJECT / ".data").absolute()
    if not (data / "in-use.lock").exists() or not is_locked(data / "supervisor.lock"):
        print(f"Not running: {data}")
    elif options.command == "status":
        used = "in use" if is_used(data) else "not in use"
        print(f"{read_state(data).get('status', 'starting')}, {used}: {data}")
    else:
        _stop(data, force=options.force)


def _stop(data: Path, *, force: bool) -> None:
    if not force and is_used(data):
        sys.exit(f"Other processes use the services of {data}; --force stops them all the same.")
    deadline = time.monotonic() + STOP_SECONDS
    while is_locked(data / "supervisor.lock"):
        pid = read_state(data).get("pid", 0)
        if runs(pid, "ptfi.embedded.supervisor"):
            os.kill(pid, signal.SIGTERM)
        if time.monotonic() > deadline:
            sys.exit(f"The services of {data} do not stop: see {data}/supervisor.log")
        time.sleep(0.1)
    print(f"Stopped: {data}")


if __name__ == "__main__":
    main()
