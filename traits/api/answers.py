"""What the API's answers hold, field by field, for its document only: traits/api/serializers.py makes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from traits.models import ActorKind, CandidateStatus, Category, Decision, Origin, RejectionCode, TraitStatus, Verdict
from traits.models.erasure import ErasureState

OUTCOMES = ["applied", "already_decided", "not_found", "refused"]
SYNC = "`pending`: the graph has yet to follow. `synced`: nothing had to change."


class Words(serializers.CharField):
    """A text, which may be empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_blank": True} | options)


class Texts(serializers.ListField):
    child = Words()


class Ids(serializers.ListField):
    child = serializers.UUIDField()


@extend_schema_field({"type": ["string", "number"]})
class StyleValue(serializers.Field):
    """A text or a number."""


class StyleMap(serializers.DictField):
    child = StyleValue()


def share(help_text: str, **options: Any) -> serializers.FloatField:
    return serializers.FloatField(min_value=0, max_value=1, help_text=help_text, **options)


class EvidenceAnswer(serializers.Serializer):
    """A piece of evidence."""

    evidenceID = serializers.UUIDField(help_text="Names the piece in linkedEvidenceOverride.")
    type = Words(help_text="Such as text_snippet.")
    content = Words(help_text="What was said or written.")
    sourcePackageID = Words(help_text="The upload that it is from; null for the person's own.", allow_null=True)
    sourceDetail = Words(help_text="Where in that upload.")
    startTime = serializers.FloatField(
        help_text="Seconds from the start of the source; null where it has no time.", allow_null=True
    )
    endTime = serializers.FloatField(help_text="As startTime.", allow_null=True)
    relevanceScore = share("How much it says, 0–1; null where nobody said.", allow_null=True)
    verdict = serializers.ChoiceField(Verdict.choices, help_text="The person's; null is not judged.", allow_null=True)


class CandidateAnswer(serializers.Serializer):
    """A trait that the pipeline suggests."""

    candidateID = serializers.UUIDField(help_text="The suggestion's id; also that of the trait it becomes.")
    userID = serializers.UUIDField(help_text="The person whom it is about.")
    traitName = Words(help_text="What is suggested.")
    traitDescription = Words(help_text="More about it.")
    traitCategory = serializers.ChoiceField(Category.choices, help_text="What kind of trait it is.")
    supportingEvidenceSnippets = EvidenceAnswer(many=True, help_text="Why the pipeline thinks so.")
    confidenceScore = share("How sure the pipeline is, 0–1.")
    originatingModels = Texts(help_text="The models that inferred it.")
    associatedRawFeatureSetIDs = Ids(help_text="The pipeline's feature sets behind it.")
    concepts = Texts(help_text="What it is about.")
    status = serializers.ChoiceField(CandidateStatus.choices, help_text="What became of it.")
    deferUntil = serializers.DateTimeField(
        help_text="When it comes back; null where it was not put off, or until there is new evidence.", allow_null=True
    )
    version = serializers.IntegerField(help_text="Counts its changes; send it to decide only on what was seen.")
    creationTimestamp = serializers.DateTimeField(help_text="When it was observed.")
    lastUpdatedTimestamp = serializers.DateTimeField(help_text="When the pipeline or a decision last changed it.")


class SimilarAnswer(serializers.Serializer):
    """A trait that the person has and that says nearly the same."""

    traitID_in_pkg = serializers.UUIDField(help_text="What mergeInto and relation take.")
    name = Words(help_text="The trait's name.")
    category = serializers.ChoiceField(Category.choices, help_text="The trait's category.")
    status_in_pkg = serializers.ChoiceField(TraitStatus.choices, help_text="Whether it holds now.")
    likeness = share("How alike the names are, 0–1.")
    concepts = Texts(help_text="The concepts that both name.")


class CandidateDetailAnswer(CandidateAnswer):
    """A suggestion with the traits that it is like."""

    similarTraits = SimilarAnswer(many=True, help_text="At most five, the closest first.")


