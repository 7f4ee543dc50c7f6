"""API views for the graph; they answer 503 while it is away, except for the export, which goes on without it."""

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework.request import Request

from graph.api import schema as operations
from graph.api.serializers import GraphQuerySerializer, TraitQuerySerializer
from graph.reads import traits as queries
from graph.reads.concepts import concepts
from graph.reads.export import export
from graph.reads.subgraph import network
from ptfi.api.strict import read_query
from ptfi.api.views import PersonView
from ptfi.errors import RuleError
from ptfi.oauth.scopes import EXPORT
from ptfi.web.downloads import Download
from ptfi.web.keyset import hide, reveal
from traits import selectors
from traits.api.privacy import for_caller
from traits.api.serializers.fields import NothingSerializer
from traits.api.serializers.traits import trait_json


class Traits(PersonView):
    @operations.list_traits
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002 (checked by PersonView)
        values = read_query(request.query_params, TraitQuerySerializer)
        page = queries.traits(
            self.person.pk,
            q=values.get("q", ""),
            status=values.get("status"),
            category=values.get("category"),
            concept=values.get("concept", ""),
            limit=values["limit"],
            after=_key(values["after"]),
        )
        held = selectors.traits(self.person, [item.id for item in page.items])
        # A trait that was just removed may still be in the graph, but is no longer part of the persona.
        data = [trait_json(held[item.id]) | {"strength": item.strength} for item in page.items if item.id in held]
        data = for_caller(request, data)
        following = hide(page.next_key) or None
        return self.answer(
            {"data": data, "pagination": {"limit": values["limit"], "total": page.total, "next": following}}
        )


def _key(text: str) -> tuple[str, str] | None:
    key = reveal(text)
    if text and key is None:
        raise RuleError(details={"after": [gettext("This is not the “next” value of a page.")]})
    return key


class Graph(PersonView):
    @operations.read_graph
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        values = read_query(request.query_params, GraphQuerySerializer)
        held = selectors.trait_ids(self.person)
        found = network(self.person.pk, concept=values.get("concept", ""), depth=values["depth"], held=held)
        return self.answer({"nodes": found.nodes, "edges": found.edges, "truncated": found.truncated})


class Concepts(PersonView):
    @operations.list_concepts
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        read_query(request.query_params, NothingSerializer)
        return self.answer({"data": concepts(self.person.pk, selectors.trait_ids(self.person))})


class Export(PersonView):
    read_scope = EXPORT

    @operations.export_persona
    def get(self, request: Request, user_id: str) -> StreamingHttpResponse:  # noqa: ARG002
        read_query(request.query_params, NothingSerializer)
        pieces = Download(self.person.pk, export(self.person))
        response = StreamingHttpResponse(pieces, content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="persona-{timezone.now():%Y-%m-%d}.json"'
        return response
