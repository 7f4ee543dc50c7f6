"""All of deploy/compose.yaml in containers, with images that are built here from packages and not pulled."""

import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PORTS = {"web": 8000, "events": 8001, "web2": 8002}
"""The ports of this machine that compose.yaml uses."""
NEEDED = {
    "podman": "podman",
    "runc": "runc",
    "buildah": "buildah",
    "conmon": "conmon",
    "debootstrap": "debootstrap",
    "/usr/lib/podman/netavark": "netavark",
    "/usr/lib/podman/aardvark-dns": "aardvark-dns",
    "iptables": "iptables",
    "haproxy": "haproxy",
    "java": "openjdk-17-jdk-headless",
    "mvn": "maven",
}
"""Required programs, and the Debian packages that contain them."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing() -> list[str]:
    """The Debian packages that are missing."""
    return [package for program, package in NEEDED.items() if shutil.which(program, path=PATH) is None]
