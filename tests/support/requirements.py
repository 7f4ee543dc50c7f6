"""Reading the pins in requirement files."""

import re


def pinned_hashes(requirements: str) -> dict[str, list[str]]:
    """The hashes of each pinned package, by "name==version"."""
    hashes: dict[str, list[str]] = {}
    for line in requirements.splitlines():
        if pin := re.match(r"[\w.-]+==\S+", line):
            hashes[package := pin[0].lower()] = []
        elif digest := re.match(r"    --hash=sha256:([0-9a-f]{64})", line):
            hashes[package].append(digest[1])
    return hashes
