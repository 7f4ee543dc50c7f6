"""Shared concepts in the graph: written from graph/models.py, and tied to people's own concepts of the same name.

A person's own concept is written before it is tied, and each shared concept before people are looked through; so
whichever comes later makes the tie. A node carries the revision it shows; an older one never overwrites it.
"""

import datetime as dt
import logging
import sys
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import neo4j
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from graph import connection
from graph.concepts import importer
from graph.connection import MAX_ROWS, parts
from graph.mapping import Properties, concept_id
from graph.models import SharedConcept, SharedConceptTie, Vocabulary
from graph.nodes import MANAGED_BY
from graph.projection import sql as statements
from ptfi.db import sql
from traits.models import PersonaTrait
from traits.text import name_key

logger = logging.getLogger(__name__)

PAGE = 2_000
"""Traits whose concepts are looked through together."""
SHARED = "c.ownerID IS NULL"
NODES = f"""
UNWIND $rows AS r MERGE (c:Concept {{conceptID: r.id}}) ON CREATE SET c.managedBy = $ptfi
WITH c, r WHERE {SHARED} AND coalesce(c.revision, 0) <= r.revision
SET c.name = r.name, c.description = r.description, c.ontologyLink = r.link, c.revision = r.revision
RETURN r.id AS id"""
LOOSEN = """
UNWIND $ids AS id MATCH (:Concept {conceptID: id})-[e:IS_A_TYPE_OF {managedBy: $ptfi}]->() DELETE e"""
TIE = """
UNWIND $rows AS r MATCH (a:Concept {conceptID: r.narrower}) MATCH (b:Concept {conceptID: r.broader})
MERGE (a)-[e:IS_A_TYPE_OF]->(b) ON CREATE SET e.managedBy = $ptfi"""
DROP = f"""
UNWIND $rows AS r MATCH (c:Concept {{conceptID: r.id}})
WHERE c.managedBy = $ptfi AND {SHARED} AND coalesce(c.revision, 0) <= r.revision DETACH DELETE c"""
HELD = f"""
UNWIND $ids AS id MATCH (c:Concept {{conceptID: id}}) WHERE {SHARED}
RETURN id, c.name AS name, c.description AS description, c.ontologyLink AS link, c.revision AS revision,
  [(c)-[e:IS_A_TYPE_OF]->(b) WHERE e.managedBy = $ptfi | b.conceptID] AS broader"""
ALL = f"MATCH (c:Concept) WHERE c.managedBy = $ptfi AND {SHARED} RETURN c.conceptID AS id"


@dataclass(frozen=True, slots=True)
class _ConceptBatch:
    """Shared concepts as the graph should hold them, and the ids of each one's broader concepts."""

    kept: list[Properties]
    gone: list[Properties]
    broader: dict[str, set[str]]


def project() -> bool:
    """Carry what was imported into the graph; False if there was nothing to do or another projector is doing it.

    After a failure it is retried once the lease has ended. Raises GraphUnavailableError, Neo4jError.
    """
    claimed = sql.rows(statements.CLAIM_VOCABULARY, {"lease": settings.PROJECTOR_LEASE_SECONDS})
    if not claimed:
        return False
    ((since, upto),) = claimed
    ids = list(SharedConcept.objects.filter(revision__gt=since, revision__lte=upto).values_list("pk", flat=True))
    # A tie needs both of its ends, so all nodes come first.
    for part in parts(ids):
        _hold()
        _write_nodes(_batch(part))
    for part in parts(ids):
        _hold()
        _write_ties(_batch(part))
    _tie_own(SharedConcept.objects.filter(pk__in=ids, removed=False).values_list("name_key", flat=True))
    SharedConcept.objects.filter(removed=True, revision__lte=upto).delete()
    Vocabulary.objects.filter(projected_revision__lt=upto, revision__gte=upto).update(
        projected_revision=upto, projected_at=Now(), claimed_until=None
    )
    return True


def waiting() -> bool:
    """Whether shared concepts are missing in the graph."""
    return Vocabulary.objects.filter(projected_revision__lt=F("revision")).exists()


def _hold() -> None:
    """Extend the lease on what is being projected."""
    Vocabulary.objects.update(claimed_until=Now() + dt.timedelta(seconds=settings.PROJECTOR_LEASE_SECONDS))


def _batch(ids: list[uuid.UUID]) -> _ConceptBatch:
    concepts = list(SharedConcept.objects.filter(pk__in=ids))
    rows = [_row(concept) for concept in concepts]
    broader: dict[str, set[str]] = {row["id"]: set() for row in rows}
    through = SharedConceptTie.objects.filter(from_concept__in=ids)
    for narrower, above in through.values_list("from_concept_id", "to_concept_id"):
        broader[str(narrower)].add(str(above))
    gone = {str(concept.pk) for concept in concepts if concept.removed}
    return _ConceptBatch(
        [row for row in rows if row["id"] not in gone], [row for row in rows if row["id"] in gone], broader
    )


def _row(concept: SharedConcept) -> Properties:
    # An empty text is no property, as with people's own concepts.
    texts = {"description": concept.description or None, "link": concept.ontology_link or None}
    return {"id": str(concept.pk), "name": concept.name, "revision": concept.revision} | texts


def _write_nodes(batch: _ConceptBatch) -> None:
    def work(tx: neo4j.ManagedTransaction) -> None:
        tx.run(NODES, rows=batch.kept, ptfi=MANAGED_BY).consume()
        _drop(tx, batch.gone)

    connection.write(work)


