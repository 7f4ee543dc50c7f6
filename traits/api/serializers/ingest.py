"""The pipeline's requests and their outcomes. The import's parser checks each candidate on its own."""

from typing import ClassVar

from rest_framework.serializers import (
    BooleanField,
    ChoiceField,
    DateTimeField,
    DictField,
    Field,
    IntegerField,
    JSONField,
    ListField,
    UUIDField,
)

from ptfi.api.shapes import OptionalChoice, Shape, json_of, names_of
from ptfi.api.strict import Id, QueryFlag, QueryInteger, Strict, Text
from traits.api.serializers.candidates import CandidateSerializer
from traits.api.serializers.evidence import EvidenceSerializer
from traits.api.serializers.fields import JAZZ, Texts, Words
from traits.ingest.batch import MAX_BATCH
from traits.ingest.feedback import Outcome
from traits.ingest.parsing import MAX_SEQUENCE, Format, Names
from traits.ingest.rows import RowOutcome
from traits.ingest.withdrawals import Withdrawal
from traits.models import MAX_EVIDENCE, MAX_NAME, Category, RejectionCode, Verdict
from traits.models.moderation import MAX_REASON

DRY_RUN = "Whether to store nothing, and to answer what would be done."


class IngestQuerySerializer(Strict):
    """How suggestions are taken in."""

    dryRun = QueryFlag(default=False, help_text=DRY_RUN)
    mustExist = QueryFlag(
        default=False, help_text="Whether rows about people who are not known are refused; otherwise they are made."
    )


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
    sequence = IntegerField(
        min_value=0,
        max_value=MAX_SEQUENCE,
        required=False,
        allow_null=True,
        help_text="The sender's number of this version. A row with a lower one than what is stored is ignored.",
    )


class SuggestionsSerializer(Strict):
    """Suggestions about any people."""

    candidates = SuggestionSerializer(
        many=True, min_length=1, max_length=MAX_BATCH, help_text="Each is checked by itself; those that fit are stored."
    )


LINE = "Its line in the body, from 1; null where the body is not JSON lines."


class RefusedSerializer(Shape):
    """A row that was not taken."""

    example = {"index": 1, "line": None, "errors": {"confidenceScore": ["is missing"]}}

    index = IntegerField(help_text="Its place in the request, from 0; blank lines do not count.")
    line = IntegerField(help_text=LINE, allow_null=True)
    candidateID = UUIDField(help_text="Null where it had none that is a UUID.", allow_null=True)
    errors = DictField(child=Texts(), help_text="Field → what is wrong with it.")


class RowResultSerializer(Shape):
    """What became of a row."""

    example = {"candidateID": JAZZ, "line": None}

    index = IntegerField(help_text="Its place in the request, from 0; blank lines do not count.")
    line = IntegerField(help_text=LINE, allow_null=True)
    candidateID = UUIDField(help_text="Null where it had none that is a UUID.", allow_null=True)
    outcome = ChoiceField(
        [each.value for each in RowOutcome],
        help_text="Ignored is a row that differs from what is stored: the person has decided on the suggestion"
        " (`ignored_decided`); it was replaced, blocked, archived or withdrawn (`ignored_archived`); a version with a"
        " higher `sequence` is stored (`ignored_stale`).",
    )


class IngestedSerializer(Shape):
    """What became of the rows; each is counted once."""

    example = {"created": 1}

    created = IntegerField(help_text="New suggestions.")
    updated = IntegerField(help_text="Known ones that are undecided and have changed.")
    unchanged = IntegerField(help_text="Repeats, and rows that were ignored; `results` tells them apart.")
    suppressed = IntegerField(help_text="Kept but not shown, since the person rejected or removed the same before.")
    refused = RefusedSerializer(many=True, help_text="Rows with a fault; the others are stored all the same.")
    results = RowResultSerializer(many=True, help_text="The outcome of each row, in their order.")
    newPeople = IntegerField(help_text="Accounts that were made, for external IDs that were not known.")
    batchID = UUIDField(help_text="The import that staff see.")
    dryRun = BooleanField(help_text="Whether nothing was stored.")


