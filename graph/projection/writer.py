"""The statements that write the graph, behind its fence.

A User node carries (generation, revision, hash); hash is that of the log's entry at the revision, in hex digits,
and empty at revision 0. A window (since, to] of a person's log is written only where the generation is the same, the
revision is since and the hash is the log's there, and moves both to `to` first, in the same transaction: so a repeat, a
worker that stalled and wakes up, or a log that went another way after PostgreSQL lost its end, changes nothing.
revision -1 means that what an older generation left is being dropped.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import neo4j

from graph.connection import MAX_ROWS, parts
from graph.mapping import VERSION, NodeKey, Rows, ThingChange, status_when_gone
from graph.nodes import MANAGED_BY
from graph.schema import EDGES, FACETS, KEYS, NODE_BY_LABEL, key_of, properties_of, times_of

CLEARING = -1
FIXED = ("managedBy", "ownerID")
FENCE = """
UNWIND $people AS p MATCH (u:User {userID: p.id}) SET u.projectedAt = datetime($now)
WITH u, p WHERE u.generation = p.generation AND u.revision = p.since AND coalesce(u.hash, '') = p.sinceHash
SET u.revision = p.to, u.hash = p.hash RETURN u.userID AS id"""
OPEN = f"""
UNWIND $people AS p MERGE (u:User {{userID: p.id}})
ON CREATE SET u.managedBy = $ptfi, u.ownerID = p.id, u.createdAt = datetime(p.joined),
  u.generation = p.generation, u.revision = p.first, u.hash = '', u.mapping = {VERSION}
SET u.projectedAt = datetime($now)
WITH u, p WHERE coalesce(u.generation, 0) < p.generation
SET u.generation = p.generation, u.revision = -1, u.hash = '', u.mapping = {VERSION}"""
STATES = """
UNWIND $ids AS id MATCH (u:User {userID: id})
RETURN id, coalesce(u.generation, 0) AS generation, coalesce(u.revision, -1) AS revision,
  coalesce(u.hash, '') AS hash"""
CLEARED = """
UNWIND $people AS p MATCH (u:User {userID: p.id}) SET u.projectedAt = datetime($now)
WITH u, p WHERE u.generation = p.generation AND u.revision = -1 SET u.revision = p.revision RETURN u.userID AS id"""
OUTDATED = """
UNWIND $ids AS id MATCH (u:User {userID: id}) WHERE u.revision > 0 AND coalesce(u.mapping, 1) < $mapping RETURN id"""
EXISTING = """
UNWIND $ids AS id MATCH (t:Trait {traitID: id})
RETURN id, coalesce(t.managedBy, '') = $ptfi AS ours, t.category AS category,
  [(t)-[:MANIFESTED_AS_EVIDENCE]->(n) | n.referenceID] AS evidence,
  [(t)-[:ASSOCIATED_WITH_CONCEPT]->(c) | c.conceptID] AS concepts"""
MARK_GONE = """
UNWIND $rows AS r MATCH (t:Trait {traitID: r.id}) SET t.status = r.status, t.revision = r.revision"""
NAME_CONCEPTS = """
UNWIND $ids AS id MATCH (c:Concept {conceptID: id})<-[a:ASSOCIATED_WITH_CONCEPT]-(t:Trait) WHERE c.managedBy = $ptfi
  AND c.ownerID IS NOT NULL
WITH c, a, t ORDER BY t.revision DESC WITH c, collect(a.spelling)[0] AS name SET c.name = name"""


@dataclass(frozen=True, slots=True)
class Fence:
    """Where a User node stands."""

    generation: int
    revision: int
    hash: str = ""


@dataclass(slots=True)
class Window:
    """A piece of one person's log, (since, to], the hashes at its ends, and what the graph must hold for it."""

    user_id: uuid.UUID
    generation: int
    since: int
    since_hash: str
    to: int
    hash: str
    joined: dt.datetime
    changes: list[ThingChange]
    rows: Rows

    def concepts(self) -> list[str]:
        """The names of the person's own concepts that it holds."""
        return [properties["name"] for (label, _), properties in self.rows.nodes.items() if label == "Concept"]

    def fence(self) -> dict[str, Any]:
        # A person's very first projection finds nothing of ours to drop.
        first = 0 if self.generation == 1 else CLEARING
        common = {"id": str(self.user_id), "generation": self.generation, "first": first}
        ends = {"since": self.since, "sinceHash": self.since_hash, "to": self.to, "hash": self.hash}
        return common | ends | {"joined": self.joined.isoformat()}


