"""URLs of the API for the graph."""

from django.urls import path

from graph.api import views as api

PERSONA = "users/<str:user_id>/persona"

urlpatterns = [
    path(f"{PERSONA}/traits", api.Traits.as_view(), name="api_traits"),
    path(f"{PERSONA}/graph", api.Graph.as_view(), name="api_graph"),
    path(f"{PERSONA}/concepts", api.Concepts.as_view(), name="api_concepts"),
    path(f"{PERSONA}/export", api.Export.as_view(), name="api_export"),
]