class PaginationAnswer(serializers.Serializer):
    """Where this page is."""

    offset = serializers.IntegerField(help_text="How many come before.")
    limit = serializers.IntegerField(help_text="How many there are on a page.")
    total = serializers.IntegerField(help_text="How many there are in all.")


class CandidatePageAnswer(serializers.Serializer):
    """A page of suggestions."""

    data = CandidateAnswer(many=True, help_text="In the order that was asked for.")
    pagination = PaginationAnswer(help_text="Where this page is.")


class TraitAnswer(serializers.Serializer):
    """A trait that is part of the persona."""

    traitID_in_pkg = serializers.UUIDField(help_text="The trait's id, here and in the graph.")
    name = Words(help_text="What the person calls it.")
    description = Words(help_text="More about it.")
    category = serializers.ChoiceField(Category.choices, help_text="What kind of trait it is.")
    origin = serializers.ChoiceField(Origin.choices, help_text="Where it came from.")
    status_in_pkg = serializers.ChoiceField(TraitStatus.choices, help_text="Whether it holds now.")
    confidence = share("The pipeline's; 1 for a trait of the person's own.")
    userConfidence = serializers.IntegerField(
        min_value=1, max_value=5, help_text="The person's own rating; null where they gave none.", allow_null=True
    )
    concepts = Texts(help_text="What it is about.")
    expressionContexts = Texts(help_text="Where it shows; empty is everywhere.")
    evidence = EvidenceAnswer(many=True, help_text="What speaks for it, with the person's verdicts.")
    version = serializers.IntegerField(help_text="The revision of the newest entry of the log about it.")
    creationTimestamp = serializers.DateTimeField(help_text="When it became part of the persona.")
    lastRefinedTimestamp = serializers.DateTimeField(help_text="When the person last changed it.")


class PieceState(serializers.Serializer):
    """A piece of evidence as the log keeps it."""

    evidence_id = serializers.UUIDField(help_text="As evidenceID.")
    type = Words(help_text="As type.")
    content = Words(help_text="As content.")
    source_package_id = Words(help_text="As sourcePackageID.", allow_null=True)
    source_detail = Words(help_text="As sourceDetail.")
    start_time = serializers.FloatField(help_text="As startTime.", allow_null=True)
    end_time = serializers.FloatField(help_text="As endTime.", allow_null=True)
    relevance_score = share("As relevanceScore.", allow_null=True)
    verdict = Words(help_text="As verdict, but empty for not judged.")


class CandidateState(serializers.Serializer):
    """A suggestion as the log keeps it."""

    candidate_id = serializers.UUIDField(help_text="As candidateID.")
    name = Words(help_text="As traitName.")
    description = Words(help_text="As traitDescription.")
    category = serializers.ChoiceField(Category.choices, help_text="As traitCategory.")
    confidence = share("As confidenceScore.")
    models = Texts(help_text="As originatingModels.")
    concepts = Texts(help_text="As concepts.")
    evidence = PieceState(many=True, help_text="As supportingEvidenceSnippets.")
    status = serializers.ChoiceField(CandidateStatus.choices, help_text="As status.")
    deferred_until = serializers.DateTimeField(help_text="As deferUntil.", allow_null=True)


class TraitState(serializers.Serializer):
    """A trait as the log keeps it."""

    trait_id = serializers.UUIDField(help_text="As traitID_in_pkg.")
    name = Words(help_text="As name.")
    description = Words(help_text="As description.")
    category = serializers.ChoiceField(Category.choices, help_text="As category.")
    origin = serializers.ChoiceField(Origin.choices, help_text="As origin.")
    status = serializers.ChoiceField(TraitStatus.choices, help_text="As status_in_pkg.")
    confidence = share("As confidence.")
    user_confidence = serializers.IntegerField(help_text="As userConfidence.", allow_null=True)
    notes = Words(help_text="The person's notes.")
    concepts = Texts(help_text="As concepts.")
    expression_contexts = Texts(help_text="As expressionContexts.")
    evidence = PieceState(many=True, help_text="As evidence.")
    created_at = serializers.DateTimeField(help_text="As creationTimestamp.")
    last_refined_at = serializers.DateTimeField(help_text="As lastRefinedTimestamp.")
    last_observed_at = serializers.DateTimeField(help_text="When the pipeline last saw it.", allow_null=True)
    valid_from = serializers.DateTimeField(help_text="Set where it replaced another trait.", allow_null=True)
    valid_to = serializers.DateTimeField(help_text="Set once another trait replaced it.", allow_null=True)


