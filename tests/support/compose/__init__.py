"""All of deploy/compose.yaml in containers, on images made here from packages: nothing is pulled."""

import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PORTS = {"web": 8000, "events": 8001, "web2": 8002}
"""Those of this machine that compose.yaml takes."""
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
"""What has to be there, and the package of Debian's that has it."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing() -> list[str]:
    """The packages that have to be installed first."""
    return [package for program, package in NEEDED.items() if shutil.which(program, path=PATH) is None]
