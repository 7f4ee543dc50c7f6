"""Reading and writing the graph without the product's own code."""

import datetime as dt
import threading
import uuid
from typing import Any

from django.utils import timezone

from graph import connection
from graph.projection import outbox
from graph.projection import writer as writing
from graph.projection.projector import Projector
from graph.schema import KEYS
from ptfi.accounts.models import User
from traits.models import Persona

FENCE = ("generation", "projectedAt")


def project(user: User) -> None:
    """Project the person's log into the graph."""
    Projector(only=user.pk).drain(threading.Event())


def cypher(statement: str, **parameters: Any) -> list[dict[str, Any]]:
    """Run a statement; ids may be UUIDs."""
    texts = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in parameters.items()}
    return [record.data() for record in connection.driver().execute_query(statement, texts).records]


def dump(user: User) -> list[str]:
    """Every node of the person and every edge at one, with all properties except those of the projection itself."""
    nodes, edges = list[dict[str, Any]](), list[dict[str, Any]]()
    # Label by label, which uses the indexes; scanning all nodes takes half a second.
    for label in KEYS:
        mine = f"MATCH (n:{label} {{{'userID' if label == 'User' else 'ownerID'}: $id}})"
        found = cypher(f"{mine} RETURN labels(n) AS label, n AS p", id=user.pk)
        nodes += found
        edges += found and cypher(
            f"{mine}-[e]-(m) RETURN DISTINCT type(e) AS label, properties(e) AS p, startNode(e) AS source, "
            "endNode(e) AS target",
            id=user.pk,
        )
    for row in (*nodes, *edges):
        for part in ("p", "source", "target"):
            if part in row:
                row[part] = sorted((k, str(v)) for k, v in row[part].items() if k not in FENCE)
    return sorted([*map(str, nodes), *{str(edge) for edge in edges}])


def persona(user: User) -> Persona:
    return Persona.objects.get(user=user)


def trait_node(trait_id: uuid.UUID) -> dict[str, Any] | None:
    """The Trait's properties; None if there is no such node."""
    found = cypher("MATCH (t:Trait {traitID: $id}) RETURN properties(t) AS p", id=trait_id)
    return found[0]["p"] if found else None


def concept_names(user: User) -> set[str]:
    return {row["name"] for row in cypher("MATCH (c:Concept {ownerID: $id}) RETURN c.name AS name", id=user.pk)}


def claimed_windows(user: User) -> list[writing.Window]:
    """What a projector that has just claimed the person would write."""
    projector = Projector(only=user.pk)
    projector._held = outbox.claim(30, user.pk)
    made = [window for _, window in projector._windows()]
    outbox.release(projector._held)
    return made


def write_windows(found: list[writing.Window]) -> Any:
    return connection.write(lambda tx: writing.write(tx, found), 10)


def fail_projection(user: User) -> None:
    """Set the state after three failed attempts."""
    later = timezone.now() + dt.timedelta(minutes=5)
    Persona.objects.filter(pk=user.pk).update(attempts=3, next_attempt_at=later, last_error="ValueError at rows.py:7")
