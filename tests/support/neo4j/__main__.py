"""``python -m tests.support.neo4j [COMMAND …]``: run a command with Neo4j as the graph, and a PostgreSQL of its own.

Without a command, it runs the tests marked `graph`; with --check, it only prints what is missing here. Everything is
kept in PTFI_DATA_DIR, or .data/neo4j.
"""

import os
import subprocess
import sys
from pathlib import Path

from ptfi.embedded import stored, stored_secret
from ptfi.embedded.postgres import PostgreSQL
from ptfi.oauth.keys import make_private_key
from ptfi.signing import make_private_key as make_signing_key
from tests.support import neo4j

ROOT = Path(__file__).resolve().parents[3]
TESTS = [sys.executable, "-m", "pytest", "-m", "graph and not memory"]


def main() -> int:
    """Run the command; returns its exit status."""
    lacking = neo4j.missing()
    if lacking:
        sys.stderr.write(f"SKIPPING the tests on Neo4j: they need {' and '.join(lacking)}.\n")
    if lacking or sys.argv[1:] == ["--check"]:
        return 0
    data = Path(os.environ.get("PTFI_DATA_DIR") or ROOT / ".data" / "neo4j").resolve()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    postgres = PostgreSQL(data)
    postgres.start(lambda: False)
    try:
        with neo4j.running(data) as url:
            sys.stderr.write(f"Neo4j {neo4j.version()} runs\n")
            return subprocess.run(
                sys.argv[1:] or TESTS, env=_environment(data, postgres.url, url), check=False
            ).returncode
    finally:
        postgres.stop()


def _environment(data: Path, postgres: str, graph: str) -> dict[str, str]:
    """The environment of an operator with external servers."""
    ours = {name: value for name, value in os.environ.items() if name != "PTFI_EMBEDDED"}
    return ours | {
        "DATABASE_URL": postgres,
        "NEO4J_URL": graph,
        "PTFI_DATA_DIR": str(data),
        "SECRET_KEY": stored_secret(data / "secret-key", 50),
        "OIDC_PRIVATE_KEY": stored(data / "oidc-private-key", make_private_key),
        "LOG_SIGNING_KEY": stored(data / "log-signing-key", make_signing_key),
        "EMAIL_URL": f"file:///{data}/mail",
        "HTTPS": "0",
        # Neo4j plans each statement on first use, which on a busy machine takes longer than a page would wait.
        "GRAPH_TIMEOUT_SECONDS": "10",
    }


if __name__ == "__main__":
    sys.exit(main())
