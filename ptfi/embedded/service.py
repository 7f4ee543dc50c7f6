"""What both services share: how a process is started, found again, checked and stopped."""

import abc
import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from ptfi.embedded import EmbeddedError, is_locked

logger = logging.getLogger("ptfi.embedded")
READY_SECONDS = 80.0
"""Seconds that a service may take from its start to its first answer."""
LOG_BYTES = 5_000_000


class Service(abc.ABC):
    """A service process. It holds a lock file as long as it runs, so a reused process id can't be taken for it."""

    name: str
    stop_signals: list[tuple[signal.Signals, float]]

    def __init__(self, data: Path) -> None:
        self.data = data
        self.lock = data / "in-use.lock"
        self.process: subprocess.Popen[bytes] | None = None
        self.complaint = ""

    @abc.abstractmethod
    def pid(self) -> int | None:
        """The id of the service's running process, including one that an earlier supervisor started."""

    @abc.abstractmethod
    def alive(self) -> bool:
        """Whether the service can continue; False means that it has to be restarted."""

    @abc.abstractmethod
    def launch(self) -> None:
        """Start the process without waiting for its service."""

    @abc.abstractmethod
    def ready(self) -> bool:
        """Whether the service answers."""

    def start(self, stopping: Callable[[], bool]) -> None:
        """Adopt the running service, or start it and wait until it answers. Raises EmbeddedError."""
        if self.alive():
            logger.info("%s: adopted process %s", self.name, self.pid())
            return
        self.stop()
        self.launch()
        deadline = time.monotonic() + READY_SECONDS
        while not stopping():
            if self.process and self.process.poll() is not None:
                raise EmbeddedError(f"{self.name} ended at once:\n{_tail(self.log)}\nThe whole log is {self.log}")
            if self.ready():
                logger.info("%s: answers, process %s", self.name, self.pid())
                return
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{self.name} has not answered for {READY_SECONDS:.0f} s: {self.complaint}\nThe log is {self.log}"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """End the process, gracefully if possible. Raises EmbeddedError if it can't be ended."""
        for number, seconds in self.stop_signals:
            if (pid := self._running()) is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            if self._gone_within(seconds):
                return
        raise EmbeddedError(f"{self.name} does not end: process {self.pid()}")

    def _running(self) -> int | None:
        if self.process and self.process.poll() is None:
            return self.process.pid
        return self.pid()

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while is_locked(self.lock) or self._running() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    @property
    def log(self) -> Path:
        """The file for the process's output."""
        return self.data / f"{self.name}.log"

    def _spawn(self, command: list[str], **options: object) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # type: ignore[call-overload]
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options
            )


def runs(pid: int, argument: str) -> bool:
    """Whether this process was started with that argument: its id alone may have been reused."""
    try:
        return argument in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
