"""Child processes that live and die with the process that started them."""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before each restart of a child that keeps dying; the last value repeats."""
STEADY_SECONDS = 30.0
"""A child that lived this long does not count as one that keeps dying."""
STOP_SECONDS = 8.0
PR_SET_PDEATHSIG = 1


class Child:
    """A command that is restarted whenever it ends."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.deaths = 0
        self.due = 0.0
        self.start()

    def start(self) -> None:
        """Start the process in a process group of its own, so that Ctrl-C reaches it only through its parent."""
        self.started = time.monotonic()
        self.process: subprocess.Popen[bytes] | None = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=_die_with_parent(),
        )

    def tend(self) -> None:
        """Restart the process if it has ended, after a pause that grows while it keeps ending."""
        if self.process is None:
            if time.monotonic() >= self.due:
                self.start()
        elif self.process.poll() is not None:
            _kill_group(self.process.pid)
            steady = time.monotonic() - self.started > STEADY_SECONDS
            self.deaths = 0 if steady else self.deaths + 1
            pause = PAUSES[min(self.deaths, len(PAUSES) - 1)]
            logger.error("The %s ended (%s); it starts again in %s s", self.name, self.process.returncode, pause)
            self.due = time.monotonic() + pause
            self.process = None

    def ask_to_stop(self) -> None:
        """Ask the process to end, without waiting for it."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        """Wait for the process to end, and kill it if it does not."""
        if self.process:
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                logger.error("The %s does not stop; it is killed", self.name)
            _kill_group(self.process.pid)
            self.process.wait()


def _kill_group(group: int) -> None:
    # Everything the child started is in its group: a leftover worker would keep the port.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _die_with_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def ask_for_the_signal() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_the_signal
