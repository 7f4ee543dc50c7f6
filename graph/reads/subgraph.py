"""A person's own graph as nodes and edges, in full or around a concept; never more than can be drawn.

It begins at the person's User node and follows the edges that PTFI and the pipeline write, but HAS_TRAIT only if PTFI
wrote it: an unconfirmed trait is not part of the persona. Nodes that another person owns are never part of it.
"""

import math
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import neo4j
from neo4j.time import Date, DateTime, Duration, Time

from graph import connection
from graph.connection import parts
from graph.reads.concepts import MAX_NAMED, Hierarchy, climb, deadline, hierarchy
from graph.reads.seen import ALL, Seen
from graph.reads.statements import BESIDES_TRAITS, TRAIT, Row, of_user, own, returned
from graph.schema import EDGES, FACET_EDGES, FACETS, KEYS, NODE_BY_LABEL, shown
from traits.text import name_key

MAX_NODES = 2_000
MOST = 50_000
"""The most nodes in an app's export."""
EDGES_A_NODE = 5
"""The most edges per node of the limit."""
OTHERS_SHARE = 4
"""Styles, and what only the pipeline knows, get at most 1/OTHERS_SHARE of the limit."""
STYLES, EMOTIONS = "ADOPTS_COMMUNICATION_STYLE", "CAN_INFLUENCE_EMOTION"
MAX_STYLES = 10_000
"""The most styles read before those are left out that an app does not see."""
MAX_TIED = 50_000
"""The most concepts or emotions read for a batch of traits."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Network:
    """nodes: {"id", "label", "name", …}, edges: {"id", "source", "target", "type", …}, with their properties as JSON.

    A node's id is its label and its own id ("Trait:…"), since a trait and its interest or skill share one; an edge's is
    type|source|target. truncated: there is more than fits, or than could be read in time.
    """

    nodes: list[Row]
    edges: list[Row]
    truncated: bool


def _twin(kind: str) -> str:
    label = EDGES[kind][1]
    match = f"UNWIND $ids AS id MATCH (n:{label} {{{KEYS[label]}: id}})<-[e:{kind}]-(:User {{userID: $user}})"
    return f"{match} WHERE {own(kind)} RETURN id, {returned(kind)}"


def _of_traits(kind: str, order: str) -> str:
    label, model = EDGES[kind][1:]
    # Traits share concepts, so the concepts' other properties are read separately, once each, by BY_ID.
    alone = f"n.{KEYS[label]} AS key, {shown(model, 'e')} AS edge"
    found = returned(kind) if label == "SourceDataReferenceNode" else alone
    return (
        "UNWIND range(0, size($ids) - 1) AS place WITH place, $ids[place] AS id "
        f"MATCH (t:Trait {{traitID: id}})-[e:{kind}]->(n:{label}) WHERE {own(kind)} "
        f"WITH place, id, e, n ORDER BY place, {order} LIMIT $limit RETURN id, {found}"
    )


PERSON = f"MATCH (n:User {{userID: $user}}) RETURN {shown(NODE_BY_LABEL['User'], 'n')} AS node"
STRONGEST = "RETURN n.traitID AS id ORDER BY coalesce(e.strength, 0) DESC, id LIMIT $limit"
RANKED = f"""
MATCH (:User {{userID: $user}})-[e:HAS_TRAIT {{managedBy: 'ptfi'}}]->(n:Trait) WHERE {own("HAS_TRAIT")}
WITH n, e {STRONGEST}"""
RANKED_BY_ID = f"{TRAIT} {STRONGEST}"
TRAITS = f"{TRAIT} RETURN {returned('HAS_TRAIT')}"
NAMED = {
    kind: f"{of_user(kind)}, coalesce(e.managedBy, '') = 'ptfi' AS is_trait"
    for kind in ("HAS_INTEREST_IN", "POSSESSES_SKILL")
}
TWINS = {kind: _twin(kind) for kind in FACET_EDGES}
TIED = {kind: _of_traits(kind, "n.name") for kind in ("ASSOCIATED_WITH_CONCEPT", "CAN_INFLUENCE_EMOTION")}
BY_ID = {
    kind: f"UNWIND $ids AS id MATCH (n:{label} {{{KEYS[label]}: id}}) RETURN {shown(NODE_BY_LABEL[label], 'n')} AS node"
    for kind, label in ((kind, EDGES[kind][1]) for kind in TIED)
}
EVIDENCE = _of_traits("MANIFESTED_AS_EVIDENCE", "coalesce(e.relevanceScore, 0) DESC, n.referenceID")


def network(
    user_id: uuid.UUID, *, concept: str = "", depth: int = 1, limit: int = MAX_NODES, seen: Seen = ALL
) -> Network:
    """Read the person's graph, what is seen of it; concept, in any spelling, limits it to what is related.

    Raises GraphUnavailableError.

    Depth 1: the concept with its sub-concepts, the traits that name one of these, and the interests and skills with the
    concept's name. Depth 2: also those traits' evidence, other concepts, emotions, interests and skills. Depth 3: also
    what the other concepts are types of, and the other traits that name one of them. The person's node is always
    included.

    At most `limit` nodes: the strongest traits come first, each with everything but its evidence, which gets
    the remaining room.
    """
    limit, depth = max(1, min(limit, MOST)), max(1, min(depth, 3))

    def work(tx: neo4j.ManagedTransaction) -> Network:
        drawing = _Drawing(tx, user_id, limit, seen.checked(tx, user_id))
        if drawing.person():
            drawing.about(concept, depth) if concept else drawing.everything()
        return drawing.network()

    return connection.read(work)


class _Drawing:
    """The nodes and edges drawn so far, within the limit. An edge is drawn only if both of its ends are."""

    def __init__(self, tx: neo4j.ManagedTransaction, user_id: uuid.UUID, limit: int, seen: Seen) -> None:
        self.tx, self.user_id, self.limit, self.seen = tx, user_id, limit, seen
        self.until = deadline()
        self.truncated = False
        self.nodes = dict[Key, Row]()
        self.edges = dict[tuple[str, Key, Key], Row]()
        self.root = ("User", str(user_id))

    def network(self) -> Network:
        nodes = [node_json(key, properties) for key, properties in self.nodes.items()]
        return Network(nodes, [edge_json(*key, properties) for key, properties in self.edges.items()], self.truncated)

    def everything(self) -> None:
        self.others()
        ids = self.seen.listed
        ranked = self.ranked(RANKED) if ids is None else self.ranked(RANKED_BY_ID, ids=ids)
        drawn = self.traits(ranked, wide=True)
        self.broader()
        self.evidence(drawn)

    def about(self, concept: str, depth: int) -> None:
        found = hierarchy(self.tx, self.user_id, self.until, self.seen)
        self.truncated |= not found.complete
        named = found.named(concept)
        core = found.under(named)
        # Sub-concepts must leave room for the traits.
        shown = [*sorted(named), *sorted(core - named)][: 1 + self.limit // 2]
        self.truncated |= len(shown) < len(core)
        for pk in shown:
            self.add("Concept", found.concepts[pk])
        self.tie_concepts(found.broader)
        self.named(concept)
        first = self.traits(self.ranked(RANKED_BY_ID, ids=sorted(found.traits_of(core))), wide=depth > 1)
        if depth > 2:
            self.further(found, set(first))
        if depth > 1:
            self.evidence(first)

    def further(self, found: Hierarchy, known: set[str]) -> None:
        """Draw the other traits that name a drawn concept, and what these concepts are types of."""
        concepts = [pk for label, pk in self.nodes if label == "Concept"]
        others = sorted(found.traits_of(concepts) - known)
        self.traits(self.ranked(RANKED_BY_ID, ids=others), wide=False)
        self.broader()

    def person(self) -> bool:
        return any(self.add("User", row["node"]) for row in self.rows(PERSON))

    def others(self) -> None:
        """Draw styles, and interests, skills and emotions that only the pipeline has found."""
        room = self.limit // OTHERS_SHARE
        for kind, statement in BESIDES_TRAITS.items():
            found = self.besides(kind, statement, room + 1)
            self.truncated |= len(found) > room
            for row in found[:room]:
                self.draw(kind, self.root, row)
            room -= len(found[:room])

    def besides(self, kind: str, statement: str, most: int) -> list[Row]:
        """The rows that are seen: an app gets styles, and nothing that nobody confirmed."""
        if self.seen.is_all:
            return self.rows(statement, limit=most)
        if kind != STYLES:
            return []
        return [row for row in self.rows(statement, limit=MAX_STYLES) if self.seen.holds_style(row["edge"])][:most]

    def named(self, name: str) -> None:
        """Draw the interests and skills with this name."""
        key = name_key(name)
        for kind, statement in NAMED.items():
            for row in self.rows(statement, limit=MAX_NAMED):
                is_hidden = not self.seen.has(self.key(kind, row)[1]) and (row["is_trait"] or not self.seen.is_all)
                if name_key(str(row["node"]["name"] or "")) == key and not is_hidden:
                    self.draw(kind, self.root, row)

    def ranked(self, statement: str, **parameters: Any) -> list[str]:
        """Return the ids of traits, strongest first."""
        if self.late():
            return []
        # One more than fits, to notice that something is missing.
        rows = self.rows(statement, limit=self.limit + 1, **parameters)
        # Duplicate edges would return a trait twice.
        return list(dict.fromkeys(row["id"] for row in rows if self.seen.has(row["id"])))

    def traits(self, ids: list[str], *, wide: bool) -> list[str]:
        """Draw the traits in this order, within the limit; returns the ids of those drawn.

        wide: with their concepts, emotions, interests and skills; otherwise only with edges to nodes already drawn.
        """
        drawn = list[str]()
        for part in parts(ids):
            if self.late():
                break
            found = {row["node"]["traitID"]: row for row in self.rows(TRAITS, ids=part)}
            around = self.around([row["node"] for row in found.values()])
            for pk in (pk for pk in part if pk in found):
                if not self.draw("HAS_TRAIT", self.root, found[pk]):
                    return drawn
                drawn.append(pk)
                for kind, row in around[pk]:
                    source = self.root if kind in FACET_EDGES else ("Trait", pk)
                    if wide or self.key(kind, row) in self.nodes:
                        self.draw(kind, source, row)
        return drawn

    def around(self, traits: list[Row]) -> dict[str, list[tuple[str, Row]]]:
        """Return the nodes around each trait except its evidence, with the type of the edge."""
        found = defaultdict[str, list[tuple[str, Row]]](list)
        twins = defaultdict[str, list[str]](list)
        for trait in traits:
            if trait["category"] in FACETS:
                twins[FACETS[trait["category"]][1]].append(trait["traitID"])
        for kind, ids in twins.items():
            for row in self.rows(TWINS[kind], ids=ids):
                found[row["id"]].append((kind, row))
        for kind, statement in TIED.items():
            if kind == EMOTIONS and not self.seen.emotions:
                continue
            ids = [trait["traitID"] for trait in traits]
            rows = self.rows(statement, ids=ids, limit=MAX_TIED)
            self.truncated |= len(rows) == MAX_TIED
            key = KEYS[EDGES[kind][1]]
            keys = sorted({row["key"] for row in rows})
            nodes = {row["node"][key]: row["node"] for row in self.rows(BY_ID[kind], ids=keys)}
            for row in (row for row in rows if row["key"] in nodes):
                found[row["id"]].append((kind, row | {"node": nodes[row["key"]]}))
        return found

    def broader(self) -> None:
        """Draw all concepts that the drawn ones are types of."""
        above = climb(self.tx, self.user_id, [pk for label, pk in self.nodes if label == "Concept"], self.until)
        self.truncated |= not above.complete
        for concept in above.concepts.values():
            self.add("Concept", concept)
        self.tie_concepts(above.broader)

    def tie_concepts(self, broader: dict[str, set[str]]) -> None:
        for pk, above in broader.items():
            for each in sorted(above):
                self.tie("IS_A_TYPE_OF", ("Concept", pk), ("Concept", each), {})

    def evidence(self, traits: list[str]) -> None:
        if not self.seen.slice.evidence:
            return
        for part in parts(traits):
            room = self.limit - len(self.nodes)
            if self.late():
                break
            rows = self.seen.pieces(self.rows(EVIDENCE, ids=part, limit=room + 1 + len(self.seen.private)))
            rows = rows[: room + 1]
            drawn = [self.draw("MANIFESTED_AS_EVIDENCE", ("Trait", row["id"]), row) for row in rows]
            if not all(drawn):
                break

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        # data() would search every map for nodes; these are all plain.
        return [dict(record) for record in self.tx.run(statement, user=str(self.user_id), **parameters)]

    def draw(self, kind: str, source: Key, row: Row) -> bool:
        """Add the row's node and the edge from the source to it; False if the limit is reached."""
        return self.add(EDGES[kind][1], row["node"]) and self.tie(kind, source, self.key(kind, row), row["edge"])

    def key(self, kind: str, row: Row) -> Key:
        label = EDGES[kind][1]
        return label, row["node"][KEYS[label]]

    def add(self, label: str, properties: Row) -> bool:
        key = (label, properties[KEYS[label]])
        if key not in self.nodes and len(self.nodes) >= self.limit:
            self.truncated = True
            return False
        self.nodes.setdefault(key, properties)
        return True

    def tie(self, kind: str, source: Key, target: Key, properties: Row) -> bool:
        if source not in self.nodes or target not in self.nodes:
            return False
        if len(self.edges) >= self.limit * EDGES_A_NODE:
            self.truncated = True
            return False
        self.edges.setdefault((kind, source, target), properties)
        return True

    def late(self) -> bool:
        self.truncated |= (late := time.monotonic() > self.until)
        return late


def node_json(key: Key, properties: Row) -> Row:
    label = key[0]
    name = properties.get(NODE_BY_LABEL[label].facts.title) or ""
    return _properties(properties) | {"id": ":".join(key), "label": label, "name": str(name)}


def edge_json(kind: str, source: Key, target: Key, properties: Row) -> Row:
    start, end = ":".join(source), ":".join(target)
    return _properties(properties) | {"id": f"{kind}|{start}|{end}", "source": start, "target": end, "type": kind}


def _properties(properties: Row) -> Row:
    return {name: _plain(value) for name, value in properties.items() if value is not None}


def _plain(value: Any) -> Any:
    """Convert the value to a JSON type; the pipeline may have written any type."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Date | DateTime | Duration | Time):
        return value.iso_format()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float) else str(value)
