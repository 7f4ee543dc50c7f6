"""The server's listening sockets: one server per port, and a limit on connections whose client does not read."""

import os
import socket
import sys

import psutil
from django.conf import settings


def take_port(host: str, port: int) -> None:
    """Reserve the port for as long as this process and its children live. Raises OSError.

    The server opens its socket with SO_REUSEPORT, which would let two servers of one user share a port.
    """
    lock = socket.socket(socket.AF_UNIX)
    try:
        if sys.platform == "linux":  # Only Linux has socket names that disappear with their process.
            lock.bind(f"\0ptfi-port-{port}")
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OSError:
        lock.close()
        raise
    os.set_inheritable(lock.detach(), True)


def limit_stalls() -> None:
    """Let the system close connections whose peer reads nothing for WEB_STALL_SECONDS; accepted sockets inherit it."""
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        return
    for each in psutil.Process().net_connections("tcp"):
        if each.status == psutil.CONN_LISTEN:
            with socket.socket(fileno=os.dup(each.fd)) as listening:
                milliseconds = int(settings.WEB_STALL_SECONDS * 1_000)
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
