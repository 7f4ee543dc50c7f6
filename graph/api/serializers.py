"""Queries and answers about the graph, and the export as a whole."""

from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import (
    BooleanField,
    ChoiceField,
    DateTimeField,
    DictField,
    Field,
    IntegerField,
    ListField,
)

from graph.reads.listing import LIMIT
from graph.schema import EDGES, INTERNAL, NODE_BY_LABEL, properties_of
from ptfi.api.shapes import Shape
from ptfi.api.strict import Choice, QueryInteger, Strict, Text
from traits.api.serializers.export import (
    AccountSerializer,
    AttestedSerializer,
    ConnectedAppSerializer,
    ExportedCandidateSerializer,
    ExportedErasureSerializer,
    ExportedTraitSerializer,
    FeedbackSerializer,
    LookSerializer,
    ModerationSerializer,
    NoticeSerializer,
    PositionSerializer,
    ReadReceiptSerializer,
    SecurityEventSerializer,
    SuggestionChangeSerializer,
    SuppressionSerializer,
    TraitRecipientSerializer,
)
from traits.api.serializers.fields import JAZZ, PERSON, PIECE, StyleMap, Words, share
from traits.api.serializers.log import EntrySerializer
from traits.api.serializers.styles import EXAMPLE as STYLES
from traits.api.serializers.traits import TraitSerializer
from traits.models import MAX_NAME, Category, TraitStatus

