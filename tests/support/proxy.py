"""A proxy between two processes that simulates the network: it can swallow data, refuse, lose one side, and be slow."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

BYTES = 65_536


class Proxy:
    """Listens on a local port and forwards everything. Attributes: port, delay (seconds in each direction)."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self.connect = connect
        self.delay = 0.0
        self.refusing = False
        self.passed = 0
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._orphans: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        """Hold back everything sent from now on, in both directions; restore() delivers it late."""
        self._flowing.clear()

    def reset(self) -> None:
        """Reset every connection at both ends, and refuse new ones."""
        self.refusing = True
        for near, far in self._taken():
            _break(near)
            _break(far)

    def lose_clients(self) -> None:
        """Reset every connection at the client's end only, and refuse new ones; the server does not notice."""
        self.refusing = True
        for near, far in self._taken():
            self._orphans.append(far)
            _break(near)

    def restore(self) -> None:
        """Forward everything again without delay."""
        self.refusing, self.delay = False, 0.0
        self._flowing.set()

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._listener.close()
        self.restore()
        self.reset()
        for far in self._orphans:
            _break(far)

    def _taken(self) -> list[tuple[socket.socket, socket.socket]]:
        with self._lock:
            pairs, self._pairs = self._pairs, []
        return pairs

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                _break(near)
            else:
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        self._flowing.wait()
        try:
            far = self.connect()
        except OSError:
            _break(near)
            return
        with self._lock:
            self._pairs.append((near, far))
        if self.refusing:
            # The connections were reset while this one was being opened.
            self.reset()
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(BYTES):
                self._flowing.wait()
                time.sleep(self.delay)
                target.sendall(data)
                self.passed += len(data)
        if source in self._orphans or target in self._orphans:
            return
        self._flowing.wait()
        for end in (source, target):
            _break(end, gently=True)


def _break(end: socket.socket, *, gently: bool = False) -> None:
    """Close the socket, with a reset unless gently is set."""
    with contextlib.suppress(OSError):
        if not gently:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Only this wakes a thread that is blocked on the socket.
        end.shutdown(socket.SHUT_RDWR)
    end.close()
