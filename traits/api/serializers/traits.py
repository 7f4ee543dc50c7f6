"""A trait, and the fields a person may write."""

from functools import partial

from rest_framework.serializers import ChoiceField, DateTimeField, IntegerField, ListField, UUIDField

from ptfi.api.shapes import Shape, json_of
from ptfi.api.strict import Choice, Strict, Text, WholeNumber
from traits.api.serializers.evidence import EvidenceSerializer, Judgements
from traits.api.serializers.fields import ACTION, JAZZ, MESSAGE, SYNC, Texts, VersionSerializer, Words, share, texts
from traits.decisions.inputs import MAX_CONTEXT
from traits.models import MAX_EVIDENCE, MAX_EVIDENCE_TEXT, MAX_NAME, MAX_TEXT, Category, Origin, TraitStatus


class TraitSerializer(Shape):
    """A trait that is part of the persona."""

    example = {
        "traitID_in_pkg": JAZZ,
        "name": "Loves jazz",
        "description": "Speaks of jazz concerts with delight.",
        "category": "Interest",
        "origin": "ai_confirmed_user",
        "confidence": 0.82,
        "userConfidence": 5,
        "concepts": ["jazz"],
        "version": 1,
    }

    traitID_in_pkg = UUIDField(source="trait_id", help_text="The trait's id, here and in the graph.")
    name = Words(help_text="What the person calls it.")
    description = Words(help_text="More about it.")
    category = ChoiceField(Category.choices, help_text="What kind of trait it is.")
    origin = ChoiceField(Origin.choices, help_text="Where it came from.")
    status_in_pkg = ChoiceField(TraitStatus.choices, source="status", help_text="Whether it holds now.")
    confidence = share("The pipeline's; 1 for a trait of the person's own.")
    userConfidence = IntegerField(
        source="user_confidence",
        min_value=1,
        max_value=5,
        help_text="The person's own rating; null where they gave none.",
        allow_null=True,
    )
    concepts = Texts(help_text="What it is about.")
    expressionContexts = Texts(source="expression_contexts", help_text="Where it shows; empty is everywhere.")
    evidence = EvidenceSerializer(many=True, help_text="What speaks for it, with the person's verdicts.")
    version = IntegerField(help_text="The revision of the newest entry of the log about it.")
    creationTimestamp = DateTimeField(source="created_at", help_text="When it became part of the persona.")
    lastRefinedTimestamp = DateTimeField(source="last_refined_at", help_text="When the person last changed it.")
    validFrom = DateTimeField(source="valid_from", help_text="Set where it replaced another trait.", allow_null=True)
    validTo = DateTimeField(
        source="valid_to", help_text="Set once another trait replaced it, which makes it dormant.", allow_null=True
    )


NAME = partial(Text, source="name", max_length=MAX_NAME, help_text="What the person calls it.")
DESCRIPTION = partial(
    Text, source="description", max_length=MAX_TEXT, required=False, allow_blank=True, help_text="More about it."
)
CATEGORY = partial(Choice, choices=Category.choices, source="category", help_text="What kind of trait it is.")
RATING = partial(
    WholeNumber,
    source="user_confidence",
    min_value=1,
    max_value=5,
    required=False,
    help_text="How sure the person is, 5 is very.",
)
NOTES = partial(
    Text,
    source="notes",
    max_length=MAX_TEXT,
    required=False,
    allow_blank=True,
    help_text="Why, for the person themselves.",
)
CONCEPTS = partial(texts, MAX_NAME, "What it is about; they replace those it has.", required=False)
CONTEXTS = partial(
    texts,
    MAX_CONTEXT,
    "Where it shows, such as work; empty is everywhere.",
    source="expression_contexts",
    required=False,
)
"""What the person writes about a trait, under the names of Changes."""


class ModificationsSerializer(Strict):
    """What the person changes; what is left out stays as it is."""

    refinedTraitName = NAME(required=False)
    refinedTraitDescription = DESCRIPTION()
    refinedTraitCategory = CATEGORY(required=False)
    userConfidenceRating = RATING()
    customizationNotes = NOTES()
    concepts = CONCEPTS()
    expressionContexts = CONTEXTS()


class TraitPatchSerializer(ModificationsSerializer, VersionSerializer):
    """What the person changes of a trait; what is left out stays as it is."""

    # Something besides the version.
    schema_rules = [{"minProperties": 1, "dependentSchemas": {"version": {"minProperties": 2}}}]

    linkedEvidenceOverride = Judgements(required=False, help_text="Verdicts, and evidence of one’s own.")


class OwnSnippetSerializer(Strict):
    """A piece of evidence of the person's own."""

    type = Choice(choices=["text_snippet"], help_text="What kind of evidence it is.")
    content = Text(max_length=MAX_EVIDENCE_TEXT, help_text="What the person says for it.")


class CustomTraitSerializer(Strict):
    """A trait of the person's own."""

    traitName = NAME()
    traitCategory = CATEGORY()
    traitDescription = DESCRIPTION()
    userConfidenceRating = RATING()
    customizationNotes = NOTES()
    supportingEvidenceSnippets = ListField(
        child=OwnSnippetSerializer(),
        source="own_evidence",
        max_length=MAX_EVIDENCE,
        required=False,
        help_text="What speaks for it.",
    )
    concepts = CONCEPTS()
    expressionContexts = CONTEXTS()


class TraitStatusChangeSerializer(VersionSerializer):
    """Whether a trait holds now."""

    status = Choice(choices=TraitStatus.choices, help_text="Whether it holds now.")


class RemovalSerializer(VersionSerializer):
    """Why a trait goes."""

    reason = Text(max_length=MAX_TEXT, required=False, allow_blank=True, help_text="In the person’s words.")


class AddedSerializer(Shape):
    """The new trait."""

    example = {"message": "Added to your persona.", "refinementActionID": ACTION}

    message = MESSAGE()
    refinementActionID = UUIDField(source="action_id", help_text="What undo takes.")
    newTrait = TraitSerializer(source="trait", help_text="The trait.")
    pkgSync = SYNC()


trait_json = json_of(TraitSerializer)
