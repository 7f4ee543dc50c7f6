"""Uniqueness constraints and indexes, without which concurrent writers would make duplicates."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from neo4j.exceptions import ConstraintError, DatabaseError, Neo4jError, TransientError
from neomodel import DateTimeNeo4jFormatProperty, StructuredNode

from graph import connection
from graph.nodes import NODES

INTERNAL = frozenset({"managedBy", "ownerID", "generation", "revision", "hash", "projectedAt"})
"""Properties that nobody outside needs."""


def key_of(node: type[Any]) -> str:
    """The property that names a node of this label."""
    return next(name for name, kind in properties_of(node).items() if kind.unique_index)


def properties_of(model: type[Any]) -> dict[str, Any]:
    """The properties of a node or an edge, by the name that they have in the graph."""
    kinds = model.defined_properties(rels=False) if issubclass(model, StructuredNode) else model.defined_properties()
    return {kind.get_db_property_name(name): kind for name, kind in kinds.items()}


def times_of(model: type[Any]) -> list[str]:
    """The names of the properties that are moments."""
    return [name for name, kind in properties_of(model).items() if isinstance(kind, DateTimeNeo4jFormatProperty)]


def shown(model: type[Any], name: str) -> str:
    """A map in Cypher of what may leave of the node or edge that has this name in a statement.

    Its names are those of the model: `source` of HAS_TRAIT would be taken for an edge's source.
    """
    kinds = model.defined_properties(rels=False) if issubclass(model, StructuredNode) else model.defined_properties()
    names = {each: kind.get_db_property_name(each) for each, kind in kinds.items()}
    return "{" + ", ".join(f"{each}: {name}.{there}" for each, there in names.items() if there not in INTERNAL) + "}"


def _edges() -> Iterator[tuple[str, tuple[str, str, type[Any]]]]:
    for node in NODES:
        for _, relationship in node.__all_relationships__:
            definition, target = relationship.definition, relationship._raw_class
            label = target if isinstance(target, str) else target.__label__
            yield definition["relation_type"], (node.__label__, label, definition["model"])


EDGES = dict(_edges())
"""Type of an edge → label of its source, label of its target, model of its properties."""


VERSION = 1
"""Raised whenever what `statements` gives changes. Later versions only add, so that older code goes on beside them."""
RECORD = "PTFISchema"
HELD = f"MATCH (s:{RECORD} {{name: 'ptfi'}}) RETURN coalesce(s.version, 0) AS version"
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
            record = session.run(HELD).single()
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
