"""What requests and answers look like, for the API's document."""

from typing import Any

WHEN = "2026-11-22T09:30:00+00:00"
PERSON = "0b6c1a52-3c39-4d9a-9f5e-7f0f5d6f1a10"
JAZZ = "7d9f4c9e-5b1c-4f6e-8a36-2f1d9a0b7c11"
SWING = "a3d0c6f2-1c2b-4f0e-9a58-6f1f2a7b9c12"
PIECE = "5f0c2f0e-6a1d-5b7c-8d2e-3a4b5c6d7e8f"
ACTION = "c1a7d6e5-8b9c-4d0e-a1f2-3b4c5d6e7f80"
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

EVIDENCE: dict[str, Any] = {
    "evidenceID": PIECE,
    "type": "text_snippet",
    "content": "Jazz again tonight!",
    "sourcePackageID": "upload-17",
    "sourceDetail": "journal, page 4",
    "startTime": None,
    "endTime": None,
    "relevanceScore": 0.9,
    "verdict": None,
}
CANDIDATE: dict[str, Any] = {
    "candidateID": JAZZ,
    "userID": PERSON,
    "traitName": "Loves jazz",
    "traitDescription": "Speaks of jazz concerts with delight.",
    "traitCategory": "Interest",
    "supportingEvidenceSnippets": [EVIDENCE],
    "confidenceScore": 0.82,
    "originatingModels": ["text-analysis.v2"],
    "associatedRawFeatureSetIDs": [],
    "concepts": ["jazz"],
    "status": "candidate",
    "deferUntil": None,
    "version": 1,
    "creationTimestamp": WHEN,
    "lastUpdatedTimestamp": WHEN,
}
SIMILAR = {
    "traitID_in_pkg": SWING,
    "name": "Loves swing",
    "category": "Interest",
    "status_in_pkg": "active",
    "likeness": 0.7,
    "concepts": ["jazz"],
}
TRAIT: dict[str, Any] = {
    "traitID_in_pkg": JAZZ,
    "name": "Loves jazz",
    "description": "Speaks of jazz concerts with delight.",
    "category": "Interest",
    "origin": "ai_confirmed_user",
    "status_in_pkg": "active",
    "confidence": 0.82,
    "userConfidence": 5,
    "concepts": ["jazz"],
    "expressionContexts": [],
    "evidence": [EVIDENCE],
    "version": 1,
    "creationTimestamp": WHEN,
    "lastRefinedTimestamp": WHEN,
}
OUTCOME: dict[str, Any] = {
    "message": "Confirmed.",
    "traitID_in_pkg": JAZZ,
    "newStatus_in_pkg": "active",
    "updatedTraitDetails": TRAIT,
    "updatedTraitCandidateStatus": "confirmed_by_user",
    "refinementActionID": ACTION,
    "pkgSync": "pending",
}
OF_TRAIT = OUTCOME | {"message": "Saved.", "updatedTraitCandidateStatus": None}
WITHOUT_TRAIT = {"traitID_in_pkg": None, "newStatus_in_pkg": None, "updatedTraitDetails": None}
REOPENED = OUTCOME | WITHOUT_TRAIT | {"message": "Back in your queue.", "updatedTraitCandidateStatus": "candidate"}
REMOVED = (
    OF_TRAIT
    | WITHOUT_TRAIT
    | {
        "message": "No longer part of your persona.",
        "updatedTraitCandidateStatus": "rejected_by_user",
    }
)
NO_STATES = {"candidate": None, "trait": None, "style": None}
ENTRY: dict[str, Any] = {
    "refinementActionID": ACTION,
    "revision": 7,
    "userDecision": "style_changed",
    "traitID_in_pkg": None,
    "candidateID": None,
    "styleElement": "FormalityLevel:work",
    "batchID": None,
    "undoes": None,
    "actor": PERSON,
    "actorKind": "person",
    "clientID": "",
    "reference": "",
    "rejectionCode": None,
    "v": 1,
    "before": NO_STATES,
    "after": NO_STATES | {"style": {"element": "FormalityLevel", "context": "work", "value": "formal"}},
    "reason": "",
    "notes": "",
    "relation": None,
    "salt": HASH[:32],
    "digest": HASH,
    "previousHash": HASH,
    "hashAlgorithm": 2,
    "hash": HASH,
    "createdAt": WHEN,
}
STYLES = {"FormalityLevel": "formal", "EmojiPreference": 0.2}
ERASURE: dict[str, Any] = {
    "erasureID": ACTION,
    "state": "awaiting_confirmation",
    "requestedTimestamp": WHEN,
    "confirmedTimestamp": None,
    "erasedTimestamp": None,
    "graphClearedTimestamp": None,
    "counts": {},
    "kept": {},
}
SUGGESTION = {
    "candidateID": JAZZ,
    "externalID": "person:1",
    "traitName": "Loves jazz",
    "traitCategory": "Interest",
    "confidenceScore": 0.82,
    "supportingEvidenceSnippets": [
        {"type": "text_snippet", "content": "Jazz again tonight!", "sourceDetail": "journal, page 4"}
    ],
}
INGESTED = {
    "created": 1,
    "updated": 0,
    "unchanged": 0,
    "suppressed": 0,
    "refused": [{"index": 1, "candidateID": None, "errors": {"confidenceScore": ["is missing"]}}],
}


def page(rows: list[Any]) -> dict[str, Any]:
    return {"data": rows, "pagination": {"offset": 0, "limit": 20, "total": len(rows)}}
