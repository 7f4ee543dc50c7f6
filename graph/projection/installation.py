"""Uniqueness constraints and indexes, without which concurrent writers would make duplicates."""

import datetime as dt

from django.conf import settings
from neo4j.exceptions import ConstraintError, DatabaseError, Neo4jError, TransientError

from graph import connection
from graph.nodes import NODES
from graph.schema import key_of, properties_of

VERSION = 1
"""Raised whenever what `statements` gives changes. Later versions only add, so that older code goes on beside them."""
RECORD = "PTFISchema"
INSTALLED = f"MATCH (s:{RECORD} {{name: 'ptfi'}}) RETURN coalesce(s.version, 0) AS version"
WRITTEN = f"""
MERGE (s:{RECORD} {{name: 'ptfi'}}) WITH s WHERE coalesce(s.version, 0) < $version
SET s.version = $version, s.installs = $installs, s.installedAt = datetime($now)"""
PROBED = f"MERGE (s:{RECORD} {{name: 'ptfi'}}) SET s.probe = $text"
PROBE = 16_384
"""Characters: more than may find room in the last block of a file that cannot grow."""
TRIES = 3


def statements() -> dict[str, str]:
    """What to run, in order, by the name of what it makes; each changes nothing where that is in place already."""
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
    """The version that the graph says it has; 0 where nothing was installed. Raises GraphUnavailableError."""

    def run() -> int:
        with connection.opened_session() as session:
            record = session.run(INSTALLED).single()
            return record["version"] if record else 0

    return connection.with_deadline(run, settings.PROJECTOR_LEASE_SECONDS)


def install() -> None:
    """Make sure that all of it is there, and note the version in the graph.

    Raises GraphUnavailableError, also where its user may not, and Neo4jError where the graph refuses otherwise.
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
            # Two processes that install at once can get into each other's way.
            continue
    return connection.with_deadline(run, settings.PROJECTOR_LEASE_SECONDS)


def can_write() -> bool:
    """Whether the graph takes any write at all, which it does not while its disk is full.

    Raises GraphUnavailableError.
    """
    text = dt.datetime.now(dt.UTC).isoformat().ljust(PROBE)
    try:
        connection.write(lambda tx: tx.run(PROBED, text=text).consume())
    except TransientError:
        return True
    except Neo4jError:
        return False
    return True


def ensure() -> None:
    """Install what the graph does not say that it has, as after it was lost. Raises as `install` does."""
    if version() < VERSION:
        install()
