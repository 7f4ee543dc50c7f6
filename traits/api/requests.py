"""What the API's requests may hold: JSON names outside, the services' names inside."""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ptfi.api.strict import Choice, Id, Strict, Text, WholeNumber
from traits.decisions.inputs import MAX_CONTEXT, Changes, Evidence, Relation
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


def _texts(longest: int, help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=Text(max_length=longest), max_length=MAX_LIST, required=False, help_text=help_text
    )


class Page(Strict):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20, help_text="How many on a page.")
    offset = serializers.IntegerField(
        min_value=0, max_value=1_000_000, default=0, help_text="How many to leave out before."
    )


class CandidateQuery(Page):
    status = serializers.ListField(
        child=Choice(choices=CandidateStatus.choices),
        required=False,
        help_text="Only these; those that are undecided unless told.",
    )
    category = serializers.ListField(child=Choice(choices=Category.choices), required=False, help_text="Only these.")
    minConfidence = serializers.FloatField(
        min_value=0, max_value=1, required=False, help_text="Only those that the pipeline is at least so sure of."
    )
    maxConfidence = serializers.FloatField(
        min_value=0, max_value=1, required=False, help_text="Only those that it is at most so sure of."
    )
    model = Text(max_length=MAX_NAME, required=False, help_text="Only those that this model inferred.")
    concept = Text(max_length=MAX_NAME, required=False, help_text="Only those that name this concept, spelled so.")
    q = Text(max_length=MAX_NAME, required=False, help_text="Full text, over name, description and evidence.")
    sortBy = Choice(
        choices=list(SORTED_BY), default="creationTimestamp", help_text="What they are ordered by; equal ones by id."
    )
    sortOrder = Choice(choices=["asc", "desc"], default="desc", help_text="Which way.")


class TraitQuery(Strict):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20, help_text="How many on a page.")
    after = Text(
        max_length=2_000,
        default="",
        allow_blank=True,
        help_text="The `next` of the page before; empty is the beginning.",
    )
    status = serializers.ListField(child=Choice(choices=TraitStatus.choices), required=False, help_text="Only these.")
    category = serializers.ListField(child=Choice(choices=Category.choices), required=False, help_text="Only these.")
    concept = Text(max_length=MAX_NAME, required=False, help_text="Only those that name this concept, in any spelling.")
    q = Text(max_length=MAX_NAME, required=False, help_text="Only those with this in name or description.")


class GraphQuery(Strict):
    concept = Text(
        max_length=MAX_NAME,
        required=False,
        help_text="Only what is about this concept, in any spelling, and its sub-concepts.",
    )
    depth = serializers.IntegerField(
        min_value=1,
        max_value=3,
        default=1,
        help_text="How far from the concept: 1 its traits, 2 what belongs to these, 3 what is tied to that.",
    )


class StyleQuery(Strict):
    context = Text(
        max_length=MAX_CONTEXT,
        default="",
        allow_blank=True,
        help_text="Where it holds, such as work; empty is everywhere.",
    )


class Nothing(Strict):
    """No fields at all."""


class OwnSnippet(Strict):
    type = Choice(choices=["text_snippet"], help_text="What kind of evidence it is.")
    content = Text(max_length=MAX_EVIDENCE_TEXT, help_text="What the person says for it.")


