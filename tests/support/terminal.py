"""``manage.py run`` in a terminal of its own."""

import signal
import subprocess
import sys
import threading
import time

import psutil

from tests.support.data_folder import ROOT, Folder

WEB, EVENTS = "ptfi.wsgi", "ptfi.asgi"


class Terminal:
    """A terminal that runs ``manage.py run``."""

    def __init__(self, folder: Folder, port: str, **environment: str) -> None:
        self.text = ""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run"],
            cwd=ROOT,
            env=folder.environment(PORT=port, **environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            for line in output:
                self.text += line

    def wait_for(self, text: str, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.text:
            assert time.monotonic() < deadline, self.text
            assert self.process.poll() is None, self.text
            time.sleep(0.05)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        status = self.process.wait(20)
        self.reader.join(20)
        return status

    def child(self, name: str) -> psutil.Process | None:
        children = psutil.Process(self.process.pid).children()
        return next((child for child in children if name in " ".join(command_of(child))), None)

    def has_another(self, name: str, old: psutil.Process) -> bool:
        new = self.child(name)
        return new is not None and new.pid != old.pid


def command_of(process: psutil.Process) -> list[str]:
    try:
        command: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return command
