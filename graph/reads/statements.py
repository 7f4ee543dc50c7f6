"""Parts of statements that read a person's graph: only the person's or shared nodes, and only ones with an id."""

from typing import Any

from graph.schema import EDGES, FACET_EDGES, KEYS, NODE_BY_LABEL, shown

Row = dict[str, Any]
OWN = "coalesce({0}.ownerID, $user) = $user"


def returned(kind: str) -> str:
    """Return the RETURN items for the end of an edge of this type and the edge, limited to shown properties."""
    label, model = EDGES[kind][1:]
    return f"{shown(NODE_BY_LABEL[label], 'n')} AS node, {shown(model, 'e')} AS edge"


def own(kind: str) -> str:
    """Return the condition on n, the end of an edge of this type."""
    return f"{OWN.format('n')} AND n.{KEYS[EDGES[kind][1]]} IS NOT NULL"


def of_user(kind: str, condition: str = "true") -> str:
    """Return the statement for the nodes that the person's node has edges of this type to, by name."""
    start = f"MATCH (u:User {{userID: $user}})-[e:{kind}]->(n:{EDGES[kind][1]}) WHERE {own(kind)} AND {condition}"
    return f"{start} WITH n, e ORDER BY n.name, n.{KEYS[EDGES[kind][1]]} LIMIT $limit RETURN {returned(kind)}"


TRAIT = f"""
UNWIND $ids AS id MATCH (n:Trait {{traitID: id}})<-[e:HAS_TRAIT {{managedBy: 'ptfi'}}]-(:User {{userID: $user}})
WHERE {own("HAS_TRAIT")} WITH n, e"""
BESIDES_TRAITS = {"ADOPTS_COMMUNICATION_STYLE": of_user("ADOPTS_COMMUNICATION_STYLE")} | {
    kind: of_user(kind, "coalesce(e.managedBy, '') <> 'ptfi'") for kind in FACET_EDGES
}
"""Type of edge → statement for styles, and for interests, skills and emotions that only the pipeline has found."""
