"""Reads of traits for pages: bounded and limited to one person. All raise GraphUnavailableError within the deadline."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

import neo4j

from graph import connection
from graph.nodes import HasTrait, Trait
from graph.reads.concepts import deadline, hierarchy, named
from graph.reads.seen import ALL, Seen
from ptfi.texts import sort_key
from traits.search.traits import ids_with

MAX_LIMIT = 200
MATCH = """
MATCH (:User {userID: $user})-[h:HAS_TRAIT {managedBy: 'ptfi'}]->(t:Trait)
WHERE ($status IS NULL OR t.status IN $status) AND ($category IS NULL OR t.category IN $category)
  AND ($ids IS NULL OR t.traitID IN $ids) AND ($found IS NULL OR t.traitID IN $found)
  AND ($concepts IS NULL OR t.traitID IN $named
    OR EXISTS { MATCH (t)-[:ASSOCIATED_WITH_CONCEPT]->(c:Concept) WHERE c.conceptID IN $concepts })"""
TOTAL = f"{MATCH} RETURN count(t) AS total"
PAGE = f"""{MATCH}
WITH t, h, coalesce(t.sortKey, toLower(t.name), '') AS key
WHERE $id IS NULL OR key > $key OR (key = $key AND t.traitID > $id)
WITH t, h, key ORDER BY key, t.traitID LIMIT $limit
RETURN t AS trait, h AS edge, key,
  [(t)-[a:ASSOCIATED_WITH_CONCEPT]->(c:Concept) | coalesce(a.spelling, c.name)] AS concepts,
  COUNT {{ (t)-[:MANIFESTED_AS_EVIDENCE]->() }} AS evidence_count
ORDER BY key, t.traitID"""


@dataclass(frozen=True, slots=True)
class GraphTrait:
    """A trait as the graph shows it; confidence and strength are 0–1."""

    id: uuid.UUID
    name: str
    category: str
    status: str
    confidence: float | None
    strength: float | None
    concepts: list[str]
    evidence_count: int


@dataclass(frozen=True, slots=True)
class TraitPage:
    """A page of traits by name; next_key is the `after` of the next page, None on the last one."""

    items: list[GraphTrait]
    next_key: tuple[str, str] | None
    total: int


def traits(
    user_id: uuid.UUID,
    *,
    q: str = "",
    status: Collection[str] | None = None,
    category: Collection[str] | None = None,
    concept: str = "",
    limit: int = 50,
    after: tuple[str, str] | None = None,
    seen: Seen = ALL,
) -> TraitPage:
    """Return the person's traits, those that are seen; q searches name and description.

    It goes by the words that PostgreSQL has of them.

    concept is a concept's name in any spelling: it selects the traits that name it or one of its sub-concepts, at any
    distance, and the interests and skills with that name.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    filters = {
        "user": str(user_id),
        "found": ids_with(user_id, q) if q else None,
        "status": list(status) if status else None,
        "category": list(category) if category else None,
    }
    key, last_id = after or ("", None)

    def work(tx: neo4j.ManagedTransaction) -> tuple[int, list[neo4j.Record]]:
        here = seen.checked(tx, user_id)
        found = filters | _about(tx, user_id, concept, here) | {"ids": here.listed}
        total = tx.run(TOTAL, found).single(strict=True)["total"]
        return total, list(tx.run(PAGE, found | {"key": key, "id": last_id, "limit": limit + 1}))

    total, rows = connection.read(work)
    items = [_trait(row) for row in rows[:limit]]
    next_key = (rows[limit - 1]["key"], str(items[-1].id)) if len(rows) > limit else None
    return TraitPage(items, next_key, total)


def _about(tx: neo4j.ManagedTransaction, user_id: uuid.UUID, concept: str, seen: Seen) -> dict[str, list[str] | None]:
    """Return the ids of the concept and its sub-concepts, and of the interests and skills with its name."""
    if not concept:
        return {"concepts": None, "named": []}
    found = hierarchy(tx, user_id, deadline(), seen)
    return {"concepts": sorted(found.under(found.named(concept))), "named": named(tx, user_id, concept, seen)}


def _trait(row: neo4j.Record) -> GraphTrait:
    trait, edge = Trait.inflate(row["trait"]), HasTrait.inflate(row["edge"])
    return GraphTrait(
        id=uuid.UUID(trait.traitID),
        name=trait.name,
        category=trait.category,
        status=trait.status,
        confidence=trait.confidence,
        strength=edge.strength,
        concepts=sorted(filter(None, row["concepts"]), key=sort_key),
        evidence_count=row["evidence_count"],
    )
