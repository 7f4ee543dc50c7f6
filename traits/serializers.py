"""Rows as the API's JSON has them: the one place that knows its names. Values are what orjson takes."""

from typing import Any

from traits.lists import ListedCandidate
from traits.models import Erasure, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait
from traits.states import Piece

Json = dict[str, Any]


def evidence_json(piece: Piece) -> Json:
    return {
        "evidenceID": piece["evidence_id"],
        "type": piece.get("type"),
        "content": piece.get("content"),
        "sourcePackageID": piece.get("source_package_id"),
        "sourceDetail": piece.get("source_detail"),
        "startTime": piece.get("start_time"),
        "endTime": piece.get("end_time"),
        "relevanceScore": piece.get("relevance_score"),
        "verdict": piece.get("verdict") or None,
    }


def candidate_json(candidate: ExtractedTraitCandidate | ListedCandidate) -> Json:
    return {
        "candidateID": candidate.candidate_id,
        "userID": candidate.user_id,
        "traitName": candidate.trait_name,
        "traitDescription": candidate.trait_description,
        "traitCategory": candidate.trait_category,
        "supportingEvidenceSnippets": [evidence_json(piece) for piece in candidate.supporting_evidence],
        "confidenceScore": candidate.confidence_score,
        "originatingModels": candidate.originating_models,
        "associatedRawFeatureSetIDs": candidate.associated_raw_feature_set_ids,
        "concepts": candidate.concepts,
        "status": candidate.status,
        "deferUntil": candidate.deferred_until,
        "version": candidate.version,
        "creationTimestamp": candidate.created_at,
        "lastUpdatedTimestamp": candidate.updated_at,
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
    """An entry of the log; before, after, reason, notes and relation as the log keeps them."""
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
