"""What the API's requests may hold: JSON names outside, the services' names inside."""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework import serializers

from ptfi.api.fields import Choice, Strict, Text, WholeNumber
from traits.errors import InvalidError
from traits.models import (
    MAX_EVIDENCE,
    MAX_EVIDENCE_TEXT,
    MAX_LIST,
    MAX_NAME,
    MAX_TEXT,
    CandidateStatus,
    Category,
    Decision,
    RejectionCode,
    TraitStatus,
    Verdict,
)
from traits.validation import MAX_CONTEXT, Changes, Evidence, Relation

DECISIONS = ("confirmed_asis", "confirmed_modified", "rejected", "deferred", "merged")
NEW_EVIDENCE = "new_evidence"
SORTED_BY = {
    "creationTimestamp": "created_at",
    "confidenceScore": "confidence_score",
    "traitName": "trait_name",
    "lastUpdatedTimestamp": "updated_at",
}
MODIFIED = {
    "name": "refinedTraitName",
    "description": "refinedTraitDescription",
    "category": "refinedTraitCategory",
    "user_confidence": "userConfidenceRating",
    "notes": "customizationNotes",
    "concepts": "concepts",
    "expression_contexts": "expressionContexts",
    "evidence": "linkedEvidenceOverride",
    "own_evidence": "linkedEvidenceOverride",
}
CUSTOM = MODIFIED | {
    "name": "traitName",
    "description": "traitDescription",
    "category": "traitCategory",
    "own_evidence": "supportingEvidenceSnippets",
}
ACTION = {
    "evidence": "linkedEvidenceOverride",
    "own_evidence": "linkedEvidenceOverride",
    "into": "mergeInto",
    "until": "deferUntil",
    "rejection_code": "rejectionCode",
    "reason": "rejectionReason",
    "candidate_ids": "candidateIDs",
    "decision": "userDecision",
}


@contextmanager
def named(names: dict[str, str]) -> Iterator[None]:
    """Have the services' faults name the fields as the request did."""
    try:
        yield
    except InvalidError as error:
        error.details = {names.get(field, field): said for field, said in error.details.items()}
        raise


def _texts(longest: int) -> serializers.ListField:
    return serializers.ListField(child=Text(max_length=longest), max_length=MAX_LIST, required=False)


class Page(Strict):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)


class CandidateQuery(Page):
    status = serializers.ListField(child=Choice(choices=CandidateStatus.choices), required=False)
    category = serializers.ListField(child=Choice(choices=Category.choices), required=False)
    minConfidence = serializers.FloatField(min_value=0, max_value=1, required=False)  # noqa: N815
    maxConfidence = serializers.FloatField(min_value=0, max_value=1, required=False)  # noqa: N815
    model = Text(max_length=MAX_NAME, required=False)
    concept = Text(max_length=MAX_NAME, required=False)
    q = Text(max_length=MAX_NAME, required=False)
    sortBy = Choice(choices=list(SORTED_BY), default="creationTimestamp")  # noqa: N815
    sortOrder = Choice(choices=["asc", "desc"], default="desc")  # noqa: N815


class TraitQuery(Strict):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)
    after = Text(max_length=2_000, default="", allow_blank=True)
    status = serializers.ListField(child=Choice(choices=TraitStatus.choices), required=False)
    category = serializers.ListField(child=Choice(choices=Category.choices), required=False)
    concept = Text(max_length=MAX_NAME, required=False)
    q = Text(max_length=MAX_NAME, required=False)


class GraphQuery(Strict):
    concept = Text(max_length=MAX_NAME, required=False)
    depth = serializers.IntegerField(min_value=1, max_value=3, default=1)


class StyleQuery(Strict):
    context = Text(max_length=MAX_CONTEXT, default="", allow_blank=True)


class Nothing(Strict):
    """No fields at all."""


class OwnSnippet(Strict):
    type = Choice(choices=["text_snippet"])
    content = Text(max_length=MAX_EVIDENCE_TEXT)


