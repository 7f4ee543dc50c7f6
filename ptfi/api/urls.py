"""Addresses of the OpenAPI document and the page that shows it."""

from django.urls import path

from ptfi.api.openapi import views as docs

urlpatterns = [
    path("schema", docs.Document.as_view(), name="api_schema"),
    path("schema.<str:format>", docs.Document.as_view(), name="api_schema_as"),
    path("docs", docs.docs, name="api_docs"),
]
