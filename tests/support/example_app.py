"""The example app, served from an origin of its own as its README describes."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "examples/spa"
CLIENT_ID = "example-spa"


class Files(SimpleHTTPRequestHandler):
    """Serves the folder's files; config.js names the test's PTFI."""

    def __init__(self, *args: Any, issuer: str, **options: Any) -> None:
        self.issuer = issuer
        super().__init__(*args, directory=str(FOLDER), **options)

    def do_GET(self) -> None:
        if self.path != "/config.js":
            super().do_GET()
            return
        text = (FOLDER / "config.js").read_text().replace("http://localhost:8000", self.issuer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: Any) -> None:
        """Log nothing, to keep the tests' output clean."""


@contextmanager
def served(issuer: str) -> Iterator[str]:
    """Serve the app while the block runs; yields its address, a different site from PTFI's "localhost"."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, issuer=issuer)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
