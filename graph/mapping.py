"""What the graph must contain for a state of the log: pure functions from states to nodes and edges.

The projector writes these rows, and check_graph expects them. Times are ISO texts, as in the states.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from graph.schema import FACETS
from ptfi.texts import sort_key
from traits.log.snapshots import State
from traits.models import CandidateStatus, Verdict
from traits.text import name_key

Properties = dict[str, Any]
NodeKey = tuple[str, str]
"""Label and id."""
EdgeKey = tuple[str, str, str]
"""Type, id of the source and id of the target."""

VERSION = 3
"""To be raised whenever the rows of the same state change: projectors then project everyone again."""
ABOUT = "about"
SHARED_CONCEPTS = uuid.UUID("5b0f8a52-3d0c-5e7b-9a39-8d1f6f0c4c11")
"""Name space of the ids of shared concepts."""
SHOWN_VERDICTS = ("", None, Verdict.SUPPORTS.value)


@dataclass(frozen=True, slots=True)
class ThingChange:
    """The latest state of one trait in the log, or (is_style) of one style element.

    state is None if the persona no longer has it; candidate_status is then the status of the suggestion.
    """

    user_id: uuid.UUID
    revision: int
    thing_id: str
    state: State | None
    is_style: bool = False
    candidate_status: str | None = None


@dataclass(slots=True)
class Rows:
    """Nodes and edges by key, without repeats."""

    nodes: dict[NodeKey, Properties] = field(default_factory=dict)
    edges: dict[EdgeKey, Properties] = field(default_factory=dict)
    owners: dict[NodeKey, str] = field(default_factory=dict)

    def node(self, owner: uuid.UUID, label: str, node_id: str, /, **properties: Any) -> None:
        self.nodes[label, node_id] = properties
        self.owners[label, node_id] = str(owner)

    def edge(self, kind: str, source: str, target: str, /, **properties: Any) -> None:
        self.edges[kind, source, target] = properties

    def add(self, other: "Rows") -> None:
        self.nodes |= other.nodes
        self.edges |= other.edges
        self.owners |= other.owners


def concept_id(user_id: uuid.UUID, name: str) -> str:
    """Return the id of a person's own concept, the same for all spellings of a name."""
    return str(uuid.uuid5(user_id, "concept:" + name_key(name)))


def shared_id(key: str) -> uuid.UUID:
    """Return the id of the shared concept with this name key, the same in every database."""
    return uuid.uuid5(SHARED_CONCEPTS, key)


def style_id(user_id: uuid.UUID, element: str) -> str:
    return f"{user_id}:{element}"


def status_when_gone(change: ThingChange) -> str:
    """Return the status of a Trait node of the pipeline's that is not part of the persona, or no longer."""
    return change.candidate_status or CandidateStatus.REJECTED.value


def rows_of(changes: Iterable[ThingChange]) -> Rows:
    """Return the nodes and edges of the persona; a concept takes its newest spelling as its name."""
    rows = Rows()
    for change in sorted(changes, key=lambda change: change.revision):
        if change.state is None:
            continue
        if change.is_style:
            _style(rows, change, change.state)
        else:
            _trait(rows, change, change.state)
    return rows


def _trait(rows: Rows, change: ThingChange, state: State) -> None:
    user, trait = str(change.user_id), change.thing_id
    rows.node(
        change.user_id,
        "Trait",
        trait,
        name=state["name"],
        sortKey=sort_key(state["name"]),
        description=state["description"],
        category=state["category"],
        status=state["status"],
        confidence=state["confidence"],
        origin=state["origin"],
        lastRefinedTimestamp=state["last_refined_at"],
        creationTimestamp=state["created_at"],
        revision=change.revision,
    )
    rating = state["user_confidence"]
    rows.edge(
        "HAS_TRAIT",
        user,
        trait,
        strength=rating / 5 if rating else state["confidence"],
        expressionContexts=state["expression_contexts"],
        lastObservedTimestamp=state["last_observed_at"],
        source=state["origin"],
        validFrom=state["valid_from"],
        validTo=state["valid_to"],
    )
    _facet(rows, change, state)
    _evidence(rows, change, state)
    _concepts(rows, change, state)


def _facet(rows: Rows, change: ThingChange, state: State) -> None:
    if state["category"] not in FACETS:
        return
    label, edge = FACETS[state["category"]]
    details = {"level": state["user_confidence"], "source": state["origin"]} if label == "Skill" else {}
    rows.node(change.user_id, label, change.thing_id, name=state["name"], **details)
    rows.edge(edge, str(change.user_id), change.thing_id)


def _evidence(rows: Rows, change: ThingChange, state: State) -> None:
    for piece in state["evidence"]:
        if piece.get("verdict") not in SHOWN_VERDICTS:
            continue
        rows.node(
            change.user_id,
            "SourceDataReferenceNode",
            piece["evidence_id"],
            snippet=piece["content"],
            sourceUserDataPackageID=piece.get("source_package_id"),
            mediaOffset=piece.get("start_time"),
            sourceDescription=piece.get("source_detail"),
        )
        rows.edge(
            "MANIFESTED_AS_EVIDENCE",
            change.thing_id,
            piece["evidence_id"],
            relevanceScore=piece.get("relevance_score"),
            timestamp=state["last_observed_at"] or state["created_at"],
        )


def _concepts(rows: Rows, change: ThingChange, state: State) -> None:
    for name in reversed(state["concepts"]):
        concept = concept_id(change.user_id, name)
        rows.node(change.user_id, "Concept", concept, name=name)
        rows.edge("ASSOCIATED_WITH_CONCEPT", change.thing_id, concept, relationshipType=ABOUT, spelling=name)


def _style(rows: Rows, change: ThingChange, state: State) -> None:
    rows.node(change.user_id, "CommunicationStyleElement", change.thing_id, name=state["element"], value=state["value"])
    rows.edge(
        "ADOPTS_COMMUNICATION_STYLE",
        str(change.user_id),
        change.thing_id,
        preferenceStrength=1.0,
        contextApplicability=state["context"],
    )
