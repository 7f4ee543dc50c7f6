"""Compares log, PersonaTrait and graph of a person. Differences name ids and properties, never texts."""

import datetime as dt
import math
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import neo4j
from django.conf import settings

from graph import connection
from graph.mapping import EdgeKey, NodeKey, Properties, Rows, ThingChange, rows_of, status_when_gone, style_id
from graph.nodes import MANAGED_BY
from graph.projection import erasure, outbox, shared_concepts
from graph.projection.writer import Fence, states
from graph.schema import KEYS
from traits.log.snapshots import style_element, style_state, trait_state
from traits.models import CommunicationStyle, Persona, PersonaTrait

TRIES = 3
OURS = {"managedBy": MANAGED_BY}
ID = f"coalesce({', '.join(f'n.{key}' for label, key in KEYS.items() if label != 'User')})"
TRAITS = "UNWIND $ids AS id MATCH (n:Trait {traitID: id}) RETURN id, properties(n) AS properties"
OWNERS = """
UNWIND $ids AS id MATCH (:Trait {traitID: id})<-[e:HAS_TRAIT]-(u:User)
RETURN 'HAS_TRAIT' AS type, u.userID AS source, id AS target, properties(e) AS properties"""
TRAIT_EDGES = f"""
UNWIND $ids AS id MATCH (:Trait {{traitID: id}})-[e:MANIFESTED_AS_EVIDENCE|ASSOCIATED_WITH_CONCEPT]->(n)
RETURN type(e) AS type, id AS source, {ID} AS target, properties(e) AS properties"""
TIES = """
MATCH (a:Concept {ownerID: $user})-[e:IS_A_TYPE_OF]->(b:Concept) WHERE e.managedBy = $ptfi AND b.ownerID IS NULL
RETURN type(e) AS type, a.conceptID AS source, b.conceptID AS target, properties(e) AS properties"""
USER_EDGES = f"""
MATCH (u:User {{userID: $user}})-[e]->(n) WHERE e.managedBy = $ptfi
RETURN type(e) AS type, u.userID AS source, {ID} AS target, properties(e) AS properties"""

Nodes = dict[NodeKey, Properties]
Edges = dict[EdgeKey, list[Properties]]


def check(user_id: uuid.UUID, within: float = math.inf) -> list[str] | None:
    """Each difference, in words; None for a person whose graph is behind.

    within: seconds that the graph may take altogether. Raises GraphUnavailableError, Neo4jError.
    """
    until = time.monotonic() + within
    for _ in range(TRIES):
        persona = Persona.objects.get(user_id=user_id)
        if persona.behind or erasure.pending(user_id):
            return None
        changes = outbox.history(user_id, persona.revision)
        found = [*_state_differences(user_id, changes), *_graph_differences(persona, changes, until)]
        if not found:
            return []
        again = Persona.objects.get(user_id=user_id)
        # A decision in between explains any difference, so compare again.
        if (again.revision, again.generation) == (persona.revision, persona.generation) and not again.behind:
            return found
    return None


def _state_differences(user_id: uuid.UUID, changes: list[ThingChange]) -> Iterator[str]:
    expected = {c.thing_id: (c.revision, c.state) for c in changes if c.state is not None and not c.is_style}
    traits = PersonaTrait.objects.filter(user_id=user_id)
    held = {str(trait.trait_id): (trait.version, trait_state(trait)) for trait in traits}
    yield from _table_differences("PersonaTrait", expected, held)
    expected = {c.thing_id: (c.revision, c.state) for c in changes if c.state is not None and c.is_style}
    styles = [(style.version, style_state(style)) for style in CommunicationStyle.objects.filter(user_id=user_id)]
    held = {style_id(user_id, style_element(state)): (version, state) for version, state in styles}
    yield from _table_differences("CommunicationStyle", expected, held)


def _table_differences(
    table: str, expected: dict[str, tuple[int, Properties]], held: dict[str, tuple[int, Properties]]
) -> Iterator[str]:
    for key in sorted(expected.keys() - held.keys()):
        yield f"{table} {key}: in the log, not in the table"
    for key in sorted(held.keys() - expected.keys()):
        yield f"{table} {key}: in the table, not in the log"
    for key in sorted(held.keys() & expected.keys()):
        (revision, state), (version, row) = expected[key], held[key]
        if version != revision:
            yield f"{table} {key}: version {version}, the log says {revision}"
        for name in sorted(name for name in state.keys() | row.keys() if state.get(name) != row.get(name)):
            yield f"{table} {key}: {name} is not as in the log"


