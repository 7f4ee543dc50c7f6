"""Clearing the graph of people whose persona was erased, by the receipts in state `erased`.

The fence of graph/writing.py is raised to the person's new generation first, so that nothing older is written any more;
the User node stays to hold it. Then what PTFI made is dropped, and what it wrote into nodes that the pipeline made is
blanked. Nothing of the person is projected before this is done. Each step may be repeated.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from functools import partial

import neo4j
from django.conf import settings
from django.db import connection as database
from django.db.models import Max, QuerySet
from django.db.models.functions import Now

from graph import connection, outbox, writing
from graph.nodes import MANAGED_BY
from graph.outbox import MAX_BACK_OFF, Replay
from graph.rows import FACETS
from graph.schema import properties_of
from graph.writing import CLEARING, FIXED, KEYS, NODE_BY_LABEL
from traits.models import CandidateStatus, Erasure, ErasureState, Persona

SWEEP = 1_000
"""People whose fence is compared at once."""
CLAIM = """
WITH next AS (
    SELECT subject_id FROM traits_erasure
    WHERE state = 'erased' AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp())
      AND (%(only)s::uuid IS NULL OR subject_id = %(only)s)
    ORDER BY erased_at LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE traits_erasure AS e SET next_attempt_at = clock_timestamp() + make_interval(secs => %(lease)s)
FROM next WHERE e.subject_id = next.subject_id AND e.state = 'erased' RETURNING e.subject_id"""
FAILED = """
UPDATE traits_erasure SET attempts = attempts + 1, last_error = %(error)s,
    next_attempt_at = clock_timestamp() + make_interval(secs => least(%(most)s, 2 ^ least(attempts, 16)))
WHERE subject_id = %(user)s AND state = 'erased'"""
THEIRS = "coalesce(n.managedBy, '') <> $ptfi"
EVIDENCE = "SourceDataReferenceNode"


def _blank(label: str, match: str, also: str = "") -> str:
    """A statement that empties what PTFI writes into a node which the pipeline made; returns the node's thing."""
    names = [name for name in properties_of(NODE_BY_LABEL[label]) if name not in (*FIXED, KEYS[label], "status")]
    removed = ", ".join(f"n.{name}" for name in names)
    return f"UNWIND $ids AS id {match} WHERE {THEIRS} REMOVE {removed} {also} RETURN DISTINCT id"


LABELS = ("Trait", *(label for label, _ in FACETS.values()))
BLANK = [
    _blank(
        EVIDENCE, f"MATCH (t:Trait {{traitID: id}})-[e:MANIFESTED_AS_EVIDENCE {{managedBy: $ptfi}}]->(n:{EVIDENCE})"
    ),
    "UNWIND $ids AS id MATCH (:Trait {traitID: id})-[e]->() WHERE e.managedBy = $ptfi DELETE e RETURN DISTINCT id",
    *(
        _blank(label, f"MATCH (n:{label} {{{KEYS[label]}: id}})", "SET n.status = $gone" if label == "Trait" else "")
        for label in LABELS
    ),
]
LEFT = "UNWIND $ids AS id MATCH (n:{label} {{{key}: id}}) WHERE " + THEIRS + " RETURN id"


def claim(lease: float, only: uuid.UUID | None = None) -> uuid.UUID | None:
    """Take somebody whose graph is to be cleared and whom nobody else holds, for so many seconds."""
    with database.cursor() as cursor:
        cursor.execute(CLAIM, {"only": only, "lease": lease})
        row = cursor.fetchone()
    return row[0] if row else None


def release(user_id: uuid.UUID) -> None:
    """Let go of the person, who is still to be cleared."""
    _pending([user_id]).update(next_attempt_at=None)


def failed(user_id: uuid.UUID, error: str) -> None:
    """Have the person wait, twice as long each time; the text must hold nothing personal."""
    with database.cursor() as cursor:
        cursor.execute(FAILED, {"error": error[:500], "most": MAX_BACK_OFF, "user": user_id})


def waiting(only: uuid.UUID | None = None) -> bool:
    """Whether somebody is to be cleared who is neither held nor backing off."""
    return _pending([only] if only else None).filter(next_attempt_at=None).exists()


def pending(user_id: uuid.UUID) -> bool:
    """Whether this person is still to be cleared."""
    return _pending([user_id]).exists()


def _pending(user_ids: Iterable[uuid.UUID] | None) -> QuerySet[Erasure]:
    rows = Erasure.objects.filter(state=ErasureState.ERASED)
    return rows if user_ids is None else rows.filter(subject_id__in=list(user_ids))


