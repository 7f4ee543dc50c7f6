"""Clears the graph of what was erased, by the receipts in state `erased`: a whole persona, or a part of one.

For a whole persona, the fence of graph/projection/writer.py is first raised to the person's new generation, so that
nothing older can be written any more; the User node stays to hold it. Then what PTFI made is dropped, and what it wrote
into nodes that the pipeline made is blanked. Nothing of the person is projected until that is done.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import neo4j
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from graph import connection
from graph.nodes import MANAGED_BY, NODES
from graph.projection import outbox, writer
from graph.projection import sql as statements
from graph.projection.outbox import MAX_BACK_OFF, Replay
from graph.projection.writer import CLEARING, FIXED
from graph.schema import KEYS, NODE_BY_LABEL, properties_of
from ptfi.db import sql
from ptfi.db.transactions import front_door
from ptfi.web.language import spoken_to
from traits.erasure import parts
from traits.erasure.kept import PIPELINE_NODES, nodes_stay
from traits.models import CandidateStatus, Erasure, ErasureState, Persona
from traits.models.erasure import UNDER_WAY, WHOLE, ErasureKind

logger = logging.getLogger(__name__)

SWEEP = 1_000
"""People whose fences are compared together."""
THEIRS = "coalesce(n.managedBy, '') <> $ptfi"
EVIDENCE = "SourceDataReferenceNode"
NO_DATES = "MATCH (u:User {userID: $id}) REMOVE u.createdAt, u.projectedAt"


@dataclass(frozen=True, slots=True)
class Person:
    """A person whose graph is to be cleared, and the generation it must reach; joined: None without an account."""

    user_id: uuid.UUID
    generation: int
    joined: dt.datetime | None


def _blank(label: str, match: str, also: str = "", keep: str = "") -> str:
    """A statement that blanks what PTFI writes into a node of the pipeline's; returns the node's thing."""
    kept = (*FIXED, KEYS[label], "status", keep)
    names = [name for name in properties_of(NODE_BY_LABEL[label]) if name not in kept]
    removed = ", ".join(f"n.{name}" for name in names)
    return f"UNWIND $ids AS id {match} WHERE {THEIRS} REMOVE {removed} {also} RETURN DISTINCT id"


GONE = "SET n.status = $gone"
BLANKED = [node.__label__ for node in NODES if node.facts.is_blanked]
OF_TRAITS = [label for label in BLANKED if label != EVIDENCE]
"""Labels of nodes that have the id of a trait."""
BLANK = [
    _blank(
        EVIDENCE, f"MATCH (t:Trait {{traitID: id}})-[e:MANIFESTED_AS_EVIDENCE {{managedBy: $ptfi}}]->(n:{EVIDENCE})"
    ),
    "UNWIND $ids AS id MATCH (:Trait {traitID: id})-[e]->() WHERE e.managedBy = $ptfi DELETE e RETURN DISTINCT id",
    *(
        _blank(label, f"MATCH (n:{label} {{{KEYS[label]}: id}})", GONE if label == "Trait" else "")
        for label in OF_TRAITS
    ),
]
# The log continues, so what it says about a removed trait stays: its status and revision.
BLANK_PART = [
    _blank(label, f"MATCH (n:{label} {{{KEYS[label]}: id}})", GONE if label == "Trait" else "", keep="revision")
    for label in BLANKED
]
LEFT = "UNWIND $ids AS id MATCH (n:{label} {{{key}: id}}) WHERE " + THEIRS + " RETURN id"


def claim(lease: float, only: uuid.UUID | None = None) -> uuid.UUID | None:
    """Claim a person whose graph is to be cleared and whom no other process holds, for this many seconds."""
    found: uuid.UUID | None = sql.value(
        statements.CLAIM_ERASURE, {"only": only, "lease": lease, "most": max(MAX_BACK_OFF, 2 * lease)}
    )
    return found


def go_on(only: uuid.UUID | None = None) -> bool:
    """Take the next step of an erasure that has steps left; False if there is none.

    A failed one waits, twice as long each time, and shows why.
    """
    erasure = parts.under_way(only).first()
    if erasure is None:
        return False
    try:
        with front_door():
            parts.go_on(erasure_id=erasure.pk)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 (it is kept with the erasure, and the others go on)
        logger.error("The erasure %s could not go on: %s", erasure.pk, type(error).__name__)
        failed(erasure.subject_id, type(error).__name__)
    return True


def release(user_id: uuid.UUID) -> None:
    """Release the person, who is still to be cleared."""
    Erasure.objects.filter(subject_id=user_id, state=ErasureState.ERASED).update(next_attempt_at=None)


def failed(user_id: uuid.UUID, error: str) -> None:
    """Back off from the person, twice as long each time; the text must contain nothing personal."""
    sql.run(statements.ERASURE_FAILED, {"error": error[:500], "most": MAX_BACK_OFF, "user": user_id})


def waiting(only: uuid.UUID | None = None) -> bool:
    """Whether any erasure can continue, in the tables or in the graph, that is neither claimed nor backing off."""
    to_clear = _ready().filter(next_attempt_at=None)
    to_clear = to_clear.filter(subject_id=only) if only else to_clear
    return to_clear.exists() or parts.under_way(only).exists()


def pending(user_id: uuid.UUID) -> bool:
    """Whether anything of this person is still to be erased or cleared."""
    return Erasure.objects.filter(subject_id=user_id, state__in=UNDER_WAY).exists()


def _ready() -> QuerySet[Erasure]:
    """The erasures whose graph can be cleared now (sql.READY)."""
    behind = Persona.objects.filter(user_id=OuterRef("subject_id"), projected_revision__lt=OuterRef("revision"))
    return Erasure.objects.filter(~Exists(behind), state=ErasureState.ERASED)


def clear(user_id: uuid.UUID) -> None:
    """Clear the graph of what the person erased and complete the erasures. Raises GraphUnavailableError, Neo4jError."""
    person = _person(user_id)
    # Listed after the generation was read: an erasure that comes in between raises it again and is done later.
    erasures = list(_ready().filter(subject_id=user_id))
    whole = [erasure for erasure in erasures if erasure.kind in WHOLE]
    if whole and not _cleared(person, whole):
        return
    of_parts = [erasure for erasure in erasures if erasure.kind not in WHOLE]
    for erasure in of_parts:
        theirs = set[str]()
        for ids in connection.parts(_gone(erasure)):
            theirs |= connection.write(partial(_theirs, statements=BLANK_PART, ids=ids))
        _note(erasure, theirs)
    Erasure.objects.filter(pk__in=[erasure.pk for erasure in erasures], state=ErasureState.ERASED).update(
        state=ErasureState.COMPLETED, graph_cleared_at=Now(), attempts=0, next_attempt_at=None, last_error=""
    )


def _gone(erasure: Erasure) -> list[str]:
    """The things of the erasure, except those that the person has again since then."""
    things = list(map(str, erasure.things))
    held = {thing for (thing,) in sql.rows(statements.THINGS_HELD, {"user": erasure.subject_id, "things": things})}
    return [thing for thing in things if thing not in held]


def _person(user_id: uuid.UUID) -> Person:
    """The person of this id. Raises Persona.DoesNotExist."""
    ended = Erasure.objects.filter(subject_id=user_id, kind=ErasureKind.ACCOUNT).order_by("-generation").first()
    if ended:
        return Person(user_id, ended.generation, None)
    persona = Persona.objects.select_related("user").get(user_id=user_id)
    return Person(user_id, persona.generation, persona.user.date_joined)


def _cleared(person: Person, erasures: list[Erasure]) -> bool:
    """Clear the graph of the whole person. False if the graph is ahead of PostgreSQL; it is cleared afterwards."""
    things = sorted({str(thing) for erasure in erasures for thing in erasure.things})
    fence = connection.write(lambda tx: _close(tx, person))
    if fence and fence.generation > person.generation:
        _overtake(person, fence.generation)
        release(person.user_id)
        return False
    if fence and fence.revision == CLEARING:
        theirs = set[str]()
        for part in connection.parts(things):
            theirs |= connection.write(partial(_blanked, person=person, ids=part))
        for erasure in erasures:
            _note(erasure, theirs)
        while not connection.write(lambda tx: writer.clear(tx, [(person.user_id, person.generation)])):
            pass
    if person.joined is None:
        connection.write(lambda tx: tx.run(NO_DATES, id=str(person.user_id)).consume())
    return True


def _overtake(person: Person, generation: int) -> None:
    """Raise the person's generation above the graph's."""
    if person.joined is None:
        ended = Erasure.objects.filter(subject_id=person.user_id, kind=ErasureKind.ACCOUNT)
        ended.update(generation=generation + 1)
    else:
        outbox.replay([Replay(person.user_id, person.generation, floor=generation)])


def _close(tx: neo4j.ManagedTransaction, person: Person) -> writer.Fence | None:
    """Raise the fence to the person's generation if it is below; returns where it stands."""
    now = dt.datetime.now(dt.UTC).isoformat()
    joined = person.joined.isoformat() if person.joined else now
    row = {"id": str(person.user_id), "generation": person.generation, "first": CLEARING, "joined": joined}
    tx.run(writer.OPEN, people=[row], now=now, ptfi=MANAGED_BY).consume()
    return writer.states(tx, [person.user_id])[person.user_id]