class StyleState(serializers.Serializer):
    """An element of style as the log keeps it."""

    element = Words(help_text="Such as FormalityLevel.")
    context = Words(help_text="Where it holds; empty is everywhere.")
    value = StyleValue(help_text="A text or a number.")


class StatesAnswer(serializers.Serializer):
    """What an entry is about, whole."""

    candidate = CandidateState(help_text="Null where it is about no suggestion.", allow_null=True)
    trait = TraitState(help_text="Null where the trait is not in the persona.", allow_null=True)
    style = StyleState(help_text="Null where the element has no value.", allow_null=True)


class RelationState(serializers.Serializer):
    """A clash as the log keeps it."""

    trait_id = serializers.UUIDField(help_text="The trait that the person had.")
    kind = Words(help_text="As kind of the decision's relation.")
    existing_contexts = Texts(help_text="Where that one stays true.")


class EntryAnswer(serializers.Serializer):
    """An entry of the log."""

    refinementActionID = serializers.UUIDField(help_text="What undo takes.")
    revision = serializers.IntegerField(help_text="Its number in the person's log, from 1, without gaps.")
    userDecision = serializers.ChoiceField(Decision.choices, help_text="What was decided.")
    traitID_in_pkg = serializers.UUIDField(help_text="Null where it is about no trait.", allow_null=True)
    candidateID = serializers.UUIDField(help_text="Null where it is about no suggestion.", allow_null=True)
    styleElement = Words(help_text="`element:context`; null where it is about no style.", allow_null=True)
    batchID = serializers.UUIDField(help_text="Of entries that undo as one; null for one alone.", allow_null=True)
    undoes = serializers.UUIDField(help_text="The entry that it undoes; null where it undoes none.", allow_null=True)
    actor = serializers.UUIDField(help_text="The account that did it; null for the pipeline.", allow_null=True)
    actorKind = serializers.ChoiceField(ActorKind.choices, help_text="On whose behalf.")
    clientID = Words(help_text="The app that sent it; empty for the pages.")
    reference = Words(help_text="The ticket of staff; empty for others.")
    rejectionCode = serializers.ChoiceField(
        RejectionCode.choices, help_text="Why it was rejected; null for other decisions.", allow_null=True
    )
    v = serializers.IntegerField(
        required=False, help_text="The version of the snapshots, which later ones add fields to; missing is 0."
    )
    before = StatesAnswer(help_text="What it was before.")
    after = StatesAnswer(help_text="What it was after.")
    reason = Words(help_text="In the person's words; empty where they gave none.")
    notes = Words(help_text="The person's notes on the change.")
    relation = RelationState(help_text="The clash with another trait; null where there was none.", allow_null=True)
    redacted = serializers.DictField(
        child=Words(help_text="SHA-256 of the content that is left."),
        required=False,
        help_text="Only where texts were erased: the revision of each entry that lost one → its new digest.",
    )
    salt = Words(help_text="Hexadecimal; goes into the digest. Empty where a text was erased.")
    digest = Words(help_text="SHA-256 of salt and content; docs/export.md says how to check it.")
    previousHash = Words(help_text="The hash of the entry before.")
    hashAlgorithm = serializers.IntegerField(help_text="How it is hashed; docs/export.md names the columns of each.")
    hash = Words(help_text="SHA-256 of previousHash, digest and the columns that the algorithm covers.")
    createdAt = serializers.DateTimeField(help_text="When it was decided.")


class TraitDetailAnswer(TraitAnswer):
    """A trait with its history."""

    history = EntryAnswer(many=True, help_text="The newest 50 entries about it, newest first.")


