"""What the API's document says about suggestions, traits, styles, erasure and the pipeline."""

import orjson

from ptfi.api.openapi.operation import JSON, Operation, json_body
from traits.api import answers, examples, ingest_requests, requests
from traits.decisions.styles import LARGEST, MAX_ELEMENT, MAX_VALUE
from traits.errors import AlreadyDecidedError, NotLatestError, StaleVersionError, TraitRemovedError
from traits.models import MAX_LIST
from traits.models.styles import STYLE_ELEMENTS

STYLE_VALUES = {
    "oneOf": [{"type": "string", "maxLength": MAX_VALUE}, {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}]
}
ODD = r":\u0000-\u001f\u007f-\u009f"
"""A colon and the control characters, as a regular expression has them."""
STYLES = {
    "type": "object",
    "description": "Element → value. These elements take what is said of them; others a text or a number.",
    "maxProperties": MAX_LIST,
    "propertyNames": {
        "minLength": 1,
        "maxLength": MAX_ELEMENT,
        "pattern": rf"^[^{ODD}\s]([^{ODD}]*[^{ODD}\s])?$",
    },
    "properties": {name: {"enum": list(values)} for name, values in STYLE_ELEMENTS.items() if values}
    | {"EmojiPreference": {"type": "number", "minimum": 0, "maximum": 1}},
    "additionalProperties": STYLE_VALUES,
}
LINES = {
    "type": "string",
    "description": "A suggestion a line, each a JSON object as in `candidates`; 1 to 1,000 of them.",
}

