"""What the API's answers from the graph hold, and the export, for its document only."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from graph.schema import EDGES, INTERNAL, NODE_BY_LABEL, properties_of
from traits.api.answers import (
    CandidateAnswer,
    EntryAnswer,
    ErasureAnswer,
    Ids,
    StyleMap,
    Texts,
    TraitAnswer,
    Words,
    share,
)
from traits.models import ActorKind, Category

EDGE_TYPES = list(EDGES)
NODE = {
    "type": "object",
    "required": ["id", "label", "name"],
    "properties": {
        "id": {
            "type": "string",
            "description": "`label:` and the node's own id, which a trait and its skill share.",
        },
        "label": {"type": "string", "enum": list(NODE_BY_LABEL)},
        "name": {"type": "string", "description": "What to write beside it; may be empty."},
    },
    "additionalProperties": True,
    "description": "A node; its other properties go by its label, and those without a value are left out: "
    + "; ".join(
        f"{label}: {', '.join(sorted(properties_of(model).keys() - INTERNAL - {'name'}))}"
        for label, model in NODE_BY_LABEL.items()
    )
    + ".",
}
EDGE = {
    "type": "object",
    "required": ["id", "source", "target", "type"],
    "properties": {
        "id": {"type": "string", "description": "`type|source|target`."},
        "source": {"type": "string", "description": "The id of the node where it begins."},
        "target": {"type": "string", "description": "The id of the node where it ends."},
        "type": {"type": "string", "enum": EDGE_TYPES},
    },
    "additionalProperties": True,
    "description": "An edge, with its other properties, such as the strength (0–1) of HAS_TRAIT.",
}


@extend_schema_field(NODE, component_name="Node")
class Node(serializers.Field):
    """A node of the graph."""


@extend_schema_field(EDGE, component_name="Edge")
class Edge(serializers.Field):
    """An edge of the graph."""


class GraphAnswer(serializers.Serializer):
    """A person's own graph."""

    nodes = serializers.ListField(child=Node(), help_text="The person first; at most 2,000.")
    edges = serializers.ListField(child=Edge(), help_text="Both ends of each are among the nodes.")
    truncated = serializers.BooleanField(help_text="There is more than fits, or than could be read in time.")


class ConceptAnswer(serializers.Serializer):
    """A concept."""

    conceptID = Words(help_text="The concept's id in the graph.")
    name = Words(help_text="The concept.")
    traits = serializers.IntegerField(help_text="How many of the person's traits are about it or a sub-concept.")


class ConceptsAnswer(serializers.Serializer):
    """The concepts of the person's traits, and what these are types of."""

    data = ConceptAnswer(many=True, help_text="Those with most traits first; at most 2,000.")


class GraphTraitAnswer(TraitAnswer):
    """A trait as the graph has it."""

    strength = share("How strongly the person has it, 0–1; null where nobody said.", allow_null=True)


class NextAnswer(serializers.Serializer):
    """Where the next page is."""

    limit = serializers.IntegerField(help_text="How many there are on a page, at most.")
    total = serializers.IntegerField(help_text="How many there are in all.")
    next = Words(help_text="What `after` takes for the next page; null on the last.", allow_null=True)


class TraitPageAnswer(serializers.Serializer):
    """A page of traits."""

    data = GraphTraitAnswer(many=True, help_text="By name. Those that were removed a moment ago are left out.")
    pagination = NextAnswer(help_text="Where the next page is.")


class FaultAnswer(serializers.Serializer):
    """Why a part of the export is not complete."""

    code = Words(help_text="Such as graph_unavailable.")
    message = Words(help_text="For a person.")


class ExportedGraphAnswer(serializers.Serializer):
    """What the graph shows of the person."""

    revision = serializers.IntegerField(
        help_text="How far it had followed the log when its reading began; null where it had not begun.",
        allow_null=True,
    )
    nodes = serializers.ListField(child=Node(), required=False, help_text="Missing where the graph was away.")
    edges = serializers.ListField(child=Edge(), required=False, help_text="Missing where the graph was away.")
    error = FaultAnswer(required=False, help_text="Only where the graph was away, or went away meanwhile.")


class AddressAnswer(serializers.Serializer):
    """An e-mail address."""

    email = Words(help_text="The address.")
    verified = serializers.BooleanField(help_text="Whether a mail to it was answered.")
    primary = serializers.BooleanField(help_text="Whether mails go there.")


class SessionAnswer(serializers.Serializer):
    """A browser that signed in."""

    ip = Words(help_text="Where it called from.")
    userAgent = Words(help_text="What it says it is.")
    createdAt = serializers.DateTimeField(help_text="When it signed in.")
    lastSeenAt = serializers.DateTimeField(help_text="When it last called.")


class SecondStepAnswer(serializers.Serializer):
    """A second step of signing in, without its secret."""

    type = Words(help_text="Such as totp.")
    createdAt = serializers.DateTimeField(help_text="When it was set up.")
    lastUsedAt = serializers.DateTimeField(help_text="Null where it never was.", allow_null=True)