def _blanked(tx: neo4j.ManagedTransaction, person: Person, ids: list[str]) -> set[str]:
    """Blank what PTFI wrote into the pipeline's nodes of these things; returns the things that the pipeline made."""
    now = dt.datetime.now(dt.UTC).isoformat()
    row = {"id": str(person.user_id), "generation": person.generation, "revision": CLEARING}
    if not list(tx.run(writer.CLEARED, people=[row], now=now)):
        return set()
    return _theirs(tx, BLANK, ids)


def _theirs(tx: neo4j.ManagedTransaction, statements: list[str], ids: list[str]) -> set[str]:
    theirs = set[str]()
    for label in BLANKED:
        found = tx.run(LEFT.format(label=label, key=KEYS[label]), ids=ids, ptfi=MANAGED_BY)
        theirs |= {record["id"] for record in found}
    for statement in statements:
        tx.run(statement, ids=sorted(theirs), ptfi=MANAGED_BY, gone=CandidateStatus.REJECTED.value).consume()
    return theirs


def _note(erasure: Erasure, theirs: set[str]) -> None:
    """Remember which things are nodes of the pipeline's, in case the step is repeated, and forget the others."""
    erasure.things = [thing for thing in erasure.things if str(thing) in theirs]
    if erasure.things:
        with spoken_to("en"):
            erasure.kept = {**erasure.kept, PIPELINE_NODES: nodes_stay(len(erasure.things))}
    erasure.save(update_fields=["things", "kept"])