def write(tx: neo4j.ManagedTransaction, windows: Sequence[Window]) -> dict[uuid.UUID, Fence | None]:
    """Write the windows that the fence lets through; returns where it stands for the others (None: no User)."""
    now = dt.datetime.now(dt.UTC).isoformat()
    if first := [window.fence() for window in windows if not window.since]:
        tx.run(OPEN, people=first, now=now, ptfi=MANAGED_BY).consume()
    raised = tx.run(FENCE, people=[window.fence() for window in windows], now=now)
    passed = {record["id"] for record in raised}
    through = [window for window in windows if str(window.user_id) in passed]
    if through:
        _write_changes(tx, through)
    return states(tx, [window.user_id for window in windows if str(window.user_id) not in passed])


def states(tx: neo4j.ManagedTransaction, user_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Fence | None]:
    """Where each person's fence stands."""
    found: dict[uuid.UUID, Fence | None] = dict.fromkeys(user_ids)
    if user_ids:
        for record in tx.run(STATES, ids=[str(user_id) for user_id in user_ids]):
            found[uuid.UUID(record["id"])] = Fence(record["generation"], record["revision"], record["hash"])
    return found


def outdated(tx: neo4j.ManagedTransaction, user_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those of the people whose graph an earlier version of the mapping made."""
    found = tx.run(OUTDATED, ids=[str(user_id) for user_id in user_ids], mapping=VERSION)
    return [uuid.UUID(record["id"]) for record in found]


def clear(tx: neo4j.ManagedTransaction, people: Sequence[tuple[uuid.UUID, int]]) -> bool:
    """Drop some of what PTFI made for people (id, generation) who are being cleared; True if nothing is left."""
    now = dt.datetime.now(dt.UTC).isoformat()
    rows = [{"id": str(user_id), "generation": generation, "revision": CLEARING} for user_id, generation in people]
    ids = [record["id"] for record in tx.run(CLEARED, people=rows, now=now)]
    for label in KEYS:
        if label != "User" and _dropped(tx, f"MATCH (n:{label} {{ownerID: id}})", "n", "DETACH DELETE", ids):
            return False
    if _dropped(tx, "MATCH (:User {userID: id})-[e]->()", "e", "DELETE", ids):
        return False
    tx.run(CLEARED, people=[row | {"revision": 0} for row in rows if row["id"] in ids], now=now).consume()
    return True


def _dropped(tx: neo4j.ManagedTransaction, match: str, name: str, delete: str, ids: list[str]) -> bool:
    statement = f"UNWIND $ids AS id {match} WHERE {name}.managedBy = $ptfi WITH {name} LIMIT {MAX_ROWS}"
    result = tx.run(f"{statement} {delete} {name} RETURN count(*) AS dropped", ids=ids, ptfi=MANAGED_BY)
    return bool(result.single(strict=True)["dropped"])


def _write_changes(tx: neo4j.ManagedTransaction, windows: list[Window]) -> None:
    changes = [change for window in windows for change in window.changes]
    rows = Rows()
    for window in windows:
        rows.add(window.rows)
    traits = [change for change in changes if not change.is_style]
    existing = _existing(tx, traits)
    _loosen(tx, traits, existing)
    _loosen_styles(tx, [change for change in changes if change.is_style])
    _write_rows(tx, rows, existing)
    _tidy(tx, existing.values(), {key[2] for key in rows.edges})


def _existing(tx: neo4j.ManagedTransaction, traits: list[ThingChange]) -> dict[str, neo4j.Record]:
    ids = [change.thing_id for change in traits]
    return {record["id"]: record for part in parts(ids) for record in tx.run(EXISTING, ids=part, ptfi=MANAGED_BY)}


def _loosen(tx: neo4j.ManagedTransaction, traits: list[ThingChange], existing: dict[str, neo4j.Record]) -> None:
    """Remove the old edges of traits that the graph has, and the nodes of those that are gone."""
    old = [change for change in traits if change.thing_id in existing]
    gone = [change for change in old if change.state is None]
    _drop_facets(tx, old, existing)
    theirs = [change for change in gone if not existing[change.thing_id]["ours"]]
    ours = [change.thing_id for change in gone if existing[change.thing_id]["ours"]]
    kept = [change.thing_id for change in old if change.thing_id not in set(ours)]
    _run(tx, "UNWIND $ids AS id MATCH (:Trait {traitID: id})<-[e:HAS_TRAIT]-() DELETE e", kept)
    for edge in ("MANIFESTED_AS_EVIDENCE", "ASSOCIATED_WITH_CONCEPT"):
        _run(tx, f"UNWIND $ids AS id MATCH (:Trait {{traitID: id}})-[e:{edge}]->() DELETE e", kept)
    _run(tx, "UNWIND $ids AS id MATCH (t:Trait {traitID: id}) DETACH DELETE t", ours)
    marks = [{"id": c.thing_id, "status": status_when_gone(c), "revision": c.revision} for c in theirs]
    for part in parts(marks):
        tx.run(MARK_GONE, rows=part).consume()


def _drop_facets(tx: neo4j.ManagedTransaction, old: list[ThingChange], existing: dict[str, neo4j.Record]) -> None:
    for category, (label, edge) in FACETS.items():
        had = [change for change in old if existing[change.thing_id]["category"] == category]
        lost = [change.thing_id for change in had if not change.state or change.state["category"] != category]
        match = f"UNWIND $ids AS id MATCH (n:{label} {{{KEYS[label]}: id}})"
        _run(tx, f"{match}<-[e:{edge}]-() DELETE e", [change.thing_id for change in had])
        _run(tx, f"{match} WHERE n.managedBy = $ptfi DETACH DELETE n", lost)


def _loosen_styles(tx: neo4j.ManagedTransaction, styles: list[ThingChange]) -> None:
    match = "UNWIND $ids AS id MATCH (n:CommunicationStyleElement {styleElementID: id})"
    _run(tx, f"{match}<-[e:ADOPTS_COMMUNICATION_STYLE]-() DELETE e", [change.thing_id for change in styles])
    gone = [change.thing_id for change in styles if change.state is None]
    _run(tx, f"{match} WHERE n.managedBy = $ptfi DETACH DELETE n", gone)


def _write_rows(tx: neo4j.ManagedTransaction, rows: Rows, existing: Iterable[str]) -> None:
    """Create new nodes, each with the first edge that leads to it, and update the rest; no edge exists yet.

    MERGE of each node and edge would take three times as long.
    """
    known = _known(tx, rows, existing)
    updates, births, edges = (defaultdict[str, list[Any]](list) for _ in range(3))
    for label, node_id in known:
        updates[label].append({"id": node_id, "properties": rows.nodes[label, node_id]})
    for (kind, source, target), properties in rows.edges.items():
        node = (EDGES[kind][1], target)
        columns = [source, target, *map(properties.get, COLUMNS[kind])]
        if node in known:
            edges[kind].append(columns)
        else:
            births[kind].append([*columns, rows.owners[node], *map(rows.nodes[node].get, COLUMNS[node[0]])])
            known.add(node)
    for statements, groups in ((UPDATES, updates), (BIRTHS, births), (EDGE_CREATIONS, edges)):
        for name in sorted(groups, key=list(statements).index):
            for part in parts(groups[name]):
                tx.run(statements[name], rows=part, ptfi=MANAGED_BY).consume()


def _known(tx: neo4j.ManagedTransaction, rows: Rows, existing: Iterable[str]) -> set[NodeKey]:
    """Which of these nodes the graph has; its traits are known already."""
    ids = defaultdict(list)
    for label, node_id in rows.nodes:
        ids[label].append(node_id)
    found = {("Trait", trait_id) for trait_id in existing if ("Trait", trait_id) in rows.nodes}
    for label in ids.keys() - {"Trait"}:
        match = f"UNWIND $ids AS id MATCH (n:{label} {{{KEYS[label]}: id}}) RETURN id"
        found |= {(label, record["id"]) for part in parts(ids[label]) for record in tx.run(match, ids=part)}
    return found


def _tidy(tx: neo4j.ManagedTransaction, existing: Iterable[neo4j.Record], targets: set[str]) -> None:
    """Remove evidence and concepts that nothing uses now; a concept without its newest spelling takes the next one."""
    before = list(existing)
    evidence = {node_id for record in before for node_id in record["evidence"] if node_id} - targets
    concepts = {node_id for record in before for node_id in record["concepts"] if node_id} - targets
    orphans = "WHERE n.managedBy = $ptfi AND NOT (n)<-[:{edge}]-() DETACH DELETE n"
    match = "UNWIND $ids AS id MATCH (n:SourceDataReferenceNode {referenceID: id}) "
    _run(tx, match + orphans.format(edge="MANIFESTED_AS_EVIDENCE"), sorted(evidence))
    match = "UNWIND $ids AS id MATCH (n:Concept {conceptID: id}) "
    # A shared concept stays even if no trait names it: the pipeline may have tied a trait to it.
    match += "WHERE n.ownerID IS NOT NULL WITH n "
    _run(tx, match + orphans.format(edge="ASSOCIATED_WITH_CONCEPT"), sorted(concepts))
    _run(tx, NAME_CONCEPTS, sorted(concepts))


def _run(tx: neo4j.ManagedTransaction, statement: str, ids: list[str]) -> None:
    for part in parts(ids):
        tx.run(statement, ids=part, ptfi=MANAGED_BY).consume()


def _columns(model: type[Any]) -> list[str]:
    """The properties that differ from row to row, in the order of a row's columns, key and id apart."""
    return [name for name, kind in properties_of(model).items() if name not in FIXED and not kind.unique_index]


def _inline(model: type[Any], first: int, **fixed: str) -> str:
    """A Cypher map of the model's properties, read from a row's columns from this one on."""
    values = {name: f"r[{place}]" for place, name in enumerate(_columns(model), first)}
    values |= {name: f"datetime({values[name]})" for name in times_of(model)} | fixed
    return ", ".join(f"{name}: {value}" for name, value in values.items())


def _update(node: type[Any]) -> str:
    moments = "".join(f", n.{name} = datetime(r.properties.{name})" for name in times_of(node))
    match = f"UNWIND $rows AS r MATCH (n:{node.__label__} {{{key_of(node)}: r.id}})"
    return f"{match} SET n += r.properties{moments}"


def _edge_creation(kind: str, *, birth: bool) -> str:
    source, target, model = EDGES[kind]
    node = NODE_BY_LABEL[target]
    # Rows are lists: maps, with each name in each row, would cost both sides twice the time.
    start = f"UNWIND $rows AS r MATCH (a:{source} {{{KEYS[source]}: r[0]}})"
    edge = f"-[:{kind} {{{_inline(model, 2, managedBy='$ptfi')}}}]->"
    if birth:
        owner = 2 + len(_columns(model))
        fixed = {KEYS[target]: "r[1]", "managedBy": "$ptfi", "ownerID": f"r[{owner}]"}
        return f"{start} CREATE (a){edge}(:{target} {{{_inline(node, owner + 1, **fixed)}}})"
    return f"{start} MATCH (b:{target} {{{KEYS[target]}: r[1]}}) CREATE (a){edge}(b)"


COLUMNS = {label: _columns(node) for label, node in NODE_BY_LABEL.items()}
COLUMNS |= {kind: _columns(model) for kind, (_, _, model) in EDGES.items()}
UPDATES = {label: _update(node) for label, node in NODE_BY_LABEL.items()}
BIRTHS = {kind: _edge_creation(kind, birth=True) for kind in EDGES}
EDGE_CREATIONS = {kind: _edge_creation(kind, birth=False) for kind in EDGES}
