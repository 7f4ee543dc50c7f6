"""What `make run` costs while nobody does anything, per process.

    python bench/idle.py [--settle 45] [--seconds 60]

Counts the processor time of all processes, which depends little on what else the machine does. Works in a data folder
of its own.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
LEAST = 0.0005
"""Shares of a core below which a process is not named."""


def times(folder: str) -> dict[tuple[int, str], float]:
    """The seconds that each process of the installation has worked so far, by id and command."""
    found = {}
    for process in psutil.process_iter():
        try:
            command = " ".join(process.cmdline())
            if folder in command or process.environ().get("PTFI_DATA_DIR") == folder:
                spent = process.cpu_times()
                found[process.pid, command] = spent.user + spent.system
        except psutil.Error:
            continue
    return found


def measure(folder: str, settle: float, seconds: float) -> None:
    time.sleep(settle)
    before = times(folder)
    time.sleep(seconds)
    shares = {key: (spent - before.get(key, spent)) / seconds for key, spent in times(folder).items()}
    for (_, command), share in sorted(shares.items(), key=lambda item: -item[1]):
        if share >= LEAST:
            print(f"{share:.2%} {command[-80:]}")
    print(f"{sum(shares.values()):.2%} of a core in all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--settle", type=float, default=45, help="seconds to wait after the start")
    parser.add_argument("--seconds", type=float, default=60, help="how long to measure")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "manage.py", "run"]
        environment = os.environ | {"PTFI_DATA_DIR": folder}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            if not any(re.search(r"PTFI is at http", line) for line in process.stdout):
                sys.exit("It did not start.")
            measure(folder, options.settle, options.seconds)
            process.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