class AccountAnswer(serializers.Serializer):
    """The account as it is stored."""

    userID = serializers.UUIDField(help_text="The account's id.")
    email = Words(help_text="Null where nobody can sign in to it yet.", allow_null=True)
    externalID = Words(help_text="What the pipeline calls the person.", allow_null=True)
    displayName = Words(help_text="How the person is greeted.")
    timeZone = Words(help_text="Such as Europe/Berlin.")
    timeZoneChosen = serializers.BooleanField(help_text="Whether the person chose it.")
    keysEnabled = serializers.BooleanField(help_text="Whether keys work on pages.")
    invitedEmail = Words(help_text="Where an invitation went.", allow_null=True)
    invitedAt = serializers.DateTimeField(help_text="When it went.", allow_null=True)
    isStaff = serializers.BooleanField(help_text="Whether the person is of the staff.")
    createdAt = serializers.DateTimeField(help_text="When the account was made.")
    lastSignInAt = serializers.DateTimeField(help_text="Null where nobody has signed in.", allow_null=True)
    emailAddresses = AddressAnswer(many=True, help_text="The account's addresses.")
    sessions = SessionAnswer(many=True, help_text="Where the person is signed in.")
    secondSteps = SecondStepAnswer(many=True, help_text="How else they prove who they are.")
    suggestionsOffAt = serializers.DateTimeField(help_text="Null: suggestions are on.", allow_null=True)


class ExportedCandidateAnswer(CandidateAnswer):
    """A suggestion, and what else is kept of it."""

    language = Words(help_text="Of its texts; empty where nobody said.")
    supersedes = Ids(help_text="Older ones that it replaced.")
    heldReason = Words(help_text="Why staff hold it back; null where they don't.", allow_null=True)
    suppressed = serializers.BooleanField(help_text="Not shown, since the person rejected the same before.")


class ExportedTraitAnswer(TraitAnswer):
    """A trait, and what else is kept of it."""

    validFrom = serializers.DateTimeField(help_text="Set where it replaced another trait.", allow_null=True)
    validTo = serializers.DateTimeField(help_text="Set once another trait replaced it.", allow_null=True)
    lastObservedTimestamp = serializers.DateTimeField(help_text="When the pipeline last saw it.", allow_null=True)
    customizationNotes = Words(help_text="The person's notes.")


class SuppressionAnswer(serializers.Serializer):
    """What is not suggested again."""

    nameKey = Words(help_text="The name, however it is spelled.")
    category = serializers.ChoiceField(Category.choices, help_text="The category.")
    sources = Ids(help_text="The suggestions and traits whose reject or removal wants it.")
    createdAt = serializers.DateTimeField(help_text="Since when.")


class ExportedErasureAnswer(ErasureAnswer):
    """A receipt, and who asked."""

    kind = Words(help_text="What was erased.")
    actorKind = serializers.ChoiceField(ActorKind.choices, help_text="Who asked.")
    clientID = Words(help_text="Through which app; empty for the pages.")
    reference = Words(help_text="The ticket of staff; empty for others.")


class LookAnswer(serializers.Serializer):
    """A look of staff at the person's pages."""

    staffID = serializers.UUIDField(help_text="Who of the staff.")
    kind = Words(help_text="What kind of page.")
    reason = Words(help_text="Why; empty once the persona was erased.")
    createdAt = serializers.DateTimeField(help_text="When.")


class ModeratedAnswer(serializers.Serializer):
    """How a suggestion stood."""

    status = Words(help_text="Its status.")
    held = Words(help_text="Why staff held it back: sensitive, unsafe or held; empty where they did not.")


class ModerationAnswer(serializers.Serializer):
    """What staff did with a suggestion."""

    entryID = serializers.UUIDField(help_text="The entry's id.")
    candidateID = serializers.UUIDField(help_text="The suggestion.")
    action = Words(help_text="Such as archive, flag or receive.")
    reason = Words(help_text="Why; empty once what it was about was erased.")
    before = ModeratedAnswer(help_text="How it stood before.")
    after = ModeratedAnswer(help_text="How it stood after.")
    createdAt = serializers.DateTimeField(help_text="When.")


class ConnectedAppAnswer(serializers.Serializer):
    """An app that may read or change the persona."""

    clientID = Words(help_text="The app's id.")
    name = Words(help_text="The app's name.")
    abilities = Texts(help_text="What it may do, in words.")
    connectedAt = serializers.DateTimeField(help_text="Since when.")
    lastReadAt = serializers.DateTimeField(help_text="To ten minutes; null where it never read.", allow_null=True)


class ExportAnswer(serializers.Serializer):
    """All that is held about a person, but for the graph as of one moment."""

    format = serializers.ChoiceField(["ptfi-export"], help_text="What this is.")
    version = serializers.IntegerField(help_text="1; another means that something here changed its meaning or went.")
    graph = ExportedGraphAnswer(help_text="What the graph shows of the person.")
    exportedAt = serializers.DateTimeField(help_text="The moment.")
    revision = serializers.IntegerField(help_text="The number of the newest entry of the log.")
    account = AccountAnswer(help_text="The account.")
    candidates = ExportedCandidateAnswer(many=True, help_text="Every suggestion, decided or not.")
    traits = ExportedTraitAnswer(many=True, help_text="Every trait.")
    log = EntryAnswer(many=True, help_text="Every decision, oldest first.")
    styles = serializers.DictField(child=StyleMap(), help_text='Context → element → value; `""` is everywhere.')
    suppressions = SuppressionAnswer(many=True, help_text="What is not suggested again.")
    erasures = ExportedErasureAnswer(many=True, help_text="The receipts.")
    looks = LookAnswer(many=True, help_text="Who of the staff looked, and why.")
    moderation = ModerationAnswer(many=True, help_text="What staff did with suggestions.")
    connectedApps = ConnectedAppAnswer(many=True, help_text="The apps that may read or change the persona.")
