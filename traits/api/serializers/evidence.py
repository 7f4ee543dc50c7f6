"""A piece of evidence, and the person's verdict about one."""

from typing import Any

from django.utils.translation import gettext
from rest_framework.fields import empty
from rest_framework.serializers import DateTimeField, FloatField, ListField, UUIDField, ValidationError

from ptfi.api.shapes import OptionalChoice, Shape
from ptfi.api.strict import Choice, Id, Strict, Text, Variant
from traits.api.serializers.fields import PIECE, share
from traits.decisions.inputs import Evidence
from traits.evidence import MAX_ADDRESS, MAX_AROUND
from traits.ingest.parsing import MAX_DETAIL, MAX_SECONDS
from traits.models import MAX_EVIDENCE, MAX_EVIDENCE_TEXT, MAX_NAME, Verdict


class EvidenceSerializer(Shape):
    """A piece of evidence."""

    of_mappings = True
    example = {
        "evidenceID": PIECE,
        "type": "text_snippet",
        "content": "Jazz again tonight!",
        "sourcePackageID": "upload-17",
        "sourceDetail": "journal, page 4",
        "relevanceScore": 0.9,
    }

    evidenceID = UUIDField(source="evidence_id", help_text="Names the piece in linkedEvidenceOverride.")
    type = Text(max_length=64, help_text="Such as text_snippet.")
    content = Text(max_length=MAX_EVIDENCE_TEXT, help_text="What was said or written.")
    sourcePackageID = Text(
        source="source_package_id",
        max_length=MAX_NAME,
        allow_null=True,
        allow_blank=True,
        help_text="The upload that it is from; null for the person's own.",
    )
    sourceDetail = Text(
        source="source_detail", max_length=MAX_DETAIL, allow_blank=True, help_text="Where in that upload."
    )
    startTime = FloatField(
        source="start_time",
        min_value=0,
        max_value=MAX_SECONDS,
        allow_null=True,
        help_text="Seconds from the start of the source; null where it has no time.",
    )
    endTime = FloatField(
        source="end_time",
        min_value=0,
        max_value=MAX_SECONDS,
        allow_null=True,
        help_text="As startTime, and not before it.",
    )
    relevanceScore = share("How much it says, 0–1; null where nobody said.", source="relevance_score", allow_null=True)
    recordedAt = DateTimeField(
        source="recorded_at", allow_null=True, help_text="When it was said or written; null where nobody said."
    )
    speaker = Text(max_length=MAX_NAME, allow_null=True, allow_blank=True, help_text="Who said it.")
    before = Text(max_length=MAX_AROUND, allow_null=True, allow_blank=True, help_text="The lines before the quote.")
    after = Text(max_length=MAX_AROUND, allow_null=True, allow_blank=True, help_text="The lines after the quote.")
    mediaURL = Text(
        source="media_url",
        max_length=MAX_ADDRESS,
        allow_null=True,
        allow_blank=True,
        help_text="Where the recording is. Pages play it if the installation allows its address.",
    )
    verdict = OptionalChoice(Verdict.choices, help_text="The person's; null is not judged.")


class JudgementSerializer(Strict):
    """A verdict about a piece of evidence, or evidence of one's own."""

    variants = {
        "a verdict": Variant("EvidenceVerdict", ("evidenceID", "verdict"), needs=("evidenceID", "verdict")),
        "one's own": Variant("OwnEvidence", ("type", "content"), needs=("type", "content")),
    }

    evidenceID = Id(required=False, help_text="The piece that is judged.")
    verdict = Choice(choices=Verdict.choices, required=False, help_text="What the person says of it.")
    type = Choice(choices=["text_snippet"], required=False, help_text="With content: a piece of the person’s own.")
    content = Text(max_length=MAX_EVIDENCE_TEXT, required=False, help_text="What the person says for it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.keys() not in [set(variant.takes) for variant in self.variants.values()]:
            raise ValidationError(gettext("Give either evidenceID and verdict, or type and content."))
        return attrs


class Judgements(ListField):
    """Verdicts and evidence of one's own, as the services take them."""

    child = JudgementSerializer()

    def __init__(self, **options: Any) -> None:
        super().__init__(source="evidence", max_length=MAX_EVIDENCE, **options)

    def run_validation(self, data: Any = empty) -> Any:
        pieces = super().run_validation(data)
        verdicts = {str(piece["evidenceID"]): piece["verdict"] for piece in pieces if "evidenceID" in piece}
        return Evidence(verdicts=verdicts, own=[piece["content"] for piece in pieces if "content" in piece])
