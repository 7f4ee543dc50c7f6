"""API views for the graph; they answer 503 while it is away, except for the export, which goes on without it."""

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework.request import Request

from graph.api import schema as operations
from graph.api.serializers import GraphQuerySerializer, TraitQuerySerializer
from graph.reads.concepts import concepts
from graph.reads.export import export
from graph.reads.listing import listed
from graph.reads.seen import seen_by
from graph.reads.subgraph import Network, network
from ptfi.api.strict import read_query
from ptfi.errors import RuleError
from ptfi.oauth.scopes import EXPORT
from ptfi.web.downloads import Download
from ptfi.web.keyset import reveal
from traits.api.privacy import hidden_pieces
from traits.api.serializers.fields import NothingSerializer
from traits.api.views import SharedView
from traits.models import PersonaTrait
from traits.privacy.shared_export import Reader
from traits.sharing.receipts import Read


class Traits(SharedView):
    @operations.list_traits
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002 (checked by PersonView)
        values = read_query(request.query_params, TraitQuerySerializer)
        found = listed(
            self.person,
            self.seen,
            q=values.get("q", ""),
            status=values.get("status"),
            category=values.get("category"),
            concept=values.get("concept", ""),
            limit=values["limit"],
            after=_key(values["after"]),
        )
        data = found["data"]
        traits = {row["traitID_in_pkg"]: row["category"] for row in data}
        self.note(lambda: Read(traits, any(row["evidence"] for row in data), len(data)))
        return self.answer(found)


def _key(text: str) -> tuple[str, str] | None:
    key = reveal(text)
    if text and key is None:
        raise RuleError(details={"after": [gettext("This is not the “next” value of a page.")]})
    return key


class Graph(SharedView):
    @operations.read_graph
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        values = read_query(request.query_params, GraphQuerySerializer)
        seen = seen_by(self.person, self.seen, hidden_pieces(self.person, self.seen))
        found = network(self.person.pk, concept=values.get("concept", ""), depth=values["depth"], seen=seen)
        self.note(lambda: read_of(found))
        return self.answer({"nodes": found.nodes, "edges": found.edges, "truncated": found.truncated})


def read_of(found: Network) -> Read:
    """What a part of the graph shows."""
    traits = {node["traitID"]: node.get("category", "") for node in found.nodes if node["label"] == "Trait"}
    evidence = any(node["label"] == "SourceDataReferenceNode" for node in found.nodes)
    return Read(traits, evidence, len(found.nodes))


class Concepts(SharedView):
    @operations.list_concepts
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        read_query(request.query_params, NothingSerializer)
        found = concepts(self.person.pk, seen_by(self.person, self.seen, frozenset()))
        self.note(lambda: Read(number=len(found)))
        return self.answer({"data": found})


class Export(SharedView):
    read_scope = EXPORT

    @operations.export_persona
    def get(self, request: Request, user_id: str) -> StreamingHttpResponse:  # noqa: ARG002
        read_query(request.query_params, NothingSerializer)
        self.note(self.all_of_it)
        reader = Reader(seen=self.seen, client_id=request.auth.client_id)
        pieces = Download(self.person.pk, export(self.person, reader))
        response = StreamingHttpResponse(pieces, content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="persona-{timezone.now():%Y-%m-%d}.json"'
        return response

    def all_of_it(self) -> Read:
        """What the export holds at most: everything inside the slice."""
        inside = PersonaTrait.objects.filter(self.seen.traits(), user=self.person).order_by("created_at", "pk")
        held = dict(inside.values_list("pk", "category"))
        return Read(held, self.seen.evidence, len(held))
