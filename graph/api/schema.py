"""What the API's document says about reads of the graph, and the export."""

from graph.api import serializers
from graph.errors import GraphUnavailableError
from ptfi.api.openapi.document import name_choices
from ptfi.api.openapi.operation import Operation

name_choices(EdgeType=serializers.EDGE_TYPES)

list_traits = Operation(
    id="listTraits",
    tag="Traits",
    summary="List traits",
    description="As the graph has them, by name; a decision shows a moment later.",
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
    description="All of it, or what is about a concept. Other people's nodes are never part of it.",
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
    description="Those that the person's traits name, and whatever these are types of.",
    returns="Concepts with the number of traits under each.",
    answer=serializers.ConceptsSerializer,
    example="concepts",
    breaks=(GraphUnavailableError,),
)
export_persona = Operation(
    id="exportPersona",
    tag="Data",
    summary="Take everything along",
    description="All that is held about the person, in one JSON document (docs/export.md), streamed. With the graph "
    "away, its part carries the error and the rest is complete.",
    returns="The document.",
    answer=serializers.ExportSerializer,
    example="export",
)
