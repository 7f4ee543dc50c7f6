"""Uniqueness constraints and indexes; without them concurrent writers would create duplicates."""

import datetime as dt

from django.conf import settings
from neo4j.exceptions import ConstraintError, DatabaseError, Neo4jError, TransientError

from graph import connection
from graph.nodes import NODES
from graph.schema import key_of, properties_of

VERSION = 1
"""To be raised whenever `statements` changes. Later versions only add, so that older code keeps working beside newer.
"""
RECORD = "PTFISchema"
INSTALLED = f"MATCH (s:{RECORD} {{name: 'ptfi'}}) RETURN coalesce(s.version, 0) AS version"
WRITTEN = f"""
MERGE (s:{RECORD} {{name: 'ptfi'}}) WITH s WHERE coalesce(s.version, 0) < $version
SET s.version = $version, s.installs = $installs, s.installedAt = datetime($now)"""
PROBED = f"MERGE (s:{RECORD} {{name: 'ptfi'}}) SET s.probe = $text"
PROBE = 16_384
"""Characters: more than may fit into the last block of a file that cannot grow."""
TRIES = 3


def statements() -> dict[str, str]:
    """The statements to run, in order, by the name of what each makes; repeating one changes nothing."""
    found = {f"ptfi_{RECORD}_name": _constraint(RECORD, "name")}
    for node in NODES:
        label, key = node.__label__, key_of(node)
        found[f"ptfi_{label}_{key}"] = _constraint(label, key)
        found |= {
            f"ptfi_{label}_{name}": _index(label, name) for name, kind in properties_of(node).items() if kind.index
        }
    return found


def _constraint(label: str, key: str) -> str:
    return f"CREATE CONSTRAINT ptfi_{label}_{key} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"


def _index(label: str, name: str) -> str:
    return f"CREATE INDEX ptfi_{label}_{name} IF NOT EXISTS FOR (n:{label}) ON (n.{name})"


def version() -> int:
    """The version recorded in the graph; 0 if nothing was installed. Raises GraphUnavailableError."""

    def run() -> int:
        with connection.opened_session() as session:
            record = session.run(INSTALLED).single()
            return record["version"] if record else 0

    return connection.with_deadline(run, settings.PROJECTOR_LEASE_SECONDS)


def install() -> None:
    """Install everything and record the version in the graph.

    Raises GraphUnavailableError, also if the graph's user lacks the rights, and Neo4jError if the graph refuses
    otherwise.
    """

    def run() -> None:
        made = statements()
        now = dt.datetime.now(dt.UTC).isoformat()
        with connection.opened_session() as session:
            for statement in made.values():
                session.run(statement).consume()
            session.run(WRITTEN, version=VERSION, installs=list(made), now=now).consume()

    for _ in range(TRIES - 1):
        try:
            return connection.with_deadline(run, settings.PROJECTOR_LEASE_SECONDS)
        except (ConstraintError, DatabaseError, TransientError):
            # Two processes that install at the same time can conflict.
            continue
    return connection.with_deadline(run, settings.PROJECTOR_LEASE_SECONDS)


def can_write() -> bool:
    """Whether the graph accepts writes at all; with a full disk it does not. Raises GraphUnavailableError."""
    text = dt.datetime.now(dt.UTC).isoformat().ljust(PROBE)
    try:
        connection.write(lambda tx: tx.run(PROBED, text=text).consume())
    except TransientError:
        return True
    except Neo4jError:
        return False
    return True


def ensure() -> None:
    """Install what the graph does not record as installed, for example after it was lost. Raises as `install` does."""
    if version() < VERSION:
        install()
