"""The operations for suggestions, traits, styles, erasure and the pipeline in the API's document."""

import orjson

from ptfi.api.openapi.document import name_choices
from ptfi.api.openapi.operation import JSON, Operation, json_body
from traits.api.serializers import styles
from traits.api.serializers.candidates import CandidateDetailSerializer, CandidatePageSerializer
from traits.api.serializers.decisions import (
    CLASH_KINDS,
    OUTCOMES,
    ActionSerializer,
    BulkActionSerializer,
    BulkSerializer,
    OutcomeSerializer,
    UndoneSerializer,
)
from traits.api.serializers.erasures import ErasureRequestSerializer, ErasureSerializer
from traits.api.serializers.fields import JAZZ, SWING, SYNC_STATES, NothingSerializer, PageSerializer, VersionSerializer
from traits.api.serializers.ingest import (
    IngestedSerializer,
    IngestQuerySerializer,
    OutcomeQuerySerializer,
    OutcomesSerializer,
    SuggestionSerializer,
    SuggestionsSerializer,
    WithdrawalQuerySerializer,
    WithdrawalSerializer,
    WithdrawnSerializer,
)
from traits.api.serializers.log import HistorySerializer, TraitDetailSerializer
from traits.api.serializers.sharing import (
    DisconnectedSerializer,
    GrantChangesSerializer,
    GrantSerializer,
    GrantsSerializer,
    ReceiptQuerySerializer,
    ReceiptsSerializer,
)
from traits.api.serializers.traits import (
    AddedSerializer,
    CustomTraitSerializer,
    RemovalSerializer,
    TraitPatchSerializer,
    TraitStatusChangeSerializer,
)
from traits.api.sql import SORTED_BY, WAYS, CandidateQuerySerializer
from traits.errors import AlreadyDecidedError, NotLatestError, StaleVersionError, TraitRemovedError
from traits.models import ActorKind, CandidateStatus, Category, Decision, Origin, RejectionCode, TraitStatus, Verdict
from traits.models.erasure import ErasureState

name_choices(
    Category=Category,
    CandidateStatus=CandidateStatus,
    TraitStatus=TraitStatus,
    RejectionCode=RejectionCode,
    Verdict=Verdict,
    Origin=Origin,
    Decision=Decision,
    ActorKind=ActorKind,
    ErasureState=ErasureState,
    BulkOutcome=OUTCOMES,
    EvidenceType=["text_snippet"],
    CandidateOrder=list(SORTED_BY),
    SortOrder=list(WAYS),
    ClashKind=CLASH_KINDS,
    PkgSync=SYNC_STATES,
)
WITHOUT_TRAIT = {"traitID_in_pkg": None, "newStatus_in_pkg": None, "updatedTraitDetails": None}
LINES = {
    "type": "string",
    # Generators would otherwise write it as a JSON string.
    "format": "binary",
    "description": "A suggestion a line, each a JSON object as in `candidates`; 1 to 1,000 of them.",
}

OWN = "Only for the person's own session; apps get 403."
list_grants = Operation(
    id="listGrants",
    tag="Apps",
    summary="List the connected apps",
    description=f"What each may see and do. {OWN}",
    returns="The connected apps.",
    answer=GrantsSerializer,
    example="apps",
)
change_grant = Operation(
    id="changeGrant",
    tag="Apps",
    summary="Change what an app may see and do",
    description=f"It holds from the app's next request on. To grant more requires a recent sign-in, else 403. {OWN}",
    **json_body(GrantChangesSerializer, narrower={"categories": ["Interest"], "evidence": False}),
    returns="The app as it is now.",
    answer=GrantSerializer,
    example="app",
)
end_grant = Operation(
    id="endGrant",
    tag="Apps",
    summary="Disconnect an app",
    description=f"It can no longer see or change anything. {OWN}",
    returns="That it is disconnected.",
    answer=DisconnectedSerializer,
    example="disconnected",
)
list_receipts = Operation(
    id="listReceipts",
    tag="Apps",
    summary="List what apps read",
    description=f"Each answered read, of all apps or of one, newest first; also those of one trait. {OWN}",
    query=ReceiptQuerySerializer,
    returns="A page of receipts.",
    answer=ReceiptsSerializer,
    example="receipts",
)