list_candidates = Operation(
    id="listCandidates",
    tag="Suggestions",
    summary="List suggestions",
    description="Those that wait for a decision, unless `status` says otherwise.",
    query=requests.CandidateQuery,
    returns="A page of suggestions.",
    answer=answers.CandidatePageAnswer,
    examples={"page": examples.page([examples.CANDIDATE])},
)
read_candidate = Operation(
    id="readCandidate",
    tag="Suggestions",
    summary="Read a suggestion",
    description="With the traits that the person has and that say nearly the same.",
    returns="The suggestion.",
    answer=answers.CandidateDetailAnswer,
    examples={"suggestion": examples.CANDIDATE | {"similarTraits": [examples.SIMILAR]}},
)
decide = Operation(
    id="decide",
    tag="Suggestions",
    summary="Decide about a suggestion",
    description="Confirming makes it a trait with the suggestion's id. Which fields go with which decision stands "
    "beside them; one that does not is refused.",
    **json_body(
        requests.Action,
        confirm={"userDecision": "confirmed_asis", "modifications": {"userConfidenceRating": 5}, "version": 1},
        change={"userDecision": "confirmed_modified", "modifications": {"refinedTraitName": "Lives for jazz"}},
        reject={"userDecision": "rejected", "rejectionCode": "outdated", "rejectionReason": "Long ago."},
        later={"userDecision": "deferred", "deferUntil": "new_evidence"},
        merge={"userDecision": "merged", "mergeInto": examples.SWING},
    ),
    returns="It is decided.",
    answer=answers.OutcomeAnswer,
    examples={"confirmed": examples.OUTCOME},
    breaks=(AlreadyDecidedError, StaleVersionError, TraitRemovedError),
)
reopen = Operation(
    id="reopenCandidate",
    tag="Suggestions",
    summary="Review a suggestion again",
    description="One that was rejected, or merged into a trait, is back in the queue.",
    **json_body(requests.Version, seen={"version": 2}),
    body_optional=True,
    returns="It is to be reviewed.",
    answer=answers.OutcomeAnswer,
    examples={"reopened": examples.REOPENED},
    breaks=(AlreadyDecidedError, StaleVersionError),
)
decide_many = Operation(
    id="decideMany",
    tag="Suggestions",
    summary="Decide about many suggestions",
    description="What can't be done is reported, the rest is done. Sensitive categories (PhilosophicalStance, "
    "EmotionalResponsePattern) are never confirmed this way.",
    **json_body(
        requests.BulkAction,
        reject={"candidateIDs": [examples.JAZZ], "userDecision": "rejected", "rejectionCode": "not_me"},
    ),
    returns="What became of each; one undo takes all of it back.",
    answer=answers.BulkAnswer,
    examples={
        "rejected": {
            "batchID": examples.ACTION,
            "outcomes": [{"candidateID": examples.JAZZ, "outcome": "applied"}],
            "pkgSync": "pending",
        }
    },
)
undo = Operation(
    id="undo",
    tag="History",
    summary="Undo a decision",
    description="An entry can be undone while it is the newest on everything it touched. Of a batch, what changed "
    "since stays and is counted.",
    **json_body(requests.Nothing, nothing={}),
    body_optional=True,
    returns="It is undone.",
    answer=answers.UndoneAnswer,
    examples={
        "undone": {
            "message": "Undone.",
            "refinementActionIDs": [examples.PIECE],
            "undone": [examples.ACTION],
            "skipped": 0,
            "pkgSync": "pending",
        }
    },
    breaks=(NotLatestError,),
)
add_trait = Operation(
    id="addTrait",
    tag="Traits",
    summary="Add a trait of one's own",
    **json_body(
        requests.CustomTrait,
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
    answer=answers.AddedAnswer,
    examples={
        "added": {
            "message": "Part of your persona now.",
            "newTrait": examples.TRAIT,
            "refinementActionID": examples.ACTION,
            "pkgSync": "pending",
        }
    },
)
read_trait = Operation(
    id="readTrait",
    tag="Traits",
    summary="Read a trait",
    description="From the log's side: it is right even while the graph is behind.",
    returns="The trait with its history.",
    answer=answers.TraitDetailAnswer,
    examples={"trait": examples.TRAIT | {"history": [examples.ENTRY]}},
)
edit_trait = Operation(
    id="editTrait",
    tag="Traits",
    summary="Change a trait",
    description="What is not sent stays as it is; nothing to change is refused.",
    **json_body(requests.TraitPatch, rename={"refinedTraitName": "Lives for jazz", "version": 1}),
    returns="It is changed.",
    answer=answers.OutcomeAnswer,
    examples={"changed": examples.OF_TRAIT},
    breaks=(StaleVersionError, TraitRemovedError),
)
remove_trait = Operation(
    id="removeTrait",
    tag="Traits",
    summary="Remove a trait",
    description="It is no longer part of the persona; the log keeps that it was. It is not suggested again.",
    **json_body(requests.Removal, reason={"reason": "No longer.", "version": 1}),
    body_optional=True,
    returns="It is removed.",
    answer=answers.OutcomeAnswer,
    examples={"removed": examples.REMOVED},
    breaks=(StaleVersionError, TraitRemovedError),
)
set_status = Operation(
    id="setTraitStatus",
    tag="Traits",
    summary="Say whether a trait holds now",
    **json_body(requests.TraitStatusChange, rest={"status": "dormant"}),
    returns="The status is changed.",
    answer=answers.OutcomeAnswer,
    examples={"changed": examples.OF_TRAIT | {"message": "The status is changed."}},
    breaks=(StaleVersionError, TraitRemovedError),
)
list_history = Operation(
    id="listHistory",
    tag="History",
    summary="Read the log",
    description="Every decision with the whole states before and after it.",
    query=requests.Page,
    returns="A page of the log.",
    answer=answers.HistoryAnswer,
    examples={"page": examples.page([examples.ENTRY])},
)
read_styles = Operation(
    id="readStyles",
    tag="Communication style",
    summary="Read the styles of a context",
    query=requests.StyleQuery,
    returns="Element → value, a text or a number.",
    answer={"type": "object", "additionalProperties": {"type": ["string", "number"]}},
    examples={"styles": examples.STYLES},
)
replace_styles = Operation(
    id="replaceStyles",
    tag="Communication style",
    summary="Replace the styles of a context",
    description="What is not in the new map is gone. All of it is applied, or none.",
    query=requests.StyleQuery,
    **json_body(STYLES, styles=examples.STYLES),
    returns="The styles are saved.",
    answer=answers.StylesSavedAnswer,
    examples={"saved": {"message": "Saved.", "updatedStyles": examples.STYLES, "pkgSync": "pending"}},
)
erase_persona = Operation(
    id="erasePersona",
    tag="Data",
    summary="Erase the persona",
    description="Suggestions, traits, styles and the log go; the account stays. Unless the person signed in within the "
    "last 5 minutes, they have a day to confirm it in the browser.",
    **json_body(requests.ErasureRequest, confirm={"confirm": "alice@example.com"}),
    status=202,
    returns="It is erased, or awaits the person's confirmation.",
    answer=answers.ErasureAnswer,
    examples={"asked": examples.ERASURE},
)
read_erasure = Operation(
    id="readErasure",
    tag="Data",
    summary="Read the receipt of an erasure",
    returns="How far it is.",
    answer=answers.ErasureAnswer,
    examples={"receipt": examples.ERASURE},
)
ingest = Operation(
    id="ingestCandidates",
    tag="Pipeline",
    summary="Bring suggestions",
    description="At most 1,000 in 10 MiB. Each is checked on its own: one with a fault is refused in the answer, the "
    "others are stored. A repeat changes nothing, and what the person has decided is never overwritten.",
    bodies={JSON: ingest_requests.Suggestions, "application/x-ndjson": LINES},
    body_examples={
        JSON: {"one": {"candidates": [examples.SUGGESTION]}},
        "application/x-ndjson": {"one": orjson.dumps(examples.SUGGESTION).decode() + "\n"},
    },
    returns="What became of the suggestions.",
    answer=answers.IngestedAnswer,
    examples={"stored": examples.INGESTED},
)
