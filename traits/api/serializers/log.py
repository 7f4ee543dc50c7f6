"""An entry of the log, with the snapshots before and after it."""

from rest_framework.serializers import ChoiceField, DateTimeField, DictField, Field, FloatField, IntegerField, UUIDField

from ptfi.api.shapes import Hexadecimal, OptionalChoice, Shape, json_of
from traits.api.serializers.fields import ACTION, PERSON, PaginationSerializer, StyleValue, Texts, Words, share
from traits.api.serializers.traits import TraitSerializer
from traits.log.snapshots import TRAIT_FIELDS, TRAIT_TIMES
from traits.models import ActorKind, CandidateStatus, Category, Decision, RejectionCode

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
NO_STATES = {"candidate": None, "trait": None, "style": None}


class PieceStateSerializer(Shape):
    """A piece of evidence as the log keeps it."""

    evidence_id = UUIDField(help_text="As evidenceID.")
    type = Words(help_text="As type.")
    content = Words(help_text="As content.")
    source_package_id = Words(help_text="As sourcePackageID.", allow_null=True)
    source_detail = Words(help_text="As sourceDetail.")
    start_time = FloatField(help_text="As startTime.", allow_null=True)
    end_time = FloatField(help_text="As endTime.", allow_null=True)
    relevance_score = share("As relevanceScore.", allow_null=True)
    recorded_at = DateTimeField(help_text="As recordedAt; missing where it is null.", required=False)
    speaker = Words(help_text="As speaker; missing where it is null.", required=False)
    media_url = Words(help_text="As mediaURL; missing where it is null.", required=False)
    verdict = Words(help_text="As verdict, but empty for not judged.")


class CandidateStateSerializer(Shape):
    """A suggestion as the log keeps it."""

    candidate_id = UUIDField(help_text="As candidateID.")
    name = Words(help_text="As traitName.")
    description = Words(help_text="As traitDescription.")
    category = ChoiceField(Category.choices, help_text="As traitCategory.")
    confidence = share("As confidenceScore.")
    models = Texts(help_text="As originatingModels.")
    concepts = Texts(help_text="As concepts.")
    evidence = PieceStateSerializer(many=True, help_text="As supportingEvidenceSnippets.")
    status = ChoiceField(CandidateStatus.choices, help_text="As status.")
    deferred_until = DateTimeField(help_text="As deferUntil.", allow_null=True)


class TraitStateSerializer(Shape):
    """A trait as the log keeps it."""

    notes = Words(help_text="The person's notes.")
    evidence = PieceStateSerializer(many=True, help_text="As evidence.")
    last_observed_at = DateTimeField(help_text="When the pipeline last saw it.", allow_null=True)
    valid_from = DateTimeField(help_text="Set where it replaced another trait.", allow_null=True)
    valid_to = DateTimeField(help_text="Set once another trait replaced it.", allow_null=True)

    def get_fields(self) -> dict[str, Field]:
        """Return all fields that the log keeps of a trait: those of this class, and the others as in an answer."""
        fields = {field.source or name: _as(name, field) for name, field in TraitSerializer().get_fields().items()}
        fields |= super().get_fields()
        return {name: fields[name] for name in ("trait_id", *TRAIT_FIELDS, *TRAIT_TIMES)}


def _as(name: str, field: Field) -> Field:
    """Rename a field of an answer to the name of its source."""
    field.source, field.help_text = None, f"As {name}."
    return field


class StyleStateSerializer(Shape):
    """An element of style as the log keeps it."""

    element = Words(help_text="Such as FormalityLevel.")
    context = Words(help_text="Where it holds; empty is everywhere.")
    value = StyleValue(help_text="A text or a number.")


class StatesSerializer(Shape):
    """What an entry is about, whole."""

    candidate = CandidateStateSerializer(help_text="Null where it is about no suggestion.", allow_null=True)
    trait = TraitStateSerializer(help_text="Null where the trait is not in the persona.", allow_null=True)
    style = StyleStateSerializer(help_text="Null where the element has no value.", allow_null=True)


