"""Everything stored about a person: the graph's content, then the tables' content (docs/export.md).

The graph comes first, so that no transaction waits for it; its own revision says which moment it shows.
"""

import dataclasses
import uuid
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

import neo4j
import orjson

from graph import connection
from graph.errors import GraphUnavailableError
from graph.reads.seen import seen_by
from graph.reads.statements import Row
from graph.reads.subgraph import MOST, Network, edge_json, network, node_json
from graph.schema import EDGES, KEYS, NODE_BY_LABEL, shown
from ptfi.accounts.models import User
from ptfi.web.language import in_english
from traits.api.privacy import hidden_pieces
from traits.privacy.export import Members, encoded, tables
from traits.privacy.shared_export import PERSON, Reader
from traits.sharing.slices import Slice

Item = TypeVar("Item")
END = b"}"
PAGE = 500
"""The number of nodes read per statement."""
REVISION = "MATCH (u:User {userID: $user}) RETURN coalesce(u.revision, -1) AS revision"


def _matches(label: str) -> Iterator[str]:
    """Yield the statements that find a label's nodes: first the person's own, then ones without an owner."""
    yield f"MATCH (n:{label} {{{'userID' if label == 'User' else 'ownerID'}: $user}}) WHERE true"
    for kind, (source, target, _) in EDGES.items():
        if target == label:
            yield f"MATCH {NODE_BY_LABEL[source].facts.starts}-[:{kind}]->(n:{label}) WHERE n.ownerID IS NULL"


def _page(label: str, match: str) -> str:
    key = f"n.{KEYS[label]}"
    properties = shown(NODE_BY_LABEL[label], "n")
    page = f"WITH DISTINCT n ORDER BY {key} LIMIT {PAGE} RETURN {key} AS id, {properties} AS properties"
    return f"{match} AND {key} IS NOT NULL AND {key} > $after {page}"


def _into(kind: str) -> str:
    """Return the statement for the edges of a type that begin at the person's nodes and end at given ones."""
    source, label, model = EDGES[kind]
    match = f"UNWIND $ids AS id MATCH (n:{label} {{{KEYS[label]}: id}})<-[e:{kind}]-(a:{source})"
    ends = f"a.{KEYS[source]} AS source, id AS target"
    return f"{match} WHERE {NODE_BY_LABEL[source].facts.owned} RETURN {ends}, {shown(model, 'e')} AS properties"


PLACES = {label: [_page(label, match) for match in _matches(label)] for label in KEYS}
INTO = {kind: _into(kind) for kind in EDGES}


@dataclasses.dataclass
class Found:
    """The outcome of exporting the graph: its revision, the numbers of nodes and edges, and the fault, if any."""

    revision: int | None = None
    nodes: int = 0
    edges: int = 0
    fault: GraphUnavailableError | None = None


def export(user: User, reader: Reader = PERSON) -> Generator[bytes, None, None]:
    """Stream the JSON document, for an app what it may see.

    If the graph is away, its part contains the error; the rest is complete.

    Close it if it is not read to the end: it holds a connection to PostgreSQL and its snapshot.
    """
    yield from beginning(user, Found(), reader)
    yield from tables(user, reader)
    yield END


def beginning(user: User, found: Found, reader: Reader = PERSON) -> Iterator[bytes]:
    """Stream the document up to and including the graph's part, which precedes that of the tables."""
    yield b'{"format":"ptfi-export","version":1,"graph":'
    found.revision = next(_while_there(_revision(user.pk), found), None)
    yield b'{"revision":' + orjson.dumps(found.revision)
    yield from encoded(_members(user.pk, found) if reader.seen.is_own else _shared(user, found, reader.seen))
    yield b"}"


def _members(user_id: uuid.UUID, found: Found) -> Members:
    if not found.fault:
        yield "nodes", _counted(_while_there(_nodes(user_id), found), found, "nodes")
    if not found.fault:
        yield "edges", _counted(_while_there(_edges(user_id), found), found, "edges")
    if found.fault:
        yield "error", {"code": found.fault.code, "message": in_english([type(found.fault).message])[0]}


def _shared(user: User, found: Found, held: Slice) -> Members:
    """What an app sees of the graph."""

    def read() -> Iterator[Network]:
        yield network(user.pk, limit=MOST, seen=seen_by(user, held, hidden_pieces(user, held)))

    for part in _while_there(read(), found):
        yield "nodes", part.nodes
        yield "edges", part.edges
    if found.fault:
        yield "error", {"code": found.fault.code, "message": in_english([type(found.fault).message])[0]}


def _while_there(items: Iterator[Item], found: Found) -> Iterator[Item]:
    """Yield the items; if the graph goes away, stop and record the fault."""
    try:
        yield from items
    except GraphUnavailableError as fault:
        found.fault = fault


def _counted(items: Iterator[Item], found: Found, what: str) -> Iterator[Item]:
    for number, item in enumerate(items, 1):
        setattr(found, what, number)
        yield item


def _revision(user_id: uuid.UUID) -> Iterator[int]:
    """Yield the graph's revision for the person when reading began; 0 if the graph does not have them."""
    yield from (row["revision"] for row in _rows(REVISION, user_id) or [{"revision": 0}])


def _nodes(user_id: uuid.UUID) -> Iterator[Row]:
    for label, page in _pages(user_id):
        yield from (node_json((label, row["id"]), row["properties"]) for row in page)


def _edges(user_id: uuid.UUID) -> Iterator[Row]:
    for label, page in _pages(user_id):
        ids = [row["id"] for row in page]
        for kind, statement in INTO.items():
            source, target, _ = EDGES[kind]
            if target == label:
                for row in _rows(statement, user_id, ids=ids):
                    ends = (source, row["source"]), (label, row["target"])
                    yield edge_json(kind, *ends, row["properties"])


def _pages(user_id: uuid.UUID) -> Iterator[tuple[str, list[Row]]]:
    """Yield pages of nodes by label, each node once."""
    for label, statements in PLACES.items():
        # Only nodes without an owner can be found repeatedly, and there are few of them.
        others = set[str]()
        for number, statement in enumerate(statements):
            after = ""
            while rows := _rows(statement, user_id, after=after):
                after = rows[-1]["id"]
                new = [row for row in rows if row["id"] not in others]
                if number:
                    others |= {row["id"] for row in new}
                yield label, new


def _rows(statement: str, user_id: uuid.UUID, **parameters: Any) -> list[Row]:
    def work(tx: neo4j.ManagedTransaction) -> list[Row]:
        return tx.run(statement, parameters, user=str(user_id)).data()

    return connection.read(work)
