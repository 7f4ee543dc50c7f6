"""What the API's document says about reads of the graph, and the export."""

from typing import Any

from graph.api import answers
from graph.errors import GraphUnavailableError
from ptfi.api.openapi.operation import Operation
from traits.api import examples, requests

ROOT, TRAIT = f"User:{examples.PERSON}", f"Trait:{examples.JAZZ}"
GRAPH: dict[str, Any] = {
    "nodes": [
        {"id": ROOT, "label": "User", "name": "", "userID": examples.PERSON},
        {"id": TRAIT, "label": "Trait", "name": "Loves jazz", "traitID": examples.JAZZ, "confidence": 0.82},
    ],
    "edges": [
        {"id": f"HAS_TRAIT|{ROOT}|{TRAIT}", "source": ROOT, "target": TRAIT, "type": "HAS_TRAIT", "strength": 0.82}
    ],
}
EXPORT = {
    "format": "ptfi-export",
    "version": 1,
    "graph": {"revision": 7} | GRAPH,
    "exportedAt": examples.WHEN,
    "revision": 7,
    "account": {
        "userID": examples.PERSON,
        "email": "alice@example.com",
        "externalID": None,
        "displayName": "Alice",
        "timeZone": "Europe/Berlin",
        "timeZoneChosen": False,
        "keysEnabled": True,
        "invitedEmail": None,
        "invitedAt": None,
        "isStaff": False,
        "createdAt": examples.WHEN,
        "lastSignInAt": examples.WHEN,
        "emailAddresses": [{"email": "alice@example.com", "verified": True, "primary": True}],
        "sessions": [],
        "secondSteps": [],
        "suggestionsOffAt": None,
    },
    "candidates": [],
    "traits": [],
    "log": [examples.ENTRY],
    "styles": {"work": examples.STYLES},
    "suppressions": [],
    "erasures": [],
    "looks": [],
    "moderation": [],
    "connectedApps": [],
}

list_traits = Operation(
    id="listTraits",
    tag="Traits",
    summary="List traits",
    description="As the graph has them, by name; a decision shows a moment later.",
    query=requests.TraitQuery,
    returns="A page of traits.",
    answer=answers.TraitPageAnswer,
    examples={
        "page": {
            "data": [examples.TRAIT | {"strength": 0.82}],
            "pagination": {"limit": 20, "total": 1, "next": None},
        }
    },
    breaks=(GraphUnavailableError,),
)
read_graph = Operation(
    id="readGraph",
    tag="Graph",
    summary="Read the person's graph",
    description="All of it, or what is about a concept. Other people's nodes are never part of it.",
    query=requests.GraphQuery,
    returns="Nodes and edges.",
    answer=answers.GraphAnswer,
    examples={"graph": GRAPH | {"truncated": False}},
    breaks=(GraphUnavailableError,),
)
list_concepts = Operation(
    id="listConcepts",
    tag="Graph",
    summary="List concepts",
    description="Those that the person's traits name, and whatever these are types of.",
    returns="Concepts with the number of traits under each.",
    answer=answers.ConceptsAnswer,
    examples={"concepts": {"data": [{"conceptID": examples.PIECE, "name": "jazz", "traits": 1}]}},
    breaks=(GraphUnavailableError,),
)
export_persona = Operation(
    id="exportPersona",
    tag="Data",
    summary="Take everything along",
    description="All that is held about the person, in one JSON document (docs/export.md), streamed. With the graph "
    "away, its part carries the error and the rest is complete.",
    returns="The document.",
    answer=answers.ExportAnswer,
    examples={"export": EXPORT},
)