class HistoryAnswer(serializers.Serializer):
    """A page of the log."""

    data = EntryAnswer(many=True, help_text="Newest first.")
    pagination = PaginationAnswer(help_text="Where this page is.")


class Changed(serializers.Serializer):
    """What any change says."""

    pkgSync = serializers.ChoiceField(["pending", "synced"], help_text=SYNC)


class OutcomeAnswer(Changed):
    """What a decision left behind."""

    message = Words(help_text="For a person.")
    traitID_in_pkg = serializers.UUIDField(help_text="Null where there is no trait.", allow_null=True)
    newStatus_in_pkg = serializers.ChoiceField(
        TraitStatus.choices, help_text="The trait's status; null where there is none.", allow_null=True
    )
    updatedTraitDetails = TraitAnswer(help_text="The trait now; null where there is none.", allow_null=True)
    updatedTraitCandidateStatus = serializers.ChoiceField(
        CandidateStatus.choices, help_text="The suggestion's status; null where there is none.", allow_null=True
    )
    refinementActionID = serializers.UUIDField(help_text="What undo takes; null: nothing changed.", allow_null=True)


class BulkRowAnswer(serializers.Serializer):
    """What became of one suggestion."""

    candidateID = serializers.UUIDField(help_text="As it was sent.")
    outcome = serializers.ChoiceField(OUTCOMES, help_text="`refused`: sensitive ones are confirmed one by one.")


class BulkAnswer(Changed):
    """What became of each suggestion."""

    batchID = serializers.UUIDField(help_text="What undoes all of it; null where nothing was applied.", allow_null=True)
    outcomes = BulkRowAnswer(many=True, help_text="Each id once, in the order in which they were sent.")


class UndoneAnswer(Changed):
    """What was undone."""

    message = Words(help_text="For a person.")
    refinementActionIDs = Ids(help_text="The new entries of the log.")
    undone = Ids(help_text="The entries that they undo.")
    skipped = serializers.IntegerField(help_text="How many of a batch had changed since, and stay.")


class AddedAnswer(Changed):
    """The new trait."""

    message = Words(help_text="For a person.")
    newTrait = TraitAnswer(help_text="The trait.")
    refinementActionID = serializers.UUIDField(help_text="What undo takes.")


class StylesSavedAnswer(Changed):
    """The styles of a context as they are now."""

    message = Words(help_text="For a person.")
    updatedStyles = StyleMap(help_text="Element → value, a text or a number.")


class ErasureAnswer(serializers.Serializer):
    """The receipt of an erasure."""

    erasureID = serializers.UUIDField(help_text="The receipt's id.")
    state = serializers.ChoiceField(ErasureState.choices, help_text="How far it is.")
    requestedTimestamp = serializers.DateTimeField(help_text="When it was asked for.")
    confirmedTimestamp = serializers.DateTimeField(help_text="Null until the person confirmed it.", allow_null=True)
    erasedTimestamp = serializers.DateTimeField(help_text="Null until the tables are empty.", allow_null=True)
    graphClearedTimestamp = serializers.DateTimeField(help_text="Null until the graph is clear.", allow_null=True)
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many rows of each kind went; empty until they did."
    )
    kept = serializers.DictField(child=Words(), help_text="What stays, and why; empty until the rest went.")


class RefusedAnswer(serializers.Serializer):
    """A row that was not taken."""

    index = serializers.IntegerField(help_text="Its place in the request, from 0.")
    candidateID = serializers.UUIDField(help_text="Null where it had none that is a UUID.", allow_null=True)
    errors = serializers.DictField(child=Texts(), help_text="Field → what is wrong with it.")


class IngestedAnswer(serializers.Serializer):
    """What became of the rows; each is counted once."""

    created = serializers.IntegerField(help_text="New suggestions.")
    updated = serializers.IntegerField(help_text="Known ones that are undecided and have changed.")
    unchanged = serializers.IntegerField(help_text="Repeats, and those that the person has decided on.")
    suppressed = serializers.IntegerField(
        help_text="Kept but not shown, since the person rejected or removed the same before."
    )
    refused = RefusedAnswer(many=True, help_text="Rows with a fault; the others are stored all the same.")