list_candidates = Operation(
    id="listCandidates",
    tag="Suggestions",
    summary="List suggestions",
    description="Those that wait for a decision, unless `status` says otherwise.",
    query=CandidateQuerySerializer,
    returns="A page of suggestions.",
    answer=CandidatePageSerializer,
    example="page",
)
read_candidate = Operation(
    id="readCandidate",
    tag="Suggestions",
    summary="Read a suggestion",
    description="With the traits that the person has and that say nearly the same.",
    returns="The suggestion.",
    answer=CandidateDetailSerializer,
    example="suggestion",
)
decide = Operation(
    id="decide",
    tag="Suggestions",
    summary="Decide about a suggestion",
    description="Confirming makes it a trait with the suggestion's id. Which fields go with which decision stands "
    "beside them; one that does not is refused.",
    **json_body(
        ActionSerializer,
        confirm={"userDecision": "confirmed_asis", "modifications": {"userConfidenceRating": 5}, "version": 1},
        change={"userDecision": "confirmed_modified", "modifications": {"refinedTraitName": "Lives for jazz"}},
        reject={"userDecision": "rejected", "rejectionCode": "outdated", "rejectionReason": "Long ago."},
        later={"userDecision": "deferred", "deferUntil": "new_evidence"},
        merge={"userDecision": "merged", "mergeInto": SWING},
    ),
    returns="It is decided.",
    answer=OutcomeSerializer,
    example="confirmed",
    breaks=(AlreadyDecidedError, StaleVersionError, TraitRemovedError),
)
reopen = Operation(
    id="reopenCandidate",
    tag="Suggestions",
    summary="Review a suggestion again",
    description="One that was rejected, or merged into a trait, is back in the queue.",
    **json_body(VersionSerializer, seen={"version": 2}),
    body_optional=True,
    returns="It is to be reviewed.",
    answer=OutcomeSerializer,
    example="reopened",
    but_for=WITHOUT_TRAIT | {"message": "Back in your queue.", "updatedTraitCandidateStatus": "candidate"},
    breaks=(AlreadyDecidedError, StaleVersionError),
)
decide_many = Operation(
    id="decideMany",
    tag="Suggestions",
    summary="Decide about many suggestions",
    description="What can't be done is reported, the rest is done. Sensitive categories (PhilosophicalStance, "
    "EmotionalResponsePattern) are never confirmed this way.",
    **json_body(
        BulkActionSerializer,
        reject={"candidateIDs": [JAZZ], "userDecision": "rejected", "rejectionCode": "not_me"},
    ),
    returns="What became of each; one undo takes all of it back.",
    answer=BulkSerializer,
    example="rejected",
)
undo = Operation(
    id="undo",
    tag="History",
    summary="Undo a decision",
    description="An entry can be undone while it is the newest on everything it touched. Of a batch, what changed "
    "since stays and is counted.",
    **json_body(NothingSerializer, nothing={}),
    body_optional=True,
    returns="It is undone.",
    answer=UndoneSerializer,
    example="undone",
    breaks=(NotLatestError,),
)
add_trait = Operation(
    id="addTrait",
    tag="Traits",
    summary="Add a trait of one's own",
    **json_body(
        CustomTraitSerializer,
        trait={
            "traitName": "Bakes bread",
            "traitCategory": "Skill",
            "userConfidenceRating": 4,
            "supportingEvidenceSnippets": [{"type": "text_snippet", "content": "My loaf of Sunday."}],
            "concepts": ["baking"],
        },
    ),
    status=201,
    returns="It is part of the persona.",
    answer=AddedSerializer,
    example="added",
)
read_trait = Operation(
    id="readTrait",
    tag="Traits",
    summary="Read a trait",
    description="From the log's side: it is right even while the graph is behind.",
    returns="The trait with its history.",
    answer=TraitDetailSerializer,
    example="trait",
)
edit_trait = Operation(
    id="editTrait",
    tag="Traits",
    summary="Change a trait",
    description="What is not sent stays as it is; nothing to change is refused.",
    **json_body(TraitPatchSerializer, rename={"refinedTraitName": "Lives for jazz", "version": 1}),
    returns="It is changed.",
    answer=OutcomeSerializer,
    example="changed",
    but_for={"message": "Saved.", "updatedTraitCandidateStatus": None},
    breaks=(StaleVersionError, TraitRemovedError),
)
remove_trait = Operation(
    id="removeTrait",
    tag="Traits",
    summary="Remove a trait",
    description="It is no longer part of the persona; the log keeps that it was. It is not suggested again.",
    **json_body(RemovalSerializer, reason={"reason": "No longer.", "version": 1}),
    body_optional=True,
    returns="It is removed.",
    answer=OutcomeSerializer,
    example="removed",
    but_for=WITHOUT_TRAIT
    | {"message": "Removed from your persona.", "updatedTraitCandidateStatus": "rejected_by_user"},
    breaks=(StaleVersionError, TraitRemovedError),
)
set_status = Operation(
    id="setTraitStatus",
    tag="Traits",
    summary="Say whether a trait holds now",
    **json_body(TraitStatusChangeSerializer, rest={"status": "dormant"}),
    returns="The status is changed.",
    answer=OutcomeSerializer,
    example="changed",
    but_for={"message": "Status changed.", "updatedTraitCandidateStatus": None},
    breaks=(StaleVersionError, TraitRemovedError),
)
list_history = Operation(
    id="listHistory",
    tag="History",
    summary="Read the log",
    description="Every decision with the whole states before and after it.",
    query=PageSerializer,
    returns="A page of the log.",
    answer=HistorySerializer,
    example="page",
)
read_styles = Operation(
    id="readStyles",
    tag="Communication style",
    summary="Read the styles of a context",
    query=styles.StyleQuerySerializer,
    returns="Element → value, a text or a number.",
    answer={"type": "object", "additionalProperties": {"type": ["string", "number"]}},
    example="styles",
    but_for=styles.EXAMPLE,
)
replace_styles = Operation(
    id="replaceStyles",
    tag="Communication style",
    summary="Replace the styles of a context",
    description="What is not in the new map is gone. All of it is applied, or none.",
    query=styles.StyleQuerySerializer,
    **json_body(styles.STYLES, styles=styles.EXAMPLE),
    returns="The styles are saved.",
    answer=styles.StylesSavedSerializer,
    example="saved",
)
erase_persona = Operation(
    id="erasePersona",
    tag="Data",
    summary="Erase the persona",
    description="Suggestions, traits, styles and the log go; the account stays. Unless the person signed in within the "
    "last 5 minutes, they have a day to confirm it in the browser.",
    **json_body(ErasureRequestSerializer, confirm={"confirm": "alice@example.com"}),
    status=202,
    returns="It is erased, or awaits the person's confirmation.",
    answer=ErasureSerializer,
    example="asked",
)
read_erasure = Operation(
    id="readErasure",
    tag="Data",
    summary="Read the receipt of an erasure",
    returns="How far it is.",
    answer=ErasureSerializer,
    example="receipt",
)
ingest = Operation(
    id="ingestCandidates",
    tag="Pipeline",
    summary="Bring suggestions",
    description="At most 1,000 in 10 MiB. Each is checked on its own: one with a fault is refused in the answer, the "
    "others are stored. A repeat changes nothing, and what the person has decided is never overwritten.",
    query=IngestQuerySerializer,
    bodies={JSON: SuggestionsSerializer, "application/x-ndjson": LINES},
    body_examples={
        JSON: {"one": {"candidates": [SuggestionSerializer.example]}},
        "application/x-ndjson": {"one": orjson.dumps(SuggestionSerializer.example).decode() + "\n"},
    },
    returns="What became of the suggestions.",
    answer=IngestedSerializer,
    example="stored",
)
withdraw = Operation(
    id="withdrawCandidates",
    tag="Pipeline",
    summary="Withdraw suggestions",
    description="The client's own. Those that are undecided are archived permanently, with an entry in the person's "
    "log; what the person has decided stays.",
    query=WithdrawalQuerySerializer,
    **json_body(WithdrawalSerializer, wrong={"candidateIDs": [JAZZ], "reason": "A fault of the model."}),
    returns="What became of the suggestions.",
    answer=WithdrawnSerializer,
    example="withdrawn",
)
list_outcomes = Operation(
    id="listOutcomes",
    tag="Pipeline",
    summary="Read what became of suggestions",
    description="Of the client's own suggestions, for people who allow it, in the order of the decisions. Poll with "
    "the `next` of the last answer. No free texts: neither reasons nor notes.",
    query=OutcomeQuerySerializer,
    returns="The next rows.",
    answer=OutcomesSerializer,
    example="outcomes",
)
