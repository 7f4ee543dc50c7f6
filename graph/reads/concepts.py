"""The concepts of a person's traits, and all broader ones.

Reads go upwards from the person's own traits, so that the number of shared concepts does not matter and other people's
data is never reached. A concept without an owner is shared.
"""

import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import neo4j
from django.conf import settings

from graph import connection
from graph.nodes import Concept
from graph.reads.seen import ALL, Seen
from graph.reads.statements import OWN
from graph.schema import shown
from ptfi.texts import sort_key
from traits.text import name_key

MAX_CONCEPTS = 2_000
"""The most concepts listed."""
MAX_TIES = 50_000
"""The most ties read between traits and concepts, and between concepts."""
TIME_SHARE = 0.6
"""The share of GRAPH_TIMEOUT_SECONDS after which a read of several statements answers with what it has so far."""

TIES = f"""
MATCH (:User {{userID: $user}})-[:HAS_TRAIT {{managedBy: 'ptfi'}}]->(t:Trait)-[:ASSOCIATED_WITH_CONCEPT]->(c:Concept)
WHERE {OWN.format("c")} AND c.conceptID IS NOT NULL WITH t, c LIMIT $limit
WITH c, collect(DISTINCT t.traitID) AS traits RETURN {shown(Concept, "c")} AS concept, traits"""
TIES_OF = f"""
UNWIND $ids AS id
MATCH (:User {{userID: $user}})-[:HAS_TRAIT {{managedBy: 'ptfi'}}]->(t:Trait {{traitID: id}})
  -[:ASSOCIATED_WITH_CONCEPT]->(c:Concept)
WHERE {OWN.format("c")} AND c.conceptID IS NOT NULL WITH t, c LIMIT $limit
WITH c, collect(DISTINCT t.traitID) AS traits RETURN {shown(Concept, "c")} AS concept, traits"""
BROADER = f"""
UNWIND $ids AS id MATCH (n:Concept {{conceptID: id}})-[:IS_A_TYPE_OF]->(c:Concept)
WHERE {OWN.format("c")} AND c.conceptID IS NOT NULL RETURN id, {shown(Concept, "c")} AS concept LIMIT $limit"""

NAMED = """
MATCH (:User {userID: $user})-[:HAS_TRAIT {managedBy: 'ptfi'}]->(t:Trait)
WHERE t.category IN ['Interest', 'Skill'] AND t.traitID IS NOT NULL
RETURN t.traitID AS id, t.name AS name LIMIT $limit"""
MAX_NAMED = 10_000
"""The most interests and skills whose names are compared with a concept's."""


@dataclass(frozen=True, slots=True)
class Above:
    """All concepts that some concepts are types of, at any distance.

    complete is False if the limits of time or number were reached.
    """

    concepts: dict[str, dict[str, Any]]
    broader: dict[str, set[str]]
    complete: bool


@dataclass(frozen=True, slots=True)
class Hierarchy(Above):
    """The concepts of all of a person's traits, and all broader ones. traits: concept → the traits that name it."""

    traits: dict[str, set[str]]

    def named(self, name: str) -> set[str]:
        """Return the concepts with this name, in any spelling."""
        key = name_key(name)
        return {pk for pk, concept in self.concepts.items() if name_key(str(concept.get("name", ""))) == key}

    def under(self, ids: Iterable[str]) -> set[str]:
        """Return these concepts and all of their sub-concepts."""
        return reached(ids, self.narrower())

    def narrower(self) -> dict[str, set[str]]:
        """Return the direct sub-concepts of each concept."""
        found = defaultdict[str, set[str]](set)
        for pk, above in self.broader.items():
            for each in above:
                found[each].add(pk)
        return found

    def traits_of(self, ids: Iterable[str]) -> set[str]:
        return set[str]().union(*(self.traits.get(pk, ()) for pk in ids))


