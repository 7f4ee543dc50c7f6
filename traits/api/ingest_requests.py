"""What the pipeline's rows may hold, for the API's document only: traits/ingest/parsing.py checks each on its own."""

from rest_framework import serializers

from ptfi.api.strict import Strict, Text
from traits.ingest.batch import MAX_BATCH
from traits.ingest.parsing import MAX_DETAIL, MAX_SECONDS
from traits.models import MAX_EVIDENCE, MAX_EVIDENCE_TEXT, MAX_LIST, MAX_NAME, MAX_TEXT, Category


class SuggestedEvidence(Strict):
    """A piece of evidence; `evidenceID` and `verdict` are ignored."""

    type = Text(max_length=64, help_text="Such as text_snippet.")
    content = Text(max_length=MAX_EVIDENCE_TEXT, help_text="What was said or written.")
    sourcePackageID = Text(
        max_length=MAX_NAME, required=False, allow_null=True, allow_blank=True, help_text="The upload that it is from."
    )
    sourceDetail = Text(max_length=MAX_DETAIL, required=False, allow_blank=True, help_text="Where in that upload.")
    startTime = serializers.FloatField(
        min_value=0,
        max_value=MAX_SECONDS,
        required=False,
        allow_null=True,
        help_text="Seconds from its beginning.",
    )
    endTime = serializers.FloatField(
        min_value=0, max_value=MAX_SECONDS, required=False, allow_null=True, help_text="Not before startTime."
    )
    relevanceScore = serializers.FloatField(
        min_value=0, max_value=1, required=False, allow_null=True, help_text="How much it says."
    )
    evidenceID = serializers.JSONField(required=False, help_text="Ignored.")
    verdict = serializers.JSONField(required=False, help_text="Ignored.")


class Suggestion(Strict):
    """A suggestion. It names its person by `userID` or by `externalID`, not both."""

    candidateID = serializers.UUIDField(help_text="The pipeline's; the same again is the same suggestion.")
    userID = serializers.UUIDField(required=False, help_text="The person, where the pipeline knows their account.")
    externalID = Text(
        max_length=MAX_NAME, required=False, help_text="The pipeline's name of the person, who is new where it is."
    )
    displayName = Text(
        max_length=MAX_NAME, required=False, allow_blank=True, help_text="How to greet a new person. With externalID."
    )
    traitName = Text(max_length=MAX_NAME, help_text="What is suggested.")
    traitDescription = Text(max_length=MAX_TEXT, required=False, allow_blank=True, help_text="More about it.")
    traitCategory = serializers.ChoiceField(Category.choices, help_text="What kind of trait it is.")
    supportingEvidenceSnippets = SuggestedEvidence(
        many=True, required=False, max_length=MAX_EVIDENCE, help_text="Why the pipeline thinks so."
    )
    confidenceScore = serializers.FloatField(min_value=0, max_value=1, help_text="How sure the pipeline is.")
    originatingModels = serializers.ListField(
        child=Text(max_length=MAX_NAME), max_length=MAX_LIST, required=False, help_text="The models that inferred it."
    )
    associatedRawFeatureSetIDs = serializers.ListField(
        child=serializers.UUIDField(), max_length=MAX_EVIDENCE, required=False, help_text="The feature sets behind it."
    )
    concepts = serializers.ListField(
        child=Text(max_length=MAX_NAME), max_length=MAX_LIST, required=False, help_text="What it is about."
    )
    supersedes = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MAX_EVIDENCE,
        required=False,
        help_text="Older suggestions about the person that it replaces, where they are undecided.",
    )
    language = Text(
        max_length=35, required=False, allow_null=True, allow_blank=True, help_text="Of its texts, such as en."
    )
    status = serializers.JSONField(required=False, help_text="Ignored.")
    version = serializers.JSONField(required=False, help_text="Ignored.")
    deferUntil = serializers.JSONField(required=False, help_text="Ignored.")
    creationTimestamp = serializers.JSONField(required=False, help_text="Ignored.")
    lastUpdatedTimestamp = serializers.JSONField(required=False, help_text="Ignored.")


class Suggestions(Strict):
    """Suggestions about any people."""

    candidates = Suggestion(
        many=True,
        min_length=1,
        max_length=MAX_BATCH,
        help_text="Each is checked by itself; those that fit are stored.",
    )
