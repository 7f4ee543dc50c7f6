"""Facts derived from the classes of graph/nodes.py: labels, keys, edges, properties, and which of these are shown."""

from collections.abc import Iterator
from typing import Any

from neomodel import DateTimeNeo4jFormatProperty, StructuredNode

from graph.nodes import DRAWN, NODES

INTERNAL = frozenset({"managedBy", "ownerID", "generation", "revision", "hash", "mapping", "projectedAt", "sortKey"})
"""Properties for internal use, which are never shown."""


def key_of(node: type[Any]) -> str:
    """Return the property that identifies a node of this label."""
    return next(name for name, kind in properties_of(node).items() if kind.unique_index)


def properties_of(model: type[Any]) -> dict[str, Any]:
    """Return the properties of a node or an edge, by their names in the graph."""
    kinds = model.defined_properties(rels=False) if issubclass(model, StructuredNode) else model.defined_properties()
    return {kind.get_db_property_name(name): kind for name, kind in kinds.items()}


def times_of(model: type[Any]) -> list[str]:
    """Return the names of the time properties."""
    return [name for name, kind in properties_of(model).items() if isinstance(kind, DateTimeNeo4jFormatProperty)]


def shown(model: type[Any], name: str) -> str:
    """Return a Cypher map of the properties that may be shown, of the node or edge with this name in a statement.

    Its keys are the names in the model: `source` of HAS_TRAIT would be mistaken for an edge's source.
    """
    kinds = model.defined_properties(rels=False) if issubclass(model, StructuredNode) else model.defined_properties()
    names = {each: kind.get_db_property_name(each) for each, kind in kinds.items()}
    return "{" + ", ".join(f"{each}: {name}.{there}" for each, there in names.items() if there not in INTERNAL) + "}"


def _edges() -> Iterator[tuple[str, tuple[str, str, type[Any]]]]:
    for node in NODES:
        for _, relationship in node.__all_relationships__:
            definition, target = relationship.definition, relationship._raw_class
            label = target if isinstance(target, str) else target.__label__
            yield definition["relation_type"], (node.__label__, label, definition["model"])


EDGES = dict(_edges())
"""Type of an edge → label of its source, label of its target, model of its properties."""

NODE_BY_LABEL = {node.__label__: node for node in NODES}
KEYS = {label: key_of(node) for label, node in NODE_BY_LABEL.items()}
"""Label → the property that identifies a node."""
FACETS = {
    node.facts.category.value: (
        node.__label__,
        next(kind for kind, ends in EDGES.items() if ends[:2] == ("User", node.__label__)),
    )
    for node in DRAWN
    if node.facts.category
}
"""Category → label and edge of the second node that represents a trait of this category."""
FACET_EDGES = {edge: label for label, edge in FACETS.values()}