def concepts(user_id: uuid.UUID, seen: Seen = ALL) -> list[dict[str, Any]]:
    """Return each concept with the number of the person's traits under it: {"conceptID", "name", "traits"}.

    seen: only these traits count. Traits of sub-concepts count as well, each trait once. Most traits first, at most
    2,000. Raises GraphUnavailableError.
    """
    found = connection.read(lambda tx: hierarchy(tx, user_id, deadline(), seen.checked(tx, user_id)))
    traits = defaultdict[str, set[str]](set)
    for pk, mine in found.traits.items():
        for each in reached([pk], found.broader):
            traits[each] |= {pk for pk in mine if seen.has(pk)}
    rows = [
        {"conceptID": pk, "name": found.concepts[pk].get("name", ""), "traits": len(mine)}
        for pk, mine in traits.items()
        if mine
    ]
    return sorted(rows, key=lambda row: (-row["traits"], sort_key(str(row["name"])), row["conceptID"]))[:MAX_CONCEPTS]


def deadline() -> float:
    """Return when a read of several statements stops and answers with what it has, before its timeout."""
    return time.monotonic() + settings.GRAPH_TIMEOUT_SECONDS * TIME_SHARE


def hierarchy(tx: neo4j.ManagedTransaction, user_id: uuid.UUID, until: float, seen: Seen = ALL) -> Hierarchy:
    """Read the concepts of the person's traits (those that are seen) and all broader ones, until the given time."""
    concepts, traits = dict[str, dict[str, Any]](), defaultdict[str, set[str]](set)
    for record in _ties(tx, user_id, seen):
        pk = record["concept"]["conceptID"]
        concepts[pk] = record["concept"]
        traits[pk] |= set(record["traits"])
    above = climb(tx, user_id, concepts, until)
    complete = above.complete and sum(map(len, traits.values())) < MAX_TIES
    return Hierarchy(above.concepts | concepts, above.broader, complete, traits)


def _ties(tx: neo4j.ManagedTransaction, user_id: uuid.UUID, seen: Seen) -> Iterator[neo4j.Record]:
    if seen.ids is None:
        yield from tx.run(TIES, user=str(user_id), limit=MAX_TIES)
        return
    for part in connection.parts(seen.listed or []):
        yield from tx.run(TIES_OF, user=str(user_id), ids=part, limit=MAX_TIES)


def named(tx: neo4j.ManagedTransaction, user_id: uuid.UUID, name: str, seen: Seen = ALL) -> list[str]:
    """Return the person's traits (those that are seen) that are interests or skills with this name, in any spelling."""
    key = name_key(name)
    rows = tx.run(NAMED, user=str(user_id), limit=MAX_NAMED)
    return [row["id"] for row in rows if seen.has(row["id"]) and name_key(str(row["name"] or "")) == key]


def climb(tx: neo4j.ManagedTransaction, user_id: uuid.UUID, ids: Collection[str], until: float) -> Above:
    """Read the broader concepts level by level until there are no new ones; circles end as well."""
    concepts, broader = dict[str, dict[str, Any]](), defaultdict[str, set[str]](set)
    known, level, room = set(ids), list(ids), MAX_TIES
    while level and room > 0 and time.monotonic() < until:
        found = dict[str, dict[str, Any]]()
        for part in connection.parts(level):
            for record in tx.run(BROADER, ids=part, user=str(user_id), limit=room):
                pk = record["concept"]["conceptID"]
                broader[record["id"]].add(pk)
                found[pk] = record["concept"]
        concepts |= found
        room = MAX_TIES - sum(map(len, broader.values()))
        level = sorted(found.keys() - known)
        known |= found.keys()
    return Above(concepts, broader, complete=not level)


def reached(ids: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    """Return these nodes and all that can be reached from them."""
    known = set(ids)
    level = list(known)
    while level:
        new = edges.get(level.pop(), set()) - known
        known |= new
        level += new
    return known