class Judgement(Strict):
    """A verdict about a piece of evidence, or evidence of one's own."""

    evidenceID = serializers.UUIDField(required=False)  # noqa: N815
    verdict = Choice(choices=Verdict.choices, required=False)
    type = Choice(choices=["text_snippet"], required=False)
    content = Text(max_length=MAX_EVIDENCE_TEXT, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.keys() not in ({"evidenceID", "verdict"}, {"type", "content"}):
            raise serializers.ValidationError("Either evidenceID and verdict, or type and content.")
        return attrs


class Modifications(Strict):
    refinedTraitName = Text(max_length=MAX_NAME, required=False)  # noqa: N815
    refinedTraitDescription = Text(max_length=MAX_TEXT, required=False, allow_blank=True)  # noqa: N815
    refinedTraitCategory = Choice(choices=Category.choices, required=False)  # noqa: N815
    userConfidenceRating = WholeNumber(min_value=1, max_value=5, required=False)  # noqa: N815
    customizationNotes = Text(max_length=MAX_TEXT, required=False, allow_blank=True)  # noqa: N815
    concepts = _texts(MAX_NAME)
    expressionContexts = _texts(MAX_CONTEXT)  # noqa: N815


class Clash(Strict):
    traitID = serializers.UUIDField()  # noqa: N815
    kind = Choice(choices=["replaces", "both_true", "new_is_wrong", "old_was_wrong"])
    existingContexts = _texts(MAX_CONTEXT)  # noqa: N815


class Deferral(Text):
    """A time, or "new_evidence"."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        return None if text == NEW_EVIDENCE else serializers.DateTimeField().run_validation(text)


class Version(Strict):
    version = WholeNumber(min_value=0, max_value=2**62, required=False)


class Rejecting(Strict):
    """What deciding once and deciding on many have in common."""

    rejectionReason = Text(max_length=MAX_TEXT, required=False, allow_blank=True)  # noqa: N815
    rejectionCode = Choice(choices=RejectionCode.choices, required=False)  # noqa: N815
    deferUntil = Deferral(required=False)  # noqa: N815

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        decision, faults = attrs["userDecision"], dict[str, list[str]]()
        for field, wanted in self.belongs().items():
            if field in attrs and decision not in wanted:
                faults[field] = [f"This does not go with {decision}."]
        if decision == Decision.DEFERRED and "deferUntil" not in attrs:
            faults["deferUntil"] = ["A time, or new_evidence."]
        if faults:
            raise serializers.ValidationError(faults)
        return attrs

    def belongs(self) -> dict[str, tuple[str, ...]]:
        return {"rejectionReason": ("rejected",), "rejectionCode": ("rejected",), "deferUntil": ("deferred",)}


class Action(Rejecting, Version):
    userDecision = Choice(choices=list(DECISIONS))  # noqa: N815
    modifications = Modifications(required=False)
    linkedEvidenceOverride = serializers.ListField(child=Judgement(), max_length=MAX_EVIDENCE, required=False)  # noqa: N815
    mergeInto = serializers.UUIDField(required=False)  # noqa: N815
    relation = Clash(required=False)

    def belongs(self) -> dict[str, tuple[str, ...]]:
        confirming = ("confirmed_asis", "confirmed_modified")
        more = {"modifications": confirming, "mergeInto": ("merged",), "relation": (*confirming, "rejected")}
        return super().belongs() | more

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        decision, given = attrs["userDecision"], attrs.get("modifications", {})
        if decision == Decision.CONFIRMED_MODIFIED and not given:
            raise serializers.ValidationError({"modifications": ["Say what is to be changed."]})
        if decision == Decision.CONFIRMED_ASIS and given.keys() - {"userConfidenceRating"}:
            raise serializers.ValidationError({"modifications": ["Only userConfidenceRating goes with this."]})
        if decision == Decision.MERGED and "mergeInto" not in attrs:
            raise serializers.ValidationError({"mergeInto": ["The trait to merge into."]})
        return attrs


class BulkAction(Rejecting):
    candidateIDs = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=200)  # noqa: N815
    userDecision = Choice(choices=["confirmed_asis", "rejected", "deferred"])  # noqa: N815


class CustomTrait(Strict):
    traitName = Text(max_length=MAX_NAME)  # noqa: N815
    traitCategory = Choice(choices=Category.choices)  # noqa: N815
    traitDescription = Text(max_length=MAX_TEXT, required=False, allow_blank=True)  # noqa: N815
    userConfidenceRating = WholeNumber(min_value=1, max_value=5, required=False)  # noqa: N815
    customizationNotes = Text(max_length=MAX_TEXT, required=False, allow_blank=True)  # noqa: N815
    supportingEvidenceSnippets = serializers.ListField(  # noqa: N815
        child=OwnSnippet(), max_length=MAX_EVIDENCE, required=False
    )
    concepts = _texts(MAX_NAME)
    expressionContexts = _texts(MAX_CONTEXT)  # noqa: N815


class TraitPatch(Modifications, Version):
    linkedEvidenceOverride = serializers.ListField(child=Judgement(), max_length=MAX_EVIDENCE, required=False)  # noqa: N815


class TraitStatusChange(Version):
    status = Choice(choices=TraitStatus.choices)


class Removal(Version):
    reason = Text(max_length=MAX_TEXT, required=False, allow_blank=True)


class ErasureRequest(Strict):
    confirm = Text(max_length=254)


def changes(values: dict[str, Any]) -> Changes:
    """What the person writes about a trait, from modifications or from a trait of their own."""
    return Changes(
        name=values.get("refinedTraitName", values.get("traitName")),
        description=values.get("refinedTraitDescription", values.get("traitDescription")),
        category=values.get("refinedTraitCategory", values.get("traitCategory")),
        user_confidence=values.get("userConfidenceRating"),
        notes=values.get("customizationNotes"),
        concepts=values.get("concepts"),
        expression_contexts=values.get("expressionContexts"),
    )


def evidence(judgements: list[dict[str, Any]]) -> Evidence:
    verdicts = {str(each["evidenceID"]): each["verdict"] for each in judgements if "evidenceID" in each}
    return Evidence(verdicts=verdicts, own=[each["content"] for each in judgements if "content" in each])


def relation(values: dict[str, Any] | None) -> Relation | None:
    if values is None:
        return None
    trait_id: uuid.UUID = values["traitID"]
    return Relation(trait_id=trait_id, kind=values["kind"], existing_contexts=values.get("existingContexts", []))


def until(values: dict[str, Any]) -> dt.datetime | None:
    found: dt.datetime | None = values["deferUntil"]
    return found