class RelationStateSerializer(Shape):
    """A clash as the log keeps it."""

    trait_id = UUIDField(help_text="The trait that the person had.")
    kind = Words(help_text="As kind of the decision's relation.")
    existing_contexts = Texts(help_text="Where that one stays true.")


class EntrySerializer(Shape):
    """An entry of the log."""

    example = {
        "refinementActionID": ACTION,
        "revision": 7,
        "userDecision": "style_changed",
        "styleElement": "FormalityLevel:work",
        "actor": PERSON,
        "v": 1,
        "before": NO_STATES,
        "after": NO_STATES | {"style": {"element": "FormalityLevel", "context": "work", "value": "formal"}},
        "salt": HASH[:32],
        "digest": HASH,
        "previousHash": HASH,
        "hashAlgorithm": 2,
        "hash": HASH,
    }

    refinementActionID = UUIDField(source="refinement_action_id", help_text="What undo takes.")
    revision = IntegerField(help_text="Its number in the person's log, from 1, without gaps.")
    userDecision = ChoiceField(Decision.choices, source="user_decision", help_text="What was decided.")
    traitID_in_pkg = UUIDField(source="trait_id_in_pkg", help_text="Null where it is about no trait.", allow_null=True)
    candidateID = UUIDField(
        source="original_candidate_id", help_text="Null where it is about no suggestion.", allow_null=True
    )
    styleElement = Words(
        source="style_element", help_text="`element:context`; null where it is about no style.", allow_null=True
    )
    batchID = UUIDField(
        source="batch_id", help_text="Of entries that undo as one; null for one alone.", allow_null=True
    )
    undoes = UUIDField(help_text="The entry that it undoes; null where it undoes none.", allow_null=True)
    actor = UUIDField(source="actor_id", help_text="The account that did it; null for the pipeline.", allow_null=True)
    actorKind = ChoiceField(ActorKind.choices, source="actor_kind", help_text="On whose behalf.")
    clientID = Words(source="client_id", help_text="The app that sent it; empty for the pages.")
    reference = Words(help_text="The ticket of staff; empty for others.")
    rejectionCode = OptionalChoice(
        RejectionCode.choices, source="rejection_code", help_text="Why it was rejected; null for other decisions."
    )
    v = IntegerField(
        source="content.v",
        required=False,
        help_text="The version of the snapshots, which later ones add fields to; missing is 0.",
    )
    before = StatesSerializer(source="content.before", help_text="What it was before.")
    after = StatesSerializer(source="content.after", help_text="What it was after.")
    reason = Words(source="content.reason", help_text="In the person's words; empty where they gave none.")
    notes = Words(source="content.notes", help_text="The person's notes on the change.")
    relation = RelationStateSerializer(
        source="content.relation", help_text="The clash with another trait; null where there was none.", allow_null=True
    )
    redacted = DictField(
        source="content.redacted",
        child=Words(help_text="SHA-256 of the content that is left."),
        required=False,
        help_text="Only where texts were erased: the revision of each entry that lost one → its new digest.",
    )
    salt = Hexadecimal(allow_blank=True, help_text="Hexadecimal; goes into the digest. Empty where a text was erased.")
    digest = Hexadecimal(
        allow_blank=True, help_text="SHA-256 of salt and content; docs/export.md says how to check it."
    )
    previousHash = Hexadecimal(allow_blank=True, source="previous_hash", help_text="The hash of the entry before.")
    hashAlgorithm = IntegerField(
        source="hash_algorithm", help_text="How it is hashed; docs/export.md names the columns of each."
    )
    hash = Hexadecimal(
        allow_blank=True, help_text="SHA-256 of previousHash, digest and the columns that the algorithm covers."
    )
    createdAt = DateTimeField(source="created_at", help_text="When it was decided.")


class TraitDetailSerializer(TraitSerializer):
    """A trait with its history."""

    history = EntrySerializer(many=True, help_text="The newest 50 entries about it, newest first.")


class HistorySerializer(Shape):
    """A page of the log."""

    data = EntrySerializer(many=True, help_text="Newest first.")
    pagination = PaginationSerializer(help_text="Where this page is.")


entry_json = json_of(EntrySerializer, spread="content")
"""The content stays as the log keeps it, so that the hashes can be checked."""
