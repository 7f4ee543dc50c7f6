"""The OpenAPI document adapted for schemathesis: with existing ids, and without additional fields."""

import copy
from typing import Any

import schemathesis

from ptfi.accounts.models import User
from tests.support.api_operations import DOCUMENT
from tests.support.cast import acting_for_self, confirmed, make_candidate
from tests.support.graph_helpers import project
from traits import decisions
from traits.erasure import persona as erasure

GENERATION = {"deterministic": True, "max-examples": 15, "with-security-parameters": False, "no-shrink": True}
READS = (
    "listCandidates",
    "readCandidate",
    "readTrait",
    "listHistory",
    "readErasure",
    "readGraph",
    "listConcepts",
    "listGrants",
)


def config_for(name: str) -> schemathesis.Config:
    """How an operation is tested."""
    accepted = ["2xx"] if name in READS else ["2xx", "400", "409"]
    # Its filter can name a trait that does not exist.
    accepted = ["2xx", "404"] if name == "listReceipts" else accepted
    checks: dict[str, Any] = {
        # Changes have rules that a JSON Schema can't express: a time in the future, evidence of that suggestion.
        "positive_data_acceptance": {"expected-statuses": accepted},
        # A faulty row of the pipeline is refused in the response, and the other rows are stored.
        "negative_data_rejection": {"enabled": name != "ingestCandidates"},
    }
    return schemathesis.Config.from_dict({"generation": GENERATION, "checks": checks})


def things_of(user: User) -> dict[str, list[str]]:
    """Data to call every operation with: path parameter → ids."""
    candidates = [make_candidate(user), make_candidate(user, "Loves jazz, too")]
    for number, (element, value) in enumerate({"FormalityLevel": "formal", "Catchphrase": 4.5}.items()):
        decisions.put_styles(**acting_for_self(user), context="work" * number, styles={element: value})
    rejected = make_candidate(user, "Knits")
    refusal = decisions.reject(**acting_for_self(user), candidate_id=rejected.pk, code="not_me", reason="No.")
    outcome = confirmed(user, "Plays chess")
    assert outcome.trait
    asked = erasure.request_erasure(
        **acting_for_self(user), confirm_email=str(user.email), recently_authenticated=False
    )
    project(user)
    return {
        "userID": ["me", str(user.pk)],
        "candidateID": [str(each.pk) for each in (*candidates, rejected)],
        "traitID": [str(outcome.trait.pk)],
        "refinementActionID": [str(each) for each in (outcome.action_id, refusal.action_id)],
        "erasureID": [str(asked.pk)],
        "clientID": ["an-app"],
        "evidenceID": [piece["evidence_id"] for piece in candidates[0].supporting_evidence],
    }


def document_about(things: dict[str, list[str]]) -> dict[str, Any]:
    """The document, restricted to the ids of these things."""
    document = copy.deepcopy(DOCUMENT)
    components = document["components"]
    for name, ids in things.items():
        if name in components["parameters"]:
            components["parameters"][name] |= {"schema": {"type": "string", "enum": ids}, "example": ids[0]}
    shapes = components["schemas"]
    for shape, field, name in (
        ("Merge", "mergeInto", "traitID"),
        ("Clash", "traitID", "traitID"),
        ("EvidenceVerdict", "evidenceID", "evidenceID"),
    ):
        shapes[shape]["properties"][field] = {"enum": things[name]}
    for shape in ("ConfirmMany", "RejectMany", "DeferMany"):
        shapes[shape]["properties"]["candidateIDs"]["items"] = {"enum": things["candidateID"]}
    for shape in shapes.values():
        if "properties" in shape:
            shape.setdefault("additionalProperties", False)
    return document
