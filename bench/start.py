"""How long `make run` takes until its first page: in a fresh clone, and the second time.

    python bench/start.py

Clones the committed state into a temporary folder, and does without pip's cache.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ("PTFI_", "DATABASE_URL", "NEO4J_URL", "SECRET_KEY", "OIDC_PRIVATE_KEY", "LOG_SIGNING_KEY", "VIRTUAL_ENV")


def first_page(folder: Path) -> float:
    """Seconds from `make run` until the line with the address, which is printed once the first page has responded."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    start = time.perf_counter()
    with subprocess.Popen(
        ["make", "run"],
        cwd=folder,
        env=environment | {"PIP_NO_CACHE_DIR": "1"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if re.search(r"PTFI is at http://localhost:\d+", line):
                break
        else:
            sys.exit("It did not start.")
        seconds = time.perf_counter() - start
        os.killpg(process.pid, signal.SIGINT)
        process.stdout.read()
    return seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "ptfi"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        for what in ("cold", "second"):
            print(f"{what} start: {first_page(clone):.1f} s", flush=True)


if __name__ == "__main__":
    main()