class Judgement(Strict):
    """A verdict about a piece of evidence, or evidence of one's own."""

    evidenceID = Id(required=False, help_text="The piece that is judged.")
    verdict = Choice(choices=Verdict.choices, required=False, help_text="What the person says of it.")
    type = Choice(choices=["text_snippet"], required=False, help_text="With content: a piece of the person’s own.")
    content = Text(max_length=MAX_EVIDENCE_TEXT, required=False, help_text="What the person says for it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.keys() not in ({"evidenceID", "verdict"}, {"type", "content"}):
            raise serializers.ValidationError("Either evidenceID and verdict, or type and content.")
        return attrs


class Modifications(Strict):
    refinedTraitName = Text(max_length=MAX_NAME, required=False, help_text="What the person calls it.")
    refinedTraitDescription = Text(max_length=MAX_TEXT, required=False, allow_blank=True, help_text="More about it.")
    refinedTraitCategory = Choice(choices=Category.choices, required=False, help_text="What kind of trait it is.")
    userConfidenceRating = WholeNumber(
        min_value=1, max_value=5, required=False, help_text="How sure the person is, 5 is very."
    )
    customizationNotes = Text(
        max_length=MAX_TEXT, required=False, allow_blank=True, help_text="Why, for the person themselves."
    )
    concepts = _texts(MAX_NAME, "What it is about; they replace those it has.")
    expressionContexts = _texts(MAX_CONTEXT, "Where it shows, such as work; empty is everywhere.")


class Clash(Strict):
    traitID = Id(help_text="The trait that the person has.")
    kind = Choice(
        choices=["replaces", "both_true", "new_is_wrong", "old_was_wrong"],
        help_text="What becomes of the two: `new_is_wrong` goes with `rejected`, the others with a confirmation.",
    )
    existingContexts = _texts(MAX_CONTEXT, "Where the one that the person has stays true, for `both_true`.")


@extend_schema_field({"anyOf": [{"type": "string", "format": "date-time"}, {"const": NEW_EVIDENCE}]})
class Deferral(Text):
    """A time, or "new_evidence"."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        return None if text == NEW_EVIDENCE else serializers.DateTimeField().run_validation(text)


class Version(Strict):
    version = WholeNumber(
        min_value=0,
        max_value=2**62,
        required=False,
        help_text="The one that was seen; with a newer one nothing is done.",
    )


class Rejecting(Strict):
    """What deciding once and deciding on many have in common."""

    rejectionReason = Text(
        max_length=MAX_TEXT, required=False, allow_blank=True, help_text="In the person’s words. With `rejected`."
    )
    rejectionCode = Choice(
        choices=RejectionCode.choices, required=False, help_text="Why. With `rejected`; `other` unless told."
    )
    deferUntil = Deferral(
        required=False, help_text="A time to come, or `new_evidence`. With `deferred`, which needs it."
    )

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
    userDecision = Choice(choices=list(DECISIONS), help_text="What is decided.")
    modifications = Modifications(
        required=False,
        help_text="At least one field with `confirmed_modified`; only userConfidenceRating with `confirmed_asis`.",
    )
    linkedEvidenceOverride = serializers.ListField(
        child=Judgement(),
        max_length=MAX_EVIDENCE,
        required=False,
        help_text="Verdicts, and evidence of one’s own. Anything but `supports` makes it `confirmed_modified`.",
    )
    mergeInto = Id(required=False, help_text="The trait that it says the same as. With `merged`, which needs it.")
    relation = Clash(required=False, help_text="How it clashes with a trait that the person has.")

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
    candidateIDs = serializers.ListField(child=Id(), min_length=1, max_length=200, help_text="The suggestions.")
    userDecision = Choice(
        choices=["confirmed_asis", "rejected", "deferred"], help_text="What is decided about all of them."
    )


class CustomTrait(Strict):
    traitName = Text(max_length=MAX_NAME, help_text="What the person calls it.")
    traitCategory = Choice(choices=Category.choices, help_text="What kind of trait it is.")
    traitDescription = Text(max_length=MAX_TEXT, required=False, allow_blank=True, help_text="More about it.")
    userConfidenceRating = WholeNumber(
        min_value=1, max_value=5, required=False, help_text="How sure the person is, 5 is very."
    )
    customizationNotes = Text(
        max_length=MAX_TEXT, required=False, allow_blank=True, help_text="Why, for the person themselves."
    )
    supportingEvidenceSnippets = serializers.ListField(
        child=OwnSnippet(), max_length=MAX_EVIDENCE, required=False, help_text="What speaks for it."
    )
    concepts = _texts(MAX_NAME, "What it is about; they replace those it has.")
    expressionContexts = _texts(MAX_CONTEXT, "Where it shows, such as work; empty is everywhere.")


class TraitPatch(Modifications, Version):
    linkedEvidenceOverride = serializers.ListField(
        child=Judgement(), max_length=MAX_EVIDENCE, required=False, help_text="Verdicts, and evidence of one’s own."
    )


class TraitStatusChange(Version):
    status = Choice(choices=TraitStatus.choices, help_text="Whether it holds now.")


class Removal(Version):
    reason = Text(max_length=MAX_TEXT, required=False, allow_blank=True, help_text="In the person’s words.")


class ErasureRequest(Strict):
    confirm = Text(max_length=254, help_text="The e-mail address of the account.")


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
