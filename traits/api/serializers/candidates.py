"""A candidate with its evidence, and lists of them."""

from rest_framework.serializers import BooleanField, ChoiceField, DateTimeField, IntegerField, ListField, UUIDField

from ptfi.api.shapes import Percentage, Shape, json_of, sql_of
from ptfi.api.strict import Text
from traits.api.serializers.evidence import EvidenceSerializer
from traits.api.serializers.fields import JAZZ, PERSON, SWING, PaginationSerializer, Texts, Words, share, texts
from traits.models import MAX_EVIDENCE, MAX_NAME, MAX_TEXT, CandidateStatus, Category, TraitStatus, Verdict


class CandidateSerializer(Shape):
    """A trait that the pipeline suggests."""

    example = {
        "candidateID": JAZZ,
        "userID": PERSON,
        "traitName": "Loves jazz",
        "traitDescription": "Speaks of jazz concerts with delight.",
        "traitCategory": "Interest",
        "confidenceScore": 0.82,
        "originatingModels": ["text-analysis.v2"],
        "concepts": ["jazz"],
        "version": 1,
    }

    candidateID = UUIDField(source="candidate_id", help_text="The suggestion's id; also that of the trait it becomes.")
    userID = UUIDField(source="user_id", help_text="The person whom it is about.")
    traitName = Text(source="trait_name", max_length=MAX_NAME, help_text="What is suggested.")
    traitDescription = Text(
        source="trait_description", max_length=MAX_TEXT, allow_blank=True, help_text="More about it."
    )
    traitCategory = ChoiceField(Category.choices, source="trait_category", help_text="What kind of trait it is.")
    supportingEvidenceSnippets = EvidenceSerializer(
        many=True, source="supporting_evidence", help_text="Why the pipeline thinks so."
    )
    confidenceScore = share("How sure the pipeline is, 0–1.", source="confidence_score")
    originatingModels = texts(MAX_NAME, "The models that inferred it.", source="originating_models")
    associatedRawFeatureSetIDs = ListField(
        child=UUIDField(),
        max_length=MAX_EVIDENCE,
        source="associated_raw_feature_set_ids",
        help_text="The pipeline's feature sets behind it.",
    )
    concepts = texts(MAX_NAME, "What it is about.")
    status = ChoiceField(CandidateStatus.choices, help_text="What became of it.")
    deferUntil = DateTimeField(
        source="deferred_until",
        help_text="When it comes back; null where it was not put off, or until there is new evidence.",
        allow_null=True,
    )
    version = IntegerField(help_text="Counts its changes; send it to decide only on what was seen.")
    creationTimestamp = DateTimeField(source="created_at", help_text="When it was observed.")
    lastUpdatedTimestamp = DateTimeField(
        source="updated_at", help_text="When the pipeline or a decision last changed it."
    )


class SimilarSerializer(Shape):
    """A trait that the person has and that says nearly the same, or contradicts the suggestion."""

    example = {
        "traitID_in_pkg": SWING,
        "name": "Loves swing",
        "category": "Interest",
        "likeness": 0.7,
        "contradicts": False,
        "concepts": ["jazz"],
    }

    traitID_in_pkg = UUIDField(source="trait_id", help_text="What mergeInto and relation take.")
    name = Words(help_text="The trait's name.")
    category = ChoiceField(Category.choices, help_text="The trait's category.")
    status_in_pkg = ChoiceField(TraitStatus.choices, source="status", help_text="Whether it holds now.")
    likeness = Percentage(min_value=0, max_value=1, help_text="How alike the names are, 0–1.")
    contradicts = BooleanField(help_text="Whether the trait and the suggestion cannot both be true.")
    concepts = Texts(help_text="The concepts that both name.")


class CandidateDetailSerializer(CandidateSerializer):
    """A suggestion with the traits that it is like or contradicts."""

    similarTraits = SimilarSerializer(many=True, help_text="At most five: contradictions first, then the closest.")


class CandidatePageSerializer(Shape):
    """A page of suggestions."""

    data = CandidateSerializer(many=True, help_text="In the order that was asked for.")
    pagination = PaginationSerializer(help_text="Where this page is.")


candidate_json = json_of(CandidateSerializer)
similar_json = json_of(SimilarSerializer)
CANDIDATE_SQL = sql_of(CandidateSerializer)
"""Built by the database: parsing the rows and serializing them again would cost more than finding them."""
SHARED_CANDIDATE_SQL = sql_of(
    CandidateSerializer,
    f"piece->>'verdict' IS DISTINCT FROM '{Verdict.TOO_PRIVATE}' AND piece->>'evidence_id' <> ALL(%s::text[])",
)
"""The same for apps, with a parameter for the ids of further evidence that is too private."""
BARE_CANDIDATE_SQL = sql_of(CandidateSerializer, "false")
"""The same for apps that see no evidence."""