def _drop(tx: neo4j.ManagedTransaction, rows: list[Properties]) -> None:
    tx.run(DROP, rows=rows, ptfi=MANAGED_BY).consume()


def _write_ties(batch: _ConceptBatch) -> None:
    def work(tx: neo4j.ManagedTransaction) -> None:
        passed = [record["id"] for record in tx.run(NODES, rows=batch.kept, ptfi=MANAGED_BY)]
        tx.run(LOOSEN, ids=passed, ptfi=MANAGED_BY).consume()
        _tie(tx, [(pk, above) for pk in passed for above in sorted(batch.broader[pk])])

    connection.write(work)


def _tie(tx: neo4j.ManagedTransaction, ties: Iterable[tuple[str, str]]) -> None:
    rows = [{"narrower": narrower, "broader": broader} for narrower, broader in ties]
    for part in parts(rows):
        tx.run(TIE, rows=part, ptfi=MANAGED_BY).consume()


def tie_people(names: Mapping[uuid.UUID, Iterable[str]]) -> None:
    """Tie people's own concepts of these names, which the graph has, to the shared ones with the same name key.

    Raises GraphUnavailableError, Neo4jError.
    """
    ties = own_ties(names)
    if ties:
        connection.write(lambda tx: _tie(tx, ties))


def own_ties(names: Mapping[uuid.UUID, Iterable[str]]) -> list[tuple[str, str]]:
    """The ids of the own and the shared concept, for each of the people's concepts that is also shared."""
    keys = {name_key(name) for mine in names.values() for name in mine}
    there = SharedConcept.objects.filter(name_key__in=keys, removed=False)
    shared = dict(there.values_list("name_key", "pk")) if keys else {}
    return sorted(
        {
            (concept_id(user_id, name), str(shared[name_key(name)]))
            for user_id, mine in names.items()
            for name in mine
            if name_key(name) in shared
        }
    )


def _tie_own(keys: Iterable[str]) -> None:
    """Tie everyone's own concepts of these name keys."""
    wanted = set(keys)
    if not wanted:
        return
    for page in _pages():
        _hold()
        names = dict[uuid.UUID, list[str]]()
        for user_id, concepts in page:
            names.setdefault(user_id, []).extend(name for name in concepts if name_key(name) in wanted)
        tie_people({user_id: mine for user_id, mine in names.items() if mine})


def _pages() -> Iterator[list[tuple[uuid.UUID, list[str]]]]:
    """The concepts of everyone's traits, in batches."""
    traits = PersonaTrait.objects.exclude(concepts=[]).order_by("pk").values_list("pk", "user_id", "concepts")
    last = uuid.UUID(int=0)
    while rows := list(traits.filter(pk__gt=last)[:PAGE]):
        last = rows[-1][0]
        yield [(user_id, concepts) for _, user_id, concepts in rows]


def repair_lost() -> Iterator[None]:
    """Compare the graph with PostgreSQL in batches, and write again what differs."""
    last = uuid.UUID(int=0)
    while ids := list(SharedConcept.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:MAX_ROWS]):
        last = ids[-1]
        differing = {pk for pk, _ in _differences(_batch(ids))}
        if differing and not waiting():
            logger.warning("The graph lacks %d shared concepts; they are written again", len(differing))
            importer.touch(uuid.UUID(pk) for pk in differing)
        yield


def check() -> list[str] | None:
    """Each difference, in words; None while an import is in progress. Raises GraphUnavailableError."""
    if waiting():
        return None
    found, known = list[str](), set[str]()
    for part in parts(list(SharedConcept.objects.order_by("pk").values_list("pk", flat=True))):
        known |= set(map(str, part))
        found += (f"Concept {pk}: {what}" for pk, what in _differences(_batch(part)))
    strays = sorted(_ours() - known)
    found += (f"Concept {pk}: should not be in the graph" for pk in strays)
    return None if waiting() else found


def rebuild() -> None:
    """Drop shared concepts that PTFI wrote and that should not be there, and write all others again.

    Raises GraphUnavailableError.
    """
    known = set(map(str, SharedConcept.objects.values_list("pk", flat=True)))
    rows = [{"id": pk, "revision": sys.maxsize} for pk in sorted(_ours() - known)]
    for part in parts(rows):
        connection.write(partial(_drop, rows=part))
    importer.touch(SharedConcept.objects.values_list("pk", flat=True))
    stop = threading.Event()
    while waiting() and not project():
        stop.wait(settings.PROJECTOR_POLL_SECONDS)


def _ours() -> set[str]:
    """The ids of the shared concepts that PTFI wrote into the graph."""
    return set(connection.write(lambda tx: [record["id"] for record in tx.run(ALL, ptfi=MANAGED_BY)]))


def _differences(batch: _ConceptBatch) -> Iterator[tuple[str, str]]:
    ids = [row["id"] for row in (*batch.kept, *batch.gone)]
    records = connection.write(lambda tx: list(tx.run(HELD, ids=ids, ptfi=MANAGED_BY)))
    held = {record["id"]: record for record in records}
    for row in batch.kept:
        node = held.get(row["id"])
        if node is None:
            yield row["id"], "missing in the graph"
            continue
        for name in ("name", "description", "link", "revision"):
            if node[name] != row[name]:
                yield row["id"], f"{name} is not as in PostgreSQL"
        if sorted(node["broader"]) != sorted(batch.broader[row["id"]]):
            yield row["id"], "what it is a type of is not as in PostgreSQL"