def clear(user_id: uuid.UUID) -> None:
    """Clear the graph of the person, and complete their erasures. Raises GraphUnavailableError, Neo4jError."""
    persona = Persona.objects.select_related("user").get(user_id=user_id)
    # Listed after the generation was read: an erasure that comes in between raises it once more, and is done later.
    erasures = list(_pending([user_id]))
    things = sorted({str(thing) for erasure in erasures for thing in erasure.things})
    fence = _write(lambda tx: _close(tx, persona))
    if fence and fence.generation > persona.generation:
        outbox.replay([Replay(user_id, persona.generation, floor=fence.generation)])
        release(user_id)
        return
    if fence and fence.revision == CLEARING:
        theirs = set[str]()
        for part in writing.parts(things):
            theirs |= _write(partial(_blanked, persona=persona, ids=part))
        for erasure in erasures:
            _note(erasure, theirs)
        while not _write(lambda tx: writing.clear(tx, [(user_id, persona.generation)])):
            pass
    Erasure.objects.filter(pk__in=[erasure.pk for erasure in erasures], state=ErasureState.ERASED).update(
        state=ErasureState.COMPLETED, graph_cleared_at=Now(), attempts=0, next_attempt_at=None, last_error=""
    )


def _close(tx: neo4j.ManagedTransaction, persona: Persona) -> writing.Fence | None:
    """Raise the fence to the person's generation, where it is not there yet; returns where it stands."""
    now = dt.datetime.now(dt.UTC).isoformat()
    joined = persona.user.date_joined.isoformat()
    person = {"id": str(persona.user_id), "generation": persona.generation, "first": CLEARING, "joined": joined}
    tx.run(writing.OPEN, people=[person], now=now, ptfi=MANAGED_BY).consume()
    return writing.states(tx, [persona.user_id])[persona.user_id]


def _blanked(tx: neo4j.ManagedTransaction, persona: Persona, ids: list[str]) -> set[str]:
    """Empty what the pipeline made of these things; returns those of them that it did make."""
    now = dt.datetime.now(dt.UTC).isoformat()
    row = {"id": str(persona.user_id), "generation": persona.generation, "revision": CLEARING}
    if not list(tx.run(writing.CLEARED, people=[row], now=now)):
        return set()
    theirs = set[str]()
    for label in LABELS:
        found = tx.run(LEFT.format(label=label, key=KEYS[label]), ids=ids, ptfi=MANAGED_BY)
        theirs |= {record["id"] for record in found}
    for statement in BLANK:
        tx.run(statement, ids=sorted(theirs), ptfi=MANAGED_BY, gone=CandidateStatus.REJECTED.value).consume()
    return theirs


def _note(erasure: Erasure, theirs: set[str]) -> None:
    """Keep which things name nodes of the pipeline's, for a repeat, and forget the others."""
    erasure.things = [thing for thing in erasure.things if str(thing) in theirs]
    if erasure.things:
        count = len(erasure.things)
        text = f"{count} {'node' if count == 1 else 'nodes'} that the pipeline made in the graph, without their texts."
        erasure.kept = {**erasure.kept, "pipelineNodes": text}
    erasure.save(update_fields=["things", "kept"])


def repeat(user_ids: Iterable[uuid.UUID]) -> int:
    """Have the graph cleared of these people again, if their persona was erased; returns how many erasures it is."""
    done = Erasure.objects.filter(state=ErasureState.COMPLETED, subject_id__in=list(user_ids))
    return done.update(state=ErasureState.ERASED, graph_cleared_at=None, next_attempt_at=None)


def repeat_lost(only: uuid.UUID | None = None) -> Iterator[int]:
    """Find, some at a time, people whose graph is older than their erasure, and have it cleared again."""
    done = Erasure.objects.filter(state=ErasureState.COMPLETED, user__persona__isnull=False)
    done = done.filter(subject_id=only) if only else done
    people = done.values_list("subject_id").annotate(generation=Max("generation")).order_by("subject_id")
    last = uuid.UUID(int=0)
    while rows := list(people.filter(subject_id__gt=last)[:SWEEP]):
        last = rows[-1][0]
        fences = _write(partial(writing.states, user_ids=[user_id for user_id, _ in rows]))
        yield repeat(user_id for user_id, generation in rows if not _reaches(fences[user_id], generation))


def _reaches(fence: writing.Fence | None, generation: int) -> bool:
    return fence is not None and fence.generation >= generation


def _write(work: connection.Work[connection.Result]) -> connection.Result:
    # Well within the lease, as for the projector.
    return connection.write(work, settings.PROJECTOR_LEASE / 2)