def _graph_differences(persona: Persona, changes: list[ThingChange], until: float) -> list[str]:
    rows = rows_of(changes)
    names = [properties["name"] for (label, _), properties in rows.nodes.items() if label == "Concept"]
    # During an import, some of the ties are there and others are not.
    tied = not shared_concepts.waiting()
    for own, broader in shared_concepts.own_ties({persona.user_id: names}) if tied else ():
        rows.edge("IS_A_TYPE_OF", own, broader)

    def work(tx: neo4j.ManagedTransaction) -> list[str]:
        fence = states(tx, [persona.user_id])[persona.user_id]
        expected = bytes(persona.hash).hex() if persona.revision else ""
        if fence != Fence(persona.generation, persona.revision, expected):
            return [f"User {persona.user_id}: generation, revision or hash is not as in PostgreSQL"]
        nodes = _nodes(tx, persona.user_id, changes)
        edges = _edges(tx, persona.user_id, [key for label, key in nodes if label == "Trait"])
        for record in tx.run(TIES, user=str(persona.user_id), ptfi=MANAGED_BY) if tied else ():
            edges[record["type"], record["source"], record["target"]].append(record["properties"])
        return [*_node_differences(rows, nodes, changes), *_edge_differences(rows, edges)]

    return connection.write(work, min(settings.PROJECTOR_LEASE_SECONDS, max(0.0, until - time.monotonic())))


def _nodes(tx: neo4j.ManagedTransaction, user_id: uuid.UUID, changes: list[ThingChange]) -> Nodes:
    """What PTFI made for the person, and every Trait that their log mentions."""
    nodes: Nodes = {}
    for label, key in KEYS.items():
        match = f"MATCH (n:{label} {{ownerID: $user}}) WHERE n.managedBy = $ptfi RETURN properties(n) AS properties"
        for record in tx.run(match, user=str(user_id), ptfi=MANAGED_BY) if label != "User" else ():
            nodes[label, record["properties"][key]] = record["properties"]
    for record in _run(tx, TRAITS, [change.thing_id for change in changes if not change.is_style]):
        nodes["Trait", record["id"]] = record["properties"]
    return nodes


def _edges(tx: neo4j.ManagedTransaction, user_id: uuid.UUID, traits: list[str]) -> Edges:
    edges: Edges = defaultdict(list)
    for record in [*_run(tx, OWNERS, traits), *_run(tx, TRAIT_EDGES, traits)]:
        edges[record["type"], record["source"], record["target"]].append(record["properties"])
    known = set(edges)
    for record in tx.run(USER_EDGES, user=str(user_id), ptfi=MANAGED_BY):
        key = (record["type"], record["source"], record["target"])
        if key not in known:
            edges[key].append(record["properties"])
    return edges


def _run(tx: neo4j.ManagedTransaction, statement: str, ids: list[str]) -> Iterator[neo4j.Record]:
    for part in connection.parts(ids):
        yield from tx.run(statement, ids=part)


def _node_differences(rows: Rows, nodes: Nodes, changes: list[ThingChange]) -> Iterator[str]:
    gone = {("Trait", c.thing_id): c for c in changes if c.state is None and not c.is_style}
    for label, key in sorted(rows.nodes.keys() - nodes.keys()):
        yield f"{label} {key}: missing in the graph"
    for (label, key), properties in sorted(nodes.items()):
        if (label, key) in rows.nodes:
            names = _differing(rows.nodes[label, key], properties)
        elif (label, key) in gone and properties.get("managedBy") != MANAGED_BY:
            change = gone[label, key]
            names = _differing({"status": status_when_gone(change), "revision": change.revision}, properties)
        else:
            yield f"{label} {key}: should not be in the graph"
            continue
        yield from (f"{label} {key}: {name} is not as in the log" for name in names)


def _edge_differences(rows: Rows, edges: Edges) -> Iterator[str]:
    for kind, source, target in sorted(rows.edges.keys() - edges.keys()):
        yield f"{kind} {source} → {target}: missing in the graph"
    for (kind, source, target), found in sorted(edges.items(), key=lambda item: tuple(map(str, item[0]))):
        name = f"{kind} {source} → {target}"
        if (kind, source, target) not in rows.edges:
            yield f"{name}: should not be in the graph"
            continue
        if len(found) > 1:
            yield f"{name}: {len(found)} times in the graph"
        differing = {p for properties in found for p in _differing(rows.edges[kind, source, target] | OURS, properties)}
        yield from (f"{name}: {p} is not as in the log" for p in sorted(differing))


def _differing(expected: Properties, found: Properties) -> Iterable[str]:
    return sorted(name for name, value in expected.items() if _plain(value) != _plain(found.get(name)))


def _plain(value: Any) -> Any:
    """Compare times as times, however they are written."""
    if isinstance(value, neo4j.time.DateTime):
        value = value.to_native()
    elif isinstance(value, str) and len(value) >= len("2026-01-01T00:00:00"):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, dt.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=dt.UTC)
    return value