class WithdrawalQuerySerializer(Strict):
    """How suggestions are withdrawn."""

    dryRun = QueryFlag(default=False, help_text=DRY_RUN)


class WithdrawalSerializer(Strict):
    """Suggestions of the client's own that it withdraws."""

    candidateIDs = ListField(child=Id(), min_length=1, max_length=MAX_BATCH, help_text="The suggestions.")
    reason = Text(max_length=MAX_REASON, help_text="Why, for the person and for staff. Do not name or quote anyone.")


class WithdrawalResultSerializer(Shape):
    """What became of an id."""

    example = {"candidateID": JAZZ}

    index = IntegerField(help_text="Its place in the request, from 0.")
    candidateID = UUIDField(help_text="The suggestion.")
    outcome = ChoiceField(
        [each.value for each in Withdrawal],
        help_text="`unchanged`: it was withdrawn before. `ignored_decided`: the person has decided on it, so it stays."
        " `unknown`: there is none, or it is another client's.",
    )


class WithdrawnSerializer(Shape):
    """What became of the ids."""

    example = {"withdrawn": 1}

    withdrawn = IntegerField(help_text="How many were withdrawn now.")
    results = WithdrawalResultSerializer(many=True, help_text="The outcome of each id, in their order.")
    batchID = UUIDField(help_text="The record of the withdrawal that staff see.")
    dryRun = BooleanField(help_text="Whether nothing was withdrawn.")


class OutcomeQuerySerializer(Strict):
    """A page of the feed."""

    cursor = QueryInteger(
        min_value=0,
        max_value=2**63 - 1,
        default=0,
        help_text="The `next` of the previous answer, unchanged. 0 is the beginning.",
    )
    limit = QueryInteger(min_value=1, max_value=500, default=100, help_text="How many rows.")


class JudgedSerializer(Shape):
    """The person's verdict on a piece of evidence."""

    evidenceID = UUIDField(help_text="The piece; docs/pipeline.md says how its id is made.")
    verdict = ChoiceField(Verdict.choices, help_text="The verdict.")


class ToldSerializer(Shape):
    """What became of a suggestion, as of one decision; a later row about it replaces this one."""

    example = {"candidateID": JAZZ, "outcome": "changed", "nameChanged": True, "verdicts": []}

    candidateID = UUIDField(source="candidate_id", help_text="The suggestion.")
    outcome = ChoiceField(
        [each.value for each in Outcome],
        help_text="`removed`: the trait that it became is no longer part of the persona. `reopened`: it waits for a"
        " decision again. `erased`: the person deleted it; forget what you know of it.",
    )
    rejectionCode = OptionalChoice(RejectionCode.choices, source="rejection_code", help_text="Why it was rejected.")
    nameChanged = BooleanField(source="is_renamed", help_text="Whether the person gave it another name.")
    traitCategory = OptionalChoice(Category.choices, source="category", help_text="The category instead; null: none.")
    verdicts = JudgedSerializer(many=True, help_text="The pieces of evidence that the person judged.")
    decidedTimestamp = DateTimeField(source="at", help_text="When.")


class OutcomesSerializer(Shape):
    """The next rows of the feed, oldest first."""

    data = ToldSerializer(many=True, help_text="Empty where there is nothing new.")
    next = Words(help_text="The `cursor` for what comes after; keep it, also where `data` is empty.")


told_json = json_of(
    ToldSerializer,
    verdicts=lambda told: [{"evidenceID": pk, "verdict": verdict} for pk, verdict in sorted(told.verdicts.items())],
)
FORMAT = Format(
    whole="candidate",
    # Faults of the person that are found later are reported under the name that was sent (traits/api/ingest.py).
    record=SuggestionSerializer.names(user="userID"),
    piece=SuggestedEvidenceSerializer.names(),
)
"""The format of candidates with the API's field names."""
