"""Processes of the product on the tests' database, and ports to listen on."""

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from django.db import connection

from tests.support.data_folder import ROOT, wait_until


def database_address() -> str:
    """The address of the database that this process uses for its tests."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def free_port() -> int:
    """A port that is free at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(*command: str, log: Path | None = None, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run Python with these arguments on the tests' database; it and its children are killed after the block.

    log: a file for its output.
    """
    address = database_address()
    output = log.open("wb") if log else None
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=output,
        stderr=output,
        cwd=ROOT,
        env=dict(os.environ) | {"DATABASE_URL": address, "PTFI_EMBEDDED": "", "HTTPS": "0"} | environment,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if output:
            output.close()


def hang(process: psutil.Process) -> None:
    """Stop the process; a busy machine may let its threads go on for a moment after the signal."""
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: all(psutil.Process(each.id).status() == psutil.STATUS_STOPPED for each in process.threads()))


def connection_to(port: int, authority: str, seconds: float) -> http.client.HTTPConnection:
    """A connection over TLS that trusts only the certificates in this file, or over plain http without one."""
    if not authority:
        return http.client.HTTPConnection("localhost", port, timeout=seconds)
    context = ssl.create_default_context(cafile=authority)
    return http.client.HTTPSConnection("localhost", port, timeout=seconds, context=context)


def answers(port: int, authority: str = "") -> bool:
    """Whether a web server on this port reports that it is alive."""
    asking = connection_to(port, authority, 0.5)
    try:
        asking.request("GET", "/healthz")
        return asking.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()
