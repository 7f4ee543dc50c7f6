"""The operations that read the graph, and the export, in the API's document."""

from graph.api import serializers
from graph.errors import GraphUnavailableError
from ptfi.api.openapi.document import name_choices
from ptfi.api.openapi.operation import Operation

name_choices(
    EdgeType=serializers.EDGE_TYPES, NodeLabel=serializers.NODE_LABELS, ExportFormat=[serializers.EXPORT_FORMAT]
)

list_traits = Operation(
    id="listTraits",
    tag="Traits",
    summary="List traits",
    description="As in the graph, ordered by name; a decision shows up a moment later.",
    query=serializers.TraitQuerySerializer,
    returns="A page of traits.",
    answer=serializers.TraitPageSerializer,
    example="page",
    breaks=(GraphUnavailableError,),
)
read_graph = Operation(
    id="readGraph",
    tag="Graph",
    summary="Read the person's graph",
    description="All of it, or what is about a concept; without traits removed a moment ago. Other people's nodes are "
    "never part of it.",
    query=serializers.GraphQuerySerializer,
    returns="Nodes and edges.",
    answer=serializers.GraphSerializer,
    example="graph",
    breaks=(GraphUnavailableError,),
)
list_concepts = Operation(
    id="listConcepts",
    tag="Graph",
    summary="List concepts",
    description="The concepts that the person's traits mention, and all broader ones.",
    returns="Concepts with the number of traits under each.",
    answer=serializers.ConceptsSerializer,
    example="concepts",
    breaks=(GraphUnavailableError,),
)
export_persona = Operation(
    id="exportPersona",
    tag="Data",
    summary="Export everything",
    description="Everything stored about the person, as one streamed JSON document (docs/export.md). While the graph "
    "is unavailable, its part contains the error; the rest is complete.",
    returns="The document.",
    answer=serializers.ExportSerializer,
    example="export",
)