EDGE_TYPES, NODE_LABELS = list(EDGES), list(NODE_BY_LABEL)
EXPORT_FORMAT = "ptfi-export"
NODE = {
    "type": "object",
    "required": ["id", "label", "name"],
    "properties": {
        "id": {"type": "string", "description": "`label:` and the node's own id, which a trait and its skill share."},
        "label": {"type": "string", "enum": NODE_LABELS},
        "name": {"type": "string", "description": "What to call it; may be empty."},
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
class Node(Field):
    """A node of the graph."""


@extend_schema_field(EDGE, component_name="Edge")
class Edge(Field):
    """An edge of the graph."""


ROOT, TRAIT = f"User:{PERSON}", f"Trait:{JAZZ}"
EXAMPLE = {
    "nodes": [
        {"id": ROOT, "label": "User", "name": "", "userID": PERSON},
        {"id": TRAIT, "label": "Trait", "name": "Loves jazz", "traitID": JAZZ, "confidence": 0.82},
    ],
    "edges": [
        {"id": f"HAS_TRAIT|{ROOT}|{TRAIT}", "source": ROOT, "target": TRAIT, "type": "HAS_TRAIT", "strength": 0.82}
    ],
}


class TraitQuerySerializer(Strict):
    limit = QueryInteger(min_value=1, max_value=100, default=LIMIT, help_text="How many on a page.")
    after = Text(
        max_length=2_000,
        default="",
        allow_blank=True,
        help_text="The `next` of the previous page, unchanged: anything else is refused. Empty for the first page.",
    )
    status = ListField(child=Choice(choices=TraitStatus.choices), required=False, help_text="Only these.")
    category = ListField(child=Choice(choices=Category.choices), required=False, help_text="Only these.")
    concept = Text(max_length=MAX_NAME, required=False, help_text="Only those that name this concept, in any spelling.")
    q = Text(
        max_length=MAX_NAME,
        required=False,
        help_text="Words in name or description; the last one may be incomplete.",
    )


class GraphQuerySerializer(Strict):
    concept = Text(
        max_length=MAX_NAME,
        required=False,
        help_text="Only what is about this concept, in any spelling, and its sub-concepts.",
    )
    depth = QueryInteger(
        min_value=1,
        max_value=3,
        default=1,
        help_text="How far from the concept: 1 its traits, 2 what belongs to them, 3 what is connected to that.",
    )


class GraphSerializer(Shape):
    """A person's own graph."""

    example = EXAMPLE

    nodes = ListField(child=Node(), help_text="The person first; at most 2,000.")
    edges = ListField(child=Edge(), help_text="Both ends of each are among the nodes.")
    truncated = BooleanField(help_text="There is more, which did not fit or could not be read in time.")


class ConceptSerializer(Shape):
    """A concept."""

    example = {"conceptID": PIECE, "name": "jazz", "traits": 1}

    conceptID = Words(help_text="The concept's id in the graph.")
    name = Words(help_text="The concept.")
    traits = IntegerField(help_text="How many of the person's traits are about it or a sub-concept.")


class ConceptsSerializer(Shape):
    """The concepts of the person's traits, and all broader ones."""

    data = ConceptSerializer(many=True, help_text="Those with most traits first; at most 2,000.")


class GraphTraitSerializer(TraitSerializer):
    """A trait as the graph has it."""

    example = TraitSerializer.example | {"strength": 0.82}

    strength = share("How strongly the person has it, 0–1; null if nobody said.", allow_null=True)


class NextSerializer(Shape):
    """Where the next page is."""

    example = {"limit": 20, "total": 1}

    limit = IntegerField(help_text="How many there are on a page, at most.")
    total = IntegerField(help_text="How many there are in all.")
    next = Words(help_text="The value of `after` for the next page; null on the last one.", allow_null=True)


class TraitPageSerializer(Shape):
    """A page of traits."""

    data = GraphTraitSerializer(many=True, help_text="Ordered by name, without those removed a moment ago.")
    pagination = NextSerializer(help_text="Where the next page is.")


class FaultSerializer(Shape):
    """Why a part of the export is not complete."""

    code = Words(help_text="Such as graph_unavailable.")
    message = Words(help_text="For a person.")


class ExportedGraphSerializer(Shape):
    """What the graph shows of the person."""

    example = {"revision": 7} | EXAMPLE

    revision = IntegerField(
        help_text="The revision of the log that the graph showed when reading began; null if it could not be read.",
        allow_null=True,
    )
    nodes = ListField(child=Node(), required=False, help_text="Missing if the graph was unavailable.")
    edges = ListField(child=Edge(), required=False, help_text="Missing if the graph was unavailable.")
    error = FaultSerializer(required=False, help_text="Only if the graph was unavailable at some point.")


class ExportSerializer(Shape):
    """All that is held about a person, but for the graph as of one moment."""

    example = {
        "version": 1,
        "revision": 7,
        "candidates": [],
        "suggestionChanges": [],
        "traits": [],
        "styles": {"work": STYLES},
        "suppressions": [],
        "erasures": [],
        "interventions": [],
        "looks": [],
        "securityEvents": [],
        "moderation": [],
        "connectedApps": [],
        "readReceipts": [],
        "traitRecipients": [],
        "notices": [],
        "feedback": [],
    }

    format = ChoiceField([EXPORT_FORMAT], help_text="What this is.")
    version = IntegerField(help_text="1; it changes when a field is removed or changes its meaning.")
    graph = ExportedGraphSerializer(help_text="What the graph shows of the person.")
    exportedAt = DateTimeField(help_text="When the export was made.")
    revision = IntegerField(help_text="The number of the newest entry of the log.")
    position = PositionSerializer(help_text="Where the log stands, signed, and what was published of it.")
    account = AccountSerializer(help_text="The account.")
    candidates = ExportedCandidateSerializer(many=True, help_text="Every suggestion, decided or not.")
    suggestionChanges = SuggestionChangeSerializer(many=True, help_text="What imports changed in waiting suggestions.")
    traits = ExportedTraitSerializer(many=True, help_text="Every trait.")
    log = EntrySerializer(many=True, help_text="Every decision, oldest first.")
    styles = DictField(child=StyleMap(), help_text='Context → element → value; `""` is everywhere.')
    suppressions = SuppressionSerializer(many=True, help_text="What is not suggested again.")
    erasures = ExportedErasureSerializer(many=True, help_text="The receipts.")
    interventions = AttestedSerializer(many=True, help_text="What erasures did to the log.")
    looks = LookSerializer(many=True, help_text="Who of the staff looked, and why.")
    securityEvents = SecurityEventSerializer(many=True, help_text="What happened to the account lately.")
    moderation = ModerationSerializer(many=True, help_text="What staff did with suggestions.")
    connectedApps = ConnectedAppSerializer(many=True, help_text="The apps that may read or change the persona.")
    readReceipts = ReadReceiptSerializer(many=True, help_text="What apps read, oldest first; only for the person.")
    traitRecipients = TraitRecipientSerializer(
        many=True, help_text="Which apps are told of changes to what; only for the person."
    )
    notices = NoticeSerializer(many=True, help_text="What apps were told of changes; only for the person.")
    feedback = FeedbackSerializer(many=True, help_text="What senders of suggestions may learn; only for the person.")