def repeat(user_ids: Iterable[uuid.UUID]) -> int:
    """Clear the graph of these people again, if their personas were erased; returns the number of erasures."""
    done = Erasure.objects.filter(state=ErasureState.COMPLETED, subject_id__in=list(user_ids))
    return done.update(state=ErasureState.ERASED, graph_cleared_at=None, next_attempt_at=None)


def repeat_lost(only: uuid.UUID | None = None) -> Iterator[int]:
    """Find, in batches, people whose graph is older than their erasure, and clear it again."""
    done = Erasure.objects.filter(state=ErasureState.COMPLETED)
    done = done.filter(Q(user__persona__isnull=False) | Q(kind=ErasureKind.ACCOUNT))
    done = done.filter(subject_id=only) if only else done
    newest = done.order_by("subject_id", "-generation", "-revision").distinct("subject_id")
    people = newest.values_list("subject_id", "generation", "revision")
    last = uuid.UUID(int=0)
    while rows := list(people.filter(subject_id__gt=last)[:SWEEP]):
        last = rows[-1][0]
        fences = connection.write(partial(writer.states, user_ids=[user_id for user_id, *_ in rows]))
        yield repeat(user_id for user_id, *place in rows if not _reaches(fences[user_id], *place))


def _reaches(fence: writer.Fence | None, generation: int, revision: int) -> bool:
    return fence is not None and (fence.generation, fence.revision) >= (generation, revision)
