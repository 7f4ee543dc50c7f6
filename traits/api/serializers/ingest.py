"""The pipeline's request and its outcome. The import's parser checks each candidate on its own."""

from typing import ClassVar

from rest_framework.serializers import DictField, Field, IntegerField, JSONField, ListField, UUIDField

from ptfi.api.shapes import Shape, names_of
from ptfi.api.strict import Strict, Text
from traits.api.serializers.candidates import CandidateSerializer
from traits.api.serializers.evidence import EvidenceSerializer
from traits.api.serializers.fields import JAZZ, Texts
from traits.ingest.batch import MAX_BATCH
from traits.ingest.parsing import Format, Names
from traits.models import MAX_EVIDENCE, MAX_NAME


class IncomingSerializer(Strict):
    """A shape of answers as it is sent: some of its fields may be missing, others are ignored."""

    optional: ClassVar[tuple[str, ...]] = ()
    ignored: ClassVar[tuple[str, ...]] = ()

    def get_fields(self) -> dict[str, Field]:
        fields: dict[str, Field] = super().get_fields()
        for name in self.optional:
            fields[name].required = False
        return fields | {name: JSONField(required=False, help_text="Ignored.") for name in self.ignored}

    @classmethod
    def names(cls, **more: str) -> Names:
        """Return its names for the columns, for the parser."""
        columns = {column: name for column, name in names_of(cls).items() if name not in cls.ignored}
        required = frozenset(name for name, field in cls().fields.items() if field.required)
        return Names(columns | more, required, frozenset(cls.ignored))


class SuggestedEvidenceSerializer(IncomingSerializer, EvidenceSerializer):
    """A piece of evidence; `evidenceID` and `verdict` are ignored."""

    optional = (
        "sourcePackageID", "sourceDetail", "startTime", "endTime", "relevanceScore", "recordedAt", "speaker", "before",
        "after", "mediaURL",
    )  # fmt: skip
    ignored = ("evidenceID", "verdict")
    example = {"type": "text_snippet", "content": "Jazz again tonight!", "sourceDetail": "journal, page 4"}


class SuggestionSerializer(IncomingSerializer, CandidateSerializer):
    """A suggestion. It names its person by `userID` or by `externalID`, not both."""

    schema_rules = [{"oneOf": [{"required": ["userID"]}, {"required": ["externalID"]}]}]
    optional = ("userID", "traitDescription", "originatingModels", "associatedRawFeatureSetIDs", "concepts")
    ignored = ("status", "version", "deferUntil", "creationTimestamp", "lastUpdatedTimestamp")
    example = {
        "candidateID": JAZZ,
        "externalID": "person:1",
        "traitName": "Loves jazz",
        "traitCategory": "Interest",
        "confidenceScore": 0.82,
        "supportingEvidenceSnippets": [SuggestedEvidenceSerializer.example],
    }

    supportingEvidenceSnippets = SuggestedEvidenceSerializer(
        many=True,
        source="supporting_evidence",
        required=False,
        max_length=MAX_EVIDENCE,
        help_text="Why the pipeline thinks so.",
    )
    externalID = Text(
        source="external_id",
        max_length=MAX_NAME,
        required=False,
        help_text="The pipeline's name of the person, who is new where it is.",
    )
    displayName = Text(
        source="display_name",
        max_length=MAX_NAME,
        required=False,
        allow_blank=True,
        help_text="How to greet a new person. With externalID.",
    )
    supersedes = ListField(
        child=UUIDField(),
        max_length=MAX_EVIDENCE,
        required=False,
        help_text="Older suggestions of the same client about the person that it replaces, where they are undecided.",
    )
    language = Text(
        max_length=35, required=False, allow_null=True, allow_blank=True, help_text="Of its texts, such as en."
    )


class SuggestionsSerializer(Strict):
    """Suggestions about any people."""

    candidates = SuggestionSerializer(
        many=True, min_length=1, max_length=MAX_BATCH, help_text="Each is checked by itself; those that fit are stored."
    )


class RefusedSerializer(Shape):
    """A row that was not taken."""

    example = {"index": 1, "errors": {"confidenceScore": ["is missing"]}}

    index = IntegerField(help_text="Its place in the request, from 0.")
    candidateID = UUIDField(help_text="Null where it had none that is a UUID.", allow_null=True)
    errors = DictField(child=Texts(), help_text="Field → what is wrong with it.")


class IngestedSerializer(Shape):
    """What became of the rows; each is counted once."""

    example = {"created": 1}

    created = IntegerField(help_text="New suggestions.")
    updated = IntegerField(help_text="Known ones that are undecided and have changed.")
    unchanged = IntegerField(help_text="Repeats, and those that the person has decided on.")
    suppressed = IntegerField(help_text="Kept but not shown, since the person rejected or removed the same before.")
    refused = RefusedSerializer(many=True, help_text="Rows with a fault; the others are stored all the same.")


FORMAT = Format(
    whole="candidate",
    # Faults of the person concern whichever name was sent; the API reports them under userID.
    record=SuggestionSerializer.names(user="userID"),
    piece=SuggestedEvidenceSerializer.names(),
)
"""The format of candidates with the API's field names."""
