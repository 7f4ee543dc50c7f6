"""The OpenAPI document and the page that shows it; both are the same for every caller."""

import functools

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from rest_framework.request import Request
from rest_framework.views import APIView


class Document(APIView):
    """The document in the format that Accept or the address's suffix asks for; JSON by default."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer2, OpenApiYamlRenderer]
    http_method_names = ["get", "head"]
    schema = None

    def get(self, request: Request, format: str = "") -> HttpResponse:  # noqa: A002, ARG002 (DRF's name of the suffix)
        response = HttpResponse(
            rendered(request.accepted_renderer.__class__), content_type=request.accepted_renderer.media_type
        )
        response["Cache-Control"] = "public, max-age=300"
        return response


@functools.cache
def rendered(renderer: type[OpenApiJsonRenderer | OpenApiYamlRenderer]) -> bytes:
    """The document, rendered once per process."""
    with translation.override("en"):
        document = SchemaGenerator().get_schema(request=None, public=True)
        text: bytes = renderer().render(document, renderer_context={})
    return text


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")
