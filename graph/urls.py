"""URLs of the pages that read the graph."""

from django.urls import path

from graph import views
from graph.picture import views as picture_views

urlpatterns = [
    path("traits/", views.traits, name="traits"),
    path("traits/graph-state/", views.graph_state, name="graph_state"),
    path("traits/graph-badge/", views.graph_badge, name="graph_badge"),
    path("persona/graph/", picture_views.graph, name="graph"),
    path("persona/graph.svg", picture_views.graph_svg, name="graph_svg"),
    path("persona/graph/traits/<uuid:trait_id>/", picture_views.graph_trait, name="graph_trait"),
    path("persona/concepts/names/", picture_views.concept_names, name="concept_names"),
    path("persona/data/download/", views.download, name="download"),
    path("accounts/connections/<str:client_id>/told/", views.app_is_told, name="app_is_told"),
]
