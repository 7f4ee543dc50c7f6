"""``python -m tests.support.audit``: look for known vulnerabilities of pinned packages; exit status 1 if there are any.

If the package index does not respond or publishes no vulnerabilities, it says so loudly and lets the build continue.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PINNED = "requirements-dev.txt"
SECONDS = 180
ACCEPTED: dict[str, str] = {}
"""Vulnerabilities that do not affect PTFI: id → reason."""


def main() -> int:
    """Run the audit and print its result; returns the exit status."""
    try:
        packages = ask()
    except (ValueError, subprocess.TimeoutExpired):
        packages = []
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        sys.stderr.write(
            "SKIPPED: the dependencies were NOT audited: the package index tells no vulnerabilities here.\n"
        )
        return 0
    found = [(package, fault) for package in audited for fault in package["vulns"] if fault["id"] not in ACCEPTED]
    for package, fault in found:
        mended = ", ".join(fault["fix_versions"]) or "no version yet"
        sys.stderr.write(f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}\n")
    left = [package["name"] for package in packages if "vulns" not in package]
    if left:
        sys.stderr.write(f"NOT audited: {', '.join(left)}\n")
    print(f"{len(audited)} packages audited, {len(found)} known vulnerabilities")
    return bool(found)


def ask() -> list[dict[str, Any]]:
    """pip-audit's result per package. Raises ValueError if there is none, and TimeoutExpired."""
    options = ["--requirement", PINNED, "--require-hashes", "--disable-pip", "--format=json", "--progress-spinner=off"]
    command = [sys.executable, "-W", "ignore", "-m", "pip_audit", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    return packages


if __name__ == "__main__":
    sys.exit(main())
