"""Labels, relationships and properties of the Persona Knowledge Graph, named by the pipeline and shared with it.

Everything that PTFI writes carries managedBy "ptfi" and, on nodes, ownerID: the person it is about. `generation`,
`revision` and `hash` of a User are the fence that graph/projection/writer.py describes. The schema, every statement
that writes, and everything special about a label in graph/ are derived from these classes.
"""

import math
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from neomodel import (
    ArrayProperty,
    DateTimeNeo4jFormatProperty,
    FloatProperty,
    IntegerProperty,
    RelationshipTo,
    StringProperty,
    StructuredNode,
    StructuredRel,
)
from neomodel.properties import Property

from ptfi.texts import Text
from traits.models import Category

MANAGED_BY = "ptfi"
PERSON = "(:User {userID: $user})"
"""The person's node in Cypher."""


@dataclass(frozen=True, kw_only=True)
class Polygon:
    """An outline with this number of corners; first is the direction of the first one, in radians."""

    corners: int
    first: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box as outline.

    across and down are half its width and height, in radii of the node. round: its ends are half circles.
    """

    across: float = 1.0
    down: float = 1.0
    round: bool = True


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """How the nodes of a label are drawn and named. name: in URLs and style sheets.

    words: the label of several, one: of a single node. radius: in pixels.
    """

    name: str
    words: Text
    one: Text = ""
    outline: Polygon | Box = Box()
    radius: float = 7.0


@dataclass(frozen=True, kw_only=True)
class LabelFacts:
    """Facts about a label.

    category: a trait of this category is such a node as well, with the same id. title: the property that serves as a
    name. is_blanked: its texts are removed when the trait or evidence with the node's id is erased. starts: a pattern
    for the person's own nodes from which exported edges begin; owned: the condition that such a node, a, is theirs.
    """

    category: Category | None = None
    title: str = "name"
    is_blanked: bool = False
    starts: str = ""
    owned: str = ""
    drawn: Drawn | None = None


class ScalarProperty(Property):
    """A text or a number, stored as it is."""

    def inflate(self, value: Any) -> Any:
        return value

    def deflate(self, value: Any) -> Any:
        return value


class Managed(StructuredNode):
    __abstract_node__ = True
    facts = LabelFacts()

    managedBy = StringProperty()  # noqa: N815
    ownerID = StringProperty(index=True)  # noqa: N815


class ManagedEdge(StructuredRel):
    managedBy = StringProperty()  # noqa: N815


class HasTrait(ManagedEdge):
    """The edge from a person to a trait. strength is 0–1; validTo is set once another trait has replaced it."""

    strength = FloatProperty()
    expressionContexts = ArrayProperty(StringProperty())  # noqa: N815
    lastObservedTimestamp = DateTimeNeo4jFormatProperty()  # noqa: N815
    # neomodel reserves the attribute name "source".
    origin = StringProperty(db_property="source")
    validFrom = DateTimeNeo4jFormatProperty()  # noqa: N815
    validTo = DateTimeNeo4jFormatProperty()  # noqa: N815


class ManifestedAsEvidence(ManagedEdge):
    relevanceScore = FloatProperty()  # noqa: N815
    timestamp = DateTimeNeo4jFormatProperty()


class AssociatedWithConcept(ManagedEdge):
    """The edge from a trait to a concept; spelling is the concept's name as written in this trait."""

    relationshipType = StringProperty()  # noqa: N815
    spelling = StringProperty()


class AdoptsCommunicationStyle(ManagedEdge):
    """The edge from a person to a style; contextApplicability names the context, "" is everywhere."""

    preferenceStrength = FloatProperty()  # noqa: N815
    contextApplicability = StringProperty()  # noqa: N815


class SourceDataReferenceNode(Managed):
    """A piece of evidence; mediaOffset is in seconds from the start of the source."""

    facts = LabelFacts(
        title="sourceDescription",
        is_blanked=True,
        drawn=Drawn(name="evidence", words=_("Evidence"), outline=Box(across=0.75, round=False), radius=5.5),
    )

    referenceID = StringProperty(unique_index=True)  # noqa: N815
    sourceUserDataPackageID = StringProperty()  # noqa: N815
    snippet = StringProperty()
    mediaOffset = FloatProperty()  # noqa: N815
    sourceDescription = StringProperty()  # noqa: N815


