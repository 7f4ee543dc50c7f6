"""The Persona Knowledge Graph's labels, relationships and properties; the pipeline shares them, and the names are its.

What PTFI makes carries managedBy "ptfi" and, on nodes, ownerID: the person whom it is about. `generation`, `revision`
and `hash` of a User are the fence that graph/projection/writer.py describes. The schema and every statement that writes
follow from these classes.
"""

from typing import Any

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

MANAGED_BY = "ptfi"


class ScalarProperty(Property):
    """A text or a number, as it is."""

    def inflate(self, value: Any) -> Any:
        return value

    def deflate(self, value: Any) -> Any:
        return value


class Managed(StructuredNode):
    __abstract_node__ = True

    managedBy = StringProperty()  # noqa: N815
    ownerID = StringProperty(index=True)  # noqa: N815


class Edge(StructuredRel):
    managedBy = StringProperty()  # noqa: N815


class HasTrait(Edge):
    """strength and the trait's confidence are 0–1; validTo is set once the trait was replaced by another."""

    strength = FloatProperty()
    expressionContexts = ArrayProperty(StringProperty())  # noqa: N815
    lastObservedTimestamp = DateTimeNeo4jFormatProperty()  # noqa: N815
    # neomodel keeps the attribute's name "source" for itself.
    origin = StringProperty(db_property="source")
    validFrom = DateTimeNeo4jFormatProperty()  # noqa: N815
    validTo = DateTimeNeo4jFormatProperty()  # noqa: N815


class ManifestedAsEvidence(Edge):
    relevanceScore = FloatProperty()  # noqa: N815
    timestamp = DateTimeNeo4jFormatProperty()


class AssociatedWithConcept(Edge):
    """spelling is the concept's name as this trait writes it."""

    relationshipType = StringProperty()  # noqa: N815
    spelling = StringProperty()


class AdoptsCommunicationStyle(Edge):
    """contextApplicability names the context; "" is everywhere."""

    preferenceStrength = FloatProperty()  # noqa: N815
    contextApplicability = StringProperty()  # noqa: N815


class SourceDataReferenceNode(Managed):
    """A piece of evidence; mediaOffset is in seconds from the start of the source."""

    referenceID = StringProperty(unique_index=True)  # noqa: N815
    sourceUserDataPackageID = StringProperty()  # noqa: N815
    snippet = StringProperty()
    mediaOffset = FloatProperty()  # noqa: N815
    sourceDescription = StringProperty()  # noqa: N815


class Concept(Managed):
    """One without an ownerID is shared; revision, of shared ones alone, is that of graph/models.py."""

    conceptID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()
    description = StringProperty()
    ontologyLink = StringProperty()  # noqa: N815
    revision = IntegerProperty()
    broader = RelationshipTo("Concept", "IS_A_TYPE_OF", model=Edge)


class Emotion(Managed):
    emotionID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()


class Skill(Managed):
    """level is the person's own rating, 1–5; source is the trait's origin."""

    skillID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()
    level = IntegerProperty()
    source = StringProperty()


class Interest(Managed):
    interestID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()


class CommunicationStyleElement(Managed):
    styleElementID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()
    value = ScalarProperty()


class Trait(Managed):
    """revision is that of the newest log entry which changed the trait."""

    traitID = StringProperty(unique_index=True)  # noqa: N815
    name = StringProperty()
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
    emotions = RelationshipTo(Emotion, "CAN_INFLUENCE_EMOTION", model=Edge)


class User(Managed):
    """projectedAt is when a projector last looked."""

    userID = StringProperty(unique_index=True)  # noqa: N815
    createdAt = DateTimeNeo4jFormatProperty()  # noqa: N815
    generation = IntegerProperty()
    revision = IntegerProperty()
    hash = StringProperty()
    projectedAt = DateTimeNeo4jFormatProperty()  # noqa: N815
    traits = RelationshipTo(Trait, "HAS_TRAIT", model=HasTrait)
    styles = RelationshipTo(CommunicationStyleElement, "ADOPTS_COMMUNICATION_STYLE", model=AdoptsCommunicationStyle)
    interests = RelationshipTo(Interest, "HAS_INTEREST_IN", model=Edge)
    skills = RelationshipTo(Skill, "POSSESSES_SKILL", model=Edge)
    emotions = RelationshipTo(Emotion, "EXHIBITS_EMOTIONAL_PATTERN", model=Edge)


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
