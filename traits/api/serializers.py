"""Rows as the API's JSON has them: the one place that knows its names. Values are what orjson takes."""

from typing import Any

from traits.evidence import Piece
from traits.models import Erasure, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

Json = dict[str, Any]


EVIDENCE = {
    "evidenceID": "evidence_id",
    "type": "type",
    "content": "content",
    "sourcePackageID": "source_package_id",
    "sourceDetail": "source_detail",
    "startTime": "start_time",
    "endTime": "end_time",
    "relevanceScore": "relevance_score",
    "verdict": "verdict",
}
"""JSON name → the piece's; a verdict that is empty is null."""
CANDIDATE = {
    "candidateID": "candidate_id",
    "userID": "user_id",
    "traitName": "trait_name",
    "traitDescription": "trait_description",
    "traitCategory": "trait_category",
    "supportingEvidenceSnippets": "supporting_evidence",
    "confidenceScore": "confidence_score",
    "originatingModels": "originating_models",
    "associatedRawFeatureSetIDs": "associated_raw_feature_set_ids",
    "concepts": "concepts",
    "status": "status",
    "deferUntil": "deferred_until",
    "version": "version",
    "creationTimestamp": "created_at",
    "lastUpdatedTimestamp": "updated_at",
}
"""JSON name → the candidate's field, which its column is called, too."""


def evidence_json(piece: Piece) -> Json:
    return {name: piece.get(field) for name, field in EVIDENCE.items()} | {"verdict": piece.get("verdict") or None}


def candidate_json(candidate: ExtractedTraitCandidate) -> Json:
    pieces = [evidence_json(piece) for piece in candidate.supporting_evidence]
    return {name: getattr(candidate, field) for name, field in CANDIDATE.items()} | {
        "supportingEvidenceSnippets": pieces
    }


def trait_json(trait: PersonaTrait) -> Json:
    return {
        "traitID_in_pkg": trait.trait_id,
        "name": trait.name,
        "description": trait.description,
        "category": trait.category,
        "origin": trait.origin,
        "status_in_pkg": trait.status,
        "confidence": trait.confidence,
        "userConfidence": trait.user_confidence,
        "concepts": trait.concepts,
        "expressionContexts": trait.expression_contexts,
        "evidence": [evidence_json(piece) for piece in trait.evidence],
        "version": trait.version,
        "creationTimestamp": trait.created_at,
        "lastRefinedTimestamp": trait.last_refined_at,
    }


def entry_json(entry: UserRefinedTrait) -> Json:
    """An entry of the log; its content as the log keeps it, so that anybody can check the hashes."""
    return {
        "refinementActionID": entry.refinement_action_id,
        "revision": entry.revision,
        "userDecision": entry.user_decision,
        "traitID_in_pkg": entry.trait_id_in_pkg,
        "candidateID": entry.original_candidate_id,
        "styleElement": entry.style_element,
        "batchID": entry.batch_id,
        "undoes": entry.undoes,
        "actor": entry.actor_id,
        "actorKind": entry.actor_kind,
        "clientID": entry.client_id,
        "reference": entry.reference,
        "rejectionCode": entry.rejection_code or None,
        **entry.content,
        "salt": bytes(entry.salt).hex(),
        "digest": bytes(entry.digest).hex(),
        "previousHash": bytes(entry.previous_hash).hex(),
        "hashAlgorithm": entry.hash_algorithm,
        "hash": bytes(entry.hash).hex(),
        "createdAt": entry.created_at,
    }


def erasure_json(erasure: Erasure) -> Json:
    """The receipt; counts are numbers of rows by kind, kept says what stays and why."""
    return {
        "erasureID": erasure.pk,
        "state": erasure.state,
        "requestedTimestamp": erasure.requested_at,
        "confirmedTimestamp": erasure.confirmed_at,
        "erasedTimestamp": erasure.erased_at,
        "graphClearedTimestamp": erasure.graph_cleared_at,
        "counts": erasure.counts,
        "kept": erasure.kept,
    }