class Concept(Managed):
    """A concept. Without an ownerID it is shared; only shared ones have a revision, that of graph/models.py."""

    facts = LabelFacts(
        starts="(:Concept {ownerID: $user})",
        owned="a.ownerID = $user",
        drawn=Drawn(name="concept", words=_("Topics"), outline=Box(across=1.35, down=0.8)),
    )

    conceptID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()
    description = StringProperty()
    ontologyLink = StringProperty()  # noqa: N815
    revision = IntegerProperty()
    broader = RelationshipTo("Concept", "IS_A_TYPE_OF", model=ManagedEdge)


class Emotion(Managed):
    facts = LabelFacts(
        category=Category.EMOTIONAL_RESPONSE_PATTERN,
        is_blanked=True,
        drawn=Drawn(name="emotion", words=_("Feelings"), one=_("Feeling"), outline=Polygon(corners=6)),
    )

    emotionID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()


class Skill(Managed):
    """A skill; level is the person's own rating, 1–5, and source is the trait's origin."""

    facts = LabelFacts(
        category=Category.SKILL,
        is_blanked=True,
        drawn=Drawn(name="skill", words=_("Skills"), one=_("Skill"), outline=Polygon(corners=4, first=math.pi / 4)),
    )

    skillID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()
    level = IntegerProperty()
    source = StringProperty()


class Interest(Managed):
    facts = LabelFacts(
        category=Category.INTEREST,
        is_blanked=True,
        drawn=Drawn(name="interest", words=_("Interests"), one=_("Interest"), outline=Polygon(corners=4)),
    )

    interestID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()


class CommunicationStyleElement(Managed):
    facts = LabelFacts(
        drawn=Drawn(
            name="style", words=_("Styles"), one=_("Style"), outline=Polygon(corners=3, first=-math.pi / 2), radius=9.0
        ),
    )

    styleElementID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()
    value = ScalarProperty()


class Trait(Managed):
    """A trait; revision is that of the newest log entry that changed it, confidence is 0–1, sortKey sorts by name."""

    facts = LabelFacts(
        is_blanked=True,
        starts=f"{PERSON}-[:HAS_TRAIT]->(:Trait)",
        owned=f"EXISTS {{ MATCH (a)<-[:HAS_TRAIT]-{PERSON} }}",
        drawn=Drawn(name="trait", words=_("Traits")),
    )

    traitID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()
    sortKey = StringProperty()  # noqa: N815
    description = StringProperty()
    category = StringProperty()
    status = StringProperty()
    confidence = FloatProperty()
    origin = StringProperty()
    lastRefinedTimestamp = DateTimeNeo4jFormatProperty()  # noqa: N815
    creationTimestamp = DateTimeNeo4jFormatProperty()  # noqa: N815
    revision = IntegerProperty()
    evidence = RelationshipTo(SourceDataReferenceNode, "MANIFESTED_AS_EVIDENCE", model=ManifestedAsEvidence)
    concepts = RelationshipTo(Concept, "ASSOCIATED_WITH_CONCEPT", model=AssociatedWithConcept)
    emotions = RelationshipTo(Emotion, "CAN_INFLUENCE_EMOTION", model=ManagedEdge)


class User(Managed):
    """A person; projectedAt is the last time a projector checked, mapping the version of graph/mapping.py."""

    facts = LabelFacts(starts=PERSON, owned="a.userID = $user")

    userID = StringProperty(unique_index=True)  # noqa: N815
    createdAt = DateTimeNeo4jFormatProperty()  # noqa: N815
    generation = IntegerProperty()
    revision = IntegerProperty()
    hash = StringProperty()
    mapping = IntegerProperty()
    projectedAt = DateTimeNeo4jFormatProperty()  # noqa: N815
    traits = RelationshipTo(Trait, "HAS_TRAIT", model=HasTrait)
    styles = RelationshipTo(CommunicationStyleElement, "ADOPTS_COMMUNICATION_STYLE", model=AdoptsCommunicationStyle)
    interests = RelationshipTo(Interest, "HAS_INTEREST_IN", model=ManagedEdge)
    skills = RelationshipTo(Skill, "POSSESSES_SKILL", model=ManagedEdge)
    emotions = RelationshipTo(Emotion, "EXHIBITS_EMOTIONAL_PATTERN", model=ManagedEdge)


NODES: tuple[type[Any], ...] = (
    User,
    Trait,
    Concept,
    Emotion,
    Skill,
    Interest,
    CommunicationStyleElement,
    SourceDataReferenceNode,
)
DRAWN: tuple[type[Any], ...] = (
    Trait,
    Interest,
    Skill,
    Emotion,
    Concept,
    CommunicationStyleElement,
    SourceDataReferenceNode,
)
"""In the order of the picture's legend; a trait whose category has a label of its own is drawn as that one."""
